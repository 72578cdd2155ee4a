"""Words and names that the glossary excludes."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from benchmarks.house.measure import GLOSSARY, Measure
from benchmarks.house.modules import COMPATIBLE, Function, Module

PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
TEXTS = (".md", ".py", ".toml", ".txt", ".yml")


class Glossary(Struct, frozen=True):
    """What the glossary excludes: names in code, and words everywhere. A star stands for any ending."""

    names: tuple[str, ...]
    words: tuple[str, ...]


def read_glossary(page: str) -> Glossary:
    """Read the two tables of the page: names in the column `not`, words in the column `not used`, each as code.

    Raises:
        ValueError: a table is missing, or excludes nothing.
    """
    columns = dict[str, list[str]]()
    header = list[str]()
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")] if line.startswith("|") else []
        header = (header or cells) if cells else []
        for title, cell in zip(header, cells, strict=False):
            columns.setdefault(title, []).extend(re.findall("`([^`]+)`", cell))
    for title in ("not", "not used"):
        if not columns.get(title):
            raise ValueError(f"{GLOSSARY} has no column {title!r} that excludes something")
    return Glossary(tuple(dict.fromkeys(columns["not"])), tuple(dict.fromkeys(columns["not used"])))


def prose(root: Path) -> Iterator[Path]:
    """Yield every text file of src and docs, and the pages at the top.

    Texts of help and errors are in src. Left out are the original's scripts, the changelog and the glossary.
    """
    exempt = {root / GLOSSARY, *(root / "src/pr_sessions" / name for name in COMPATIBLE)}
    inside = (path for name in ("src", "docs") for path in sorted((root / name).rglob("*")))
    for path in (*inside, *(root / page for page in PAGES)):
        if path.suffix in TEXTS and path.is_file() and exempt.isdisjoint((path, *path.parents)):
            yield path


def banned_words(root: Path, words: Sequence[str]) -> Measure:
    """Count the words of the glossary's second table, also as parts of names, in any case.

    The words of a phrase may be on two lines, also in a comment or in two literals. `"told"`, a key that version 0.1.0
    wrote into session files, does not count.
    """
    pattern = re.compile("|".join(map(_pattern, words)))
    places = []
    for path in prose(root):
        text = path.read_text("utf-8")
        for match in pattern.finditer(text):
            if text[match.start() - 1 : match.end() + 1] == '"told"':
                continue
            line = text.count("\n", 0, match.start()) + 1
            places.append(f"{path.relative_to(root)}:{line} {' '.join(match[0].split())}")
    return Measure("words", "banned words in src, docs and help", len(places), 0, places=tuple(places))


# Where a word begins or ends in `some_name`, `SomeName` and prose, and what stands between two words of a phrase.
_HUMP = "(?<=[a-z])(?=[A-Z])"
_BEGIN, _END = f"(?:(?<![A-Za-z])|{_HUMP})", f"(?:(?![A-Za-z])|{_HUMP})"
_BETWEEN = rf"""(?:(?:[\s_#>-]|[fr]?["'])+|{_HUMP})"""


def _pattern(words: str) -> str:
    spelled = (f"(?i:{re.escape(word.rstrip('*'))}{'[a-z]*' if word.endswith('*') else ''})" for word in words.split())
    return f"{_BEGIN}{_BETWEEN.join(spelled)}{_END}"


class _Bindings(ast.NodeVisitor):
    """The names that a module binds, each once for each function or class in which it is bound."""

    def __init__(self, tree: ast.Module) -> None:
        self.lines: dict[tuple[str, str], int] = {}
        self._scope: tuple[str, ...] = ()
        self.visit(tree)

    def _bind(self, name: str, line: int) -> None:
        self.lines.setdefault((".".join(self._scope), name), line)

    def _visit_scope(self, node: Function | ast.ClassDef) -> None:
        self._bind(node.name, node.lineno)
        outer, self._scope = self._scope, (*self._scope, node.name)
        self.generic_visit(node)
        self._scope = outer

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _visit_scope  # noqa: N815 - as `ast` spells them

    def visit_arg(self, node: ast.arg) -> None:
        self.generic_visit(node)
        if not (self._scope and re.fullmatch("__.+__", self._scope[-1]) and self._scope[-1] != "__init__"):
            self._bind(node.arg, node.lineno)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id, node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Store):
            self._bind(node.attr, node.lineno)

    def visit_alias(self, node: ast.alias) -> None:
        if node.asname:
            self._bind(node.asname, node.lineno)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._bind(node.name or "", node.lineno)
        self.generic_visit(node)

    def _visit_capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self._bind(node.name or "", node.lineno)
        self.generic_visit(node)

    visit_MatchAs = visit_MatchStar = _visit_capture  # noqa: N815 - as `ast` spells them


def banned_names(modules: Sequence[Module], excluded: Sequence[str]) -> Measure:
    """Count the packages, modules, classes, functions, variables and fields with a name of the glossary's first table.

    A name counts once for each function or class in which it is bound. Left out are the parameters of special methods
    except `__init__`, and the original's scripts.
    """
    places = []
    for module in modules:
        if module.place.parts[0] in COMPATIBLE:
            continue
        stem = module.name.rpartition(".")[2]
        kind = "package" if module.is_package else "module"
        if any(_is_meant(entry, stem, is_package=module.is_package) for entry in excluded):
            places.append(f"{module.place} {kind} {stem}")
        for (_, name), line in _Bindings(module.tree).lines.items():
            if any(_is_meant(entry, name) for entry in excluded):
                places.append(f"{module.place}:{line} {name}")
    return Measure("names", "banned names in src", len(places), 0, places=tuple(places))


def _is_meant(entry: str, name: str, *, is_package: bool = False) -> bool:
    """Return whether an entry of the glossary excludes a name, by the rules on that page."""
    if entry.endswith("*"):
        parts = re.findall("[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
        return any(part.lower().startswith(entry[:-1]) for part in parts)
    if entry.endswith("/"):
        return is_package and name == entry[:-1]
    bare = name.strip("_")
    return (bare.lower() if entry.islower() else bare) == entry
