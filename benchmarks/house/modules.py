"""The modules of the package, as text and as trees."""

import ast
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

# The original's scripts keep the original's words.
COMPATIBLE = ("compat", "scripts")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(Struct, frozen=True):
    """A module of the package.

    Attributes:
        name: its dotted name.
        place: its file, relative to the package.
    """

    name: str
    place: Path
    text: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        return self.place.name == "__init__.py"


class Import(Struct, frozen=True):
    """A name that an import binds.

    Attributes:
        local: the name in the module that imports.
        module: the module that is imported, or from which something is.
        name: what is imported from it; empty where that is the module itself.
    """

    local: str
    module: str
    name: str = ""


def read_modules(package: Path) -> tuple[Module, ...]:
    """Read every module of a package, ordered by file."""
    return tuple(_module(path, package) for path in sorted(package.rglob("*.py")))


def _module(path: Path, package: Path) -> Module:
    text, place = path.read_text("utf-8"), path.relative_to(package)
    parts = place.parent.parts if place.name == "__init__.py" else place.with_suffix("").parts
    return Module(".".join((package.name, *parts)), place, text, ast.parse(text, str(path)))


def imports(module: Module) -> Iterator[Import]:
    """Yield every import of a module, also those in functions and those for annotations only."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, module)
            yield from (Import(alias.asname or alias.name, origin, alias.name) for alias in node.names)


def _origin(node: ast.ImportFrom, module: Module) -> str:
    """Return the full name of the module from which something is imported, also of a relative one."""
    parts = module.name.split(".")
    above = parts[: len(parts) - node.level + module.is_package] if node.level else []
    return ".".join(filter(None, (*above, node.module)))
