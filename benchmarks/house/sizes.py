"""How much code and text there is."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.house.measure import Measure, counted
from benchmarks.house.modules import Module


def source(modules: Sequence[Module]) -> Iterator[Measure]:
    """Count lines and files of Python in the package; what else it holds is data."""
    lines = {str(module.place): len(module.text.splitlines()) for module in modules}
    longest = sorted(lines, key=lambda place: (-lines[place], place))
    yield Measure("lines", "src: lines", sum(lines.values()), 28_000, places=counted(lines, longest))
    yield Measure("files", "src: files", len(modules), 220)


def docs(folder: Path) -> Iterator[Measure]:
    """Count the pages below a folder, their words as `wc` does, and the columns of their longest line.

    Rows of tables are left out of the lines, since Markdown cannot break them.
    """
    pages = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.md"))}
    words = {page: len(text.split()) for page, text in pages.items()}
    columns = {
        f"{page}:{number}": len(line)
        for page, text in pages.items()
        for number, line in enumerate(text.splitlines(), 1)
        if not line.lstrip().startswith("|")
    }
    by_words = sorted(words, key=lambda page: -words[page])
    too_long = sorted((place for place in columns if columns[place] > 100), key=lambda place: -columns[place])
    yield Measure("pages", "docs: pages", len(pages), 18)
    yield Measure("docs-words", "docs: words", sum(words.values()), 14_000, places=counted(words, by_words))
    widest = max(columns.values(), default=0)
    yield Measure("columns", "docs: longest line outside tables", widest, 100, " columns", counted(columns, too_long))
