"""Reading experiment files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from humam.errors import HumamError


class _OnceEach(yaml.SafeLoader):
    """Reads YAML in which no name stands twice, of which the plain one silently takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        if twice := [name for name in names if names.count(name) > 1]:
            raise yaml.constructor.ConstructorError(None, None, f"{twice[0]!r} appears twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path | str) -> dict[str, Any]:
    """Return the mapping in a YAML file; an empty file gives an empty one."""
    path = Path(path)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _OnceEach)  # noqa: S506 (a safe loader)
    except FileNotFoundError:
        raise HumamError(f"experiment file {str(path)!r} does not exist") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise HumamError(f"experiment file {str(path)!r} cannot be read: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise HumamError(f"experiment file {str(path)!r} must map parameter names to values")
    for name in content:
        if not isinstance(name, str):
            raise HumamError(f"experiment file {str(path)!r}: {name!r} is no parameter name: must be text")
    return content
