"""Reading experiment files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from humam.errors import HumamError


class _OnceEach(yaml.SafeLoader):
    """Reads YAML in which no name stands twice, of which the plain one silently takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        if twice := [name for name in names if names.count(name) > 1]:
            raise yaml.constructor.ConstructorError(None, None, f"{twice[0]!r} appears twice", node.start_mark)
        return super().construct_mapping(node, deep)


def parse(text: str, what: str) -> Any:
    """Return what a text in YAML says.

    Parameters
    ----------
    text : str
        The text.
    what : str
        What it is, for errors.

    Raises
    ------
    HumamError
        If it is no YAML, a name stands twice in it, or a value is none of its kind (the 30th of February).
    """
    try:
        return yaml.load(text, _OnceEach)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError) as error:
        # In one line: PyYAML shows the place on lines of its own.
        raise HumamError(f"{what} cannot be read: {' '.join(str(error).split())}") from None
    except (AttributeError, IndexError, KeyError):  # so PyYAML ends where a tag is of another kind than its value
        raise HumamError(f"{what} cannot be read: a value does not fit its tag") from None


def read_yaml(path: Path | str) -> dict[str, Any]:
    """Return the mapping in a YAML file; an empty file gives an empty one."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise HumamError(f"experiment file {str(path)!r} does not exist") from None
    except (OSError, ValueError) as error:  # of a path with a NUL, too
        raise HumamError(f"experiment file {str(path)!r} cannot be read: {error}") from None
    content = parse(text, f"experiment file {str(path)!r}")
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise HumamError(f"experiment file {str(path)!r} must map parameter names to values")
    for name in content:
        if not isinstance(name, str):
            raise HumamError(f"experiment file {str(path)!r}: {name!r} is no parameter name: must be text")
    return content
