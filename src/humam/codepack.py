"""The code input of workflow tasks: for each step a zip of the modules that it imports.

Two packs with the same content are the same bytes, so a task whose pack did not change need not run again.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from humam.errors import HumamError
from humam.files import write_zip

PACKAGE: Final = "humam"
STEPS: Final = ("dataset", "extract", "network", "theory", "structure", "analyse", "verdicts", "index")
"""Commands that get one pack; ``simulate`` gets one for each engine, ``report`` one for each notebook."""


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except (OSError, SyntaxError, ValueError) as error:
        raise HumamError(f"code {str(path)!r} cannot be read: {error}") from None


def locate(module: str, root: Path) -> Path | None:
    """Return the file of a module of the package below ``root``, or None if there is no such module."""
    base = root.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def imports(tree: ast.Module, module: str, is_package: bool) -> Iterator[str]:
    """Yield the dotted names a module of the package may import from the package, wherever its statements stand.

    Examples
    --------
    >>> tree = ast.parse("import numpy; from humam import labels; from .base import Engine")
    >>> sorted(imports(tree, "humam.engines.nest", False))
    ['humam', 'humam.engines.base', 'humam.engines.base.Engine', 'humam.labels']
    """
    parents = module.split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = parents[: len(parents) - node.level + is_package]
                base = ".".join([*above, base] if base else above)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] == PACKAGE)


def closure(start: Iterable[str], root: Path, without: Collection[str] = ()) -> dict[str, Path]:
    """Return name and file of every module reached from ``start`` by import statements, parent packages included.

    Parameters
    ----------
    start : iterable of str
        Dotted names; those that are no modules (a function, say) are passed over.
    root : path
        The folder that holds the package.
    without : collection of str
        Modules to leave out, with all that is below them or reached through them alone.
    """
    found: dict[str, Path] = {}
    todo = list(start)
    while todo:
        name = todo.pop()
        path = locate(name, root)
        if name in found or path is None or any(f"{name}.".startswith(f"{other}.") for other in without):
            continue
        found[name] = path
        parts = name.split(".")
        todo += [".".join(parts[:i]) for i in range(1, len(parts))]
        todo += imports(parse(path), name, path.name == "__init__.py")
    return found


def data_files(modules: Iterable[Path]) -> Iterator[Path]:
    """Yield the files beside the given modules that are no code: a module reads only what lies in its own folder."""
    for folder in sorted({path.parent for path in modules}):
        yield from (p for p in sorted(folder.iterdir()) if p.is_file() and p.suffix not in (".py", ".pyc"))


def pack(start: Iterable[str], root: Path, destination: Path, without: Collection[str] = ()) -> None:
    """Write the zip of all modules reached from ``start`` and of the data files beside them.

    Raises
    ------
    HumamError
        If a module of ``start`` does not exist or cannot be parsed.
    """
    start = list(start)
    for name in start:
        if locate(name, root) is None:
            raise HumamError(f"code {str(root)!r} has no module {name!r}")
    modules = set(closure(start, root, without).values())
    write_zip(sorted({*modules, *data_files(modules)}), root, destination)


def command_modules(command: str) -> list[str]:
    """Return the modules at which the import statements of one command start."""
    return [f"{PACKAGE}.__main__", f"{PACKAGE}.commands.{command}"]


def engine_modules(engines: Collection[str], engine: str) -> tuple[list[str], list[str]]:
    """Return where a simulation with one engine starts, and the modules of the engines that it does without.

    Examples
    --------
    >>> engine_modules(("nest", "other"), "other")
    (['humam.__main__', 'humam.commands.simulate', 'humam.engines.other'], ['humam.engines.nest'])
    """
    start = [*command_modules("simulate"), f"{PACKAGE}.engines.{engine}"]
    if engine == "nest":
        start.append(f"{PACKAGE}.commands.rank")  # its processes
    return start, [f"{PACKAGE}.engines.{other}" for other in engines if other != engine]


def notebook_modules(path: Path, root: Path) -> list[str]:
    """Return the modules below ``root`` that a report notebook (a Python file) imports."""
    return sorted({name for name in imports(parse(path), "notebook", False) if locate(name, root)})
