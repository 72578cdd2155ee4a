"""What other packages do with the one that keeps sessions."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.house.measure import Measure
from benchmarks.house.modules import Function, Import, Module, imports

# The package that keeps sessions, by its name after and before the redesign.
STORAGE = ("storage", "stores")
# Its modules in which records and documents become JSON, and what such a function is called.
CODEC = ("codec", "document", "records", "session_file")
WRITERS = ("encode", "format", "write")


def command_line(modules: Sequence[Module]) -> Iterator[Measure]:
    """Count the lines of `cli/`, and its files with an import from the package that keeps sessions."""
    cli = [module for module in modules if module.place.parts[0] == "cli"]
    importing = [str(module.place) for module in cli if any(map(_is_storage, imports(module)))]
    yield Measure("cli-lines", "cli: lines", sum(len(module.text.splitlines()) for module in cli), 4_500)
    yield Measure("cli-storage", "cli: files that import from storage", len(importing), 0, places=tuple(importing))


def _is_storage(imported: Import) -> bool:
    parts = f"{imported.module}.{imported.name}".split(".")
    return len(parts) > 1 and parts[0] == "pr_sessions" and parts[1] in STORAGE


def json_builders(modules: Sequence[Module]) -> Measure:
    """Count the packages outside the storage package that build JSON records or documents of the session file.

    A package is a folder. It builds them where one of its modules calls something of the codec, which is a module
    named in `CODEC` inside a package named in `STORAGE`: a class that is no error (it holds a raw record), or a
    function whose name begins with one of `WRITERS`. To read, or to name a class in an annotation, builds nothing.
    Without a codec there is no value.
    """
    writers = {(module.name, name) for module in modules if _is_codec(module) for name in _writers(module.tree)}
    places = defaultdict[str, list[str]](list)
    for module in modules:
        if module.place.parts[0] not in STORAGE:
            for name in sorted(_called(module) & writers):
                places[module.place.parent.as_posix()].append(f"{module.place} calls {'.'.join(name)}")
    value = len(places) if writers else None
    listed = tuple(place for folder in sorted(places) for place in places[folder])
    return Measure("json", "packages outside storage that build JSON records", value, 0, places=listed)


def _is_codec(module: Module) -> bool:
    parts = module.place.with_suffix("").parts
    return parts[0] in STORAGE and any(part in CODEC for part in parts[1:])


def _writers(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases]
            if not node.name.startswith("_") and not any(base.endswith(("Error", "Exception")) for base in bases):
                yield node.name
        elif isinstance(node, Function) and node.name.startswith(WRITERS):
            yield node.name


def _called(module: Module) -> set[tuple[str, str]]:
    """Return each function or class of another module that is called, as module and name."""
    imported = {i.local: i for i in imports(module)}
    called = set()
    for node in ast.walk(module.tree):
        target = node.func if isinstance(node, ast.Call) else None
        if isinstance(target, ast.Name) and (origin := imported.get(target.id)):
            called.add((origin.module, origin.name))
        elif isinstance(target, ast.Attribute) and (origin := imported.get(ast.unparse(target.value))):
            called.add((f"{origin.module}.{origin.name}".rstrip("."), target.attr))
    return called
