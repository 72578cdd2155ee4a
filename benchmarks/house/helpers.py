"""Private functions that one place uses."""

import ast
from collections import Counter
from collections.abc import Sequence

from benchmarks.house.measure import Measure
from benchmarks.house.modules import Function, Module, imports


class _Uses(ast.NodeVisitor):
    """The functions that one module defines, and what it names; methods by the class that has them."""

    def __init__(self, module: Module) -> None:
        self.functions: list[tuple[str, Function]] = []
        self.names: Counter[tuple[str, str]] = Counter()
        self.attributes: Counter[tuple[str, str]] = Counter()
        self._classes: list[ast.ClassDef] = []
        self._inside_function = False
        self._module = module.name
        self._imported = {i.local: i for i in imports(module)}
        self.visit(module.tree)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outer, self._inside_function = self._inside_function, False
        self._classes.append(node)
        self.generic_visit(node)
        self._classes.pop()
        self._inside_function = outer

    def visit_FunctionDef(self, node: Function) -> None:
        is_method = bool(self._classes) and not self._inside_function
        self.functions.append((self._classes[-1].name if is_method else "", node))
        outer, self._inside_function = self._inside_function, True
        self.generic_visit(node)
        self._inside_function = outer

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - as `ast` spells it

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            imported = self._imported.get(node.id)
            key = (imported.module, imported.name) if imported else (self._module, node.id)
            self.names[key] += 1

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        receiver = node.value.id if isinstance(node.value, ast.Name) else ""
        imported = self._imported.get(receiver)
        if imported:
            self.names[f"{imported.module}.{imported.name}".rstrip("."), node.attr] += 1
        has_it = self._classes and node.attr in _methods(self._classes[-1])
        self.attributes[self._classes[-1].name if has_it and receiver in ("self", "cls") else "", node.attr] += 1


def small_helpers(modules: Sequence[Module]) -> Measure:
    """Return the share of functions that are private, have a body of at most five lines, and are used once.

    Functions are all that `def` defines, methods, nested functions and the original's scripts included; lambdas are
    not. A private name begins with exactly one underscore. The body runs from the first statement after the docstring
    to the end of the last one.

    A function is used where its name is read in its module, or in a module that imports it. A method is used by an
    attribute: `self.name` and `cls.name`, in a class that has such a method, mean this method. Any other attribute
    means each method of that name in the module, or in the whole package where the module has none.
    """
    uses = {module: _Uses(module) for module in modules}
    names: Counter[tuple[str, str]] = Counter()
    outside: Counter[str] = Counter()
    for use in uses.values():
        names += use.names
        methods = {function.name for owner, function in use.functions if owner}
        outside += Counter({n: c for (_, n), c in use.attributes.items() if n not in methods})
    places = []
    for module, use in uses.items():
        for owner, function in use.functions:
            name = function.name
            named = use.attributes[owner, name] + use.attributes["", name] + outside[name] if owner else 0
            if not owner:
                named = names[module.name, name]
            if named == 1 and _is_private(name) and _body_lines(function) <= 5:
                places.append(f"{module.place}:{function.lineno} {name}")
    total = sum(len(use.functions) for use in uses.values())
    share = round(100 * len(places) / total, 1) if total else 0
    name = f"private helpers used once, <= 5 lines ({len(places):,} of {total:,} functions)"
    return Measure("helpers", name, share, 6, " %", tuple(places))


def _methods(owner: ast.ClassDef) -> set[str]:
    return {node.name for node in owner.body if isinstance(node, Function)}


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _body_lines(function: Function) -> int:
    body = function.body[ast.get_docstring(function, clean=False) is not None :]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
