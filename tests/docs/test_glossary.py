"""The words of `docs/glossary.md` hold everywhere: what it bans stands nowhere in src, docs and help."""

from benchmarks.house.measure import GLOSSARY, ROOT
from benchmarks.house.modules import read_modules
from benchmarks.house.storage import command_line, json_builders
from benchmarks.house.words import banned_names, banned_words, read_glossary


def test_no_banned_word_is_left() -> None:
    glossary = read_glossary((ROOT / GLOSSARY).read_text("utf-8"))

    assert banned_words(ROOT, glossary.words).places == ()


def test_no_banned_name_is_left() -> None:
    glossary = read_glossary((ROOT / GLOSSARY).read_text("utf-8"))

    assert banned_names(read_modules(ROOT / "src/pr_sessions"), glossary.names).places == ()


def test_cli_imports_nothing_from_storage_and_only_storage_builds_records() -> None:
    modules = read_modules(ROOT / "src/pr_sessions")

    imports = [measure for measure in command_line(modules) if measure.key == "cli-storage"]
    assert [measure.value for measure in (*imports, json_builders(modules))] == [0, 0]
