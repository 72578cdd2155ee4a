"""The words of `docs/glossary.md` hold everywhere: what it bans stands nowhere in src, docs and help."""

from functools import cache

from benchmarks.house.measure import GLOSSARY, ROOT
from benchmarks.house.modules import Module, read_modules
from benchmarks.house.storage import command_line, json_builders
from benchmarks.house.words import banned_names, banned_words, read_glossary


@cache
def ours() -> tuple[Module, ...]:
    """Our modules: to read them takes longer than to measure them."""
    return read_modules(ROOT / "src/pr_sessions")


def test_no_banned_word_is_left() -> None:
    glossary = read_glossary((ROOT / GLOSSARY).read_text("utf-8"))

    assert banned_words(ROOT, glossary.words).places == ()


def test_no_banned_name_is_left() -> None:
    glossary = read_glossary((ROOT / GLOSSARY).read_text("utf-8"))

    assert banned_names(ours(), glossary.names).places == ()


def test_cli_imports_nothing_from_storage_and_only_storage_builds_records() -> None:
    imports = [measure for measure in command_line(ours()) if measure.key == "cli-storage"]
    assert [measure.value for measure in (*imports, json_builders(ours()))] == [0, 0]
