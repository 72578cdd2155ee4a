"""`make house` counts what its docstrings say, on small trees."""

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest
from benchmarks.house.calls import add_calls, calls, changes, gate_calls, visits
from benchmarks.house.helpers import small_helpers
from benchmarks.house.measure import GLOSSARY as PAGE
from benchmarks.house.measure import ROOT, Measure, table
from benchmarks.house.modules import Module, read_modules
from benchmarks.house.sizes import docs, source
from benchmarks.house.storage import command_line, json_builders
from benchmarks.house.words import Glossary, banned_names, banned_words, read_glossary

GLOSSARY = """
| thing | word | not |
|---|---|---|
| what is kept | `Collection` | `ledger*`, not this, `Memory` |
| hooks | `hooks` | `agents/` |

| not used | instead |
|---|---|
| `mend*` | `repair` |
| `by hand` | manual |
"""


def package(root: Path, files: Mapping[str, str]) -> tuple[Module, ...]:
    """The modules of a package of these files, by their names without the ending."""
    for name, text in files.items():
        path = root / "src/pr_sessions" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_modules(root / "src/pr_sessions")


def values(*measures: Measure) -> dict[str, float | None]:
    return {measure.key: measure.value for measure in measures}


def names(measure: Measure) -> list[str]:
    """What was counted, without the line or file where it stands."""
    return sorted(place.rpartition(" ")[2] for place in measure.places)


def test_lines_and_files_are_those_of_python(tmp_path: Path) -> None:
    modules = package(tmp_path, {"main": "a = 1\nb = 2\n", "cli/look": "\n# the end"})
    (tmp_path / "src/pr_sessions/data.json").write_text("{}\n")

    assert values(*source(modules)) == {"lines": 4, "files": 2}


class TestHelpers:
    def test_counts_short_private_functions_that_are_named_once(self, tmp_path: Path) -> None:
        docstring = "    '''Do it.\n\n    Well.\n    '''\n"
        once = f"def _once():\n{docstring}    a = 1\n    b = 2\n    c = 3\n    d = 4\n    return a\n"
        long = once.replace("_once", "_long").replace("    a = 1", "    a = 1\n    e = 5")
        others = "def _twice(): pass\ndef _never(): pass\ndef public(): pass\ndef __getattr__(name): pass\n"
        uses = "_once()\n_long()\n_twice()\n_twice()\npublic()\n__getattr__\n"

        measure = small_helpers(package(tmp_path, {"main": f"{once}{long}{others}{uses}"}))

        assert (names(measure), measure.value) == (["_once"], 16.7)

    def test_a_function_is_the_one_that_the_name_means_in_that_module(self, tmp_path: Path) -> None:
        definition = "def _read(): pass\n"
        modules = package(
            tmp_path,
            {
                "one": f"{definition}_read()\n",
                "two": f"{definition}_read()\n_read()\n",
                "three": definition,
                "four": "from pr_sessions.three import _read as r\nfrom pr_sessions import two\nr()\ntwo._read()\n",
            },
        )

        assert small_helpers(modules).places == ("one.py:1 _read", "three.py:1 _read")

    def test_a_method_is_named_by_an_attribute_of_its_class_or_of_something(self, tmp_path: Path) -> None:
        text = (
            "class A:\n    def _x(self): pass\n    def run(self): self._x()\n"
            "class B:\n    def _x(self): pass\n    def run(self): self._x(), self._x()\n"
            "class C:\n    def _y(self): pass\n    def _z(self): pass\n"
            "C()._y()\n_z = 1\nprint(_z)\n"
        )

        measure = small_helpers(package(tmp_path, {"main": text, "more": "def use(c): c._z()\n"}))

        assert measure.places == ("main.py:2 _x", "main.py:8 _y", "main.py:9 _z")


class TestCalls:
    @pytest.fixture
    def traced(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        """A package by which a call goes to another file and comes back."""
        folder = tmp_path / "traced_by_house"
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "low.py").write_text("class Value:\n    x = 1\ndef make():\n    return Value()\n")
        (folder / "high.py").write_text(
            "from traced_by_house.low import make\n"
            "def run():\n    sorted([n for n in items()], key=str)\n    make()\n    back()\n"
            "def items():\n    yield 1\n"
            "def back():\n    pass\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        yield folder
        for name in [name for name in sys.modules if name.startswith("traced_by_house")]:
            del sys.modules[name]

    def test_every_call_of_a_function_is_noted_with_its_file(self, traced: Path) -> None:
        def run() -> None:
            import_module("traced_by_house.high").run()

        # `run`, `items` begun and gone on with, `make`, `back`; no module, class or comprehension.
        assert calls(run, traced) == ["high.py", "high.py", "high.py", "low.py", "high.py"]

    def test_another_profiler_is_back_afterwards_whatever_happens(self, tmp_path: Path) -> None:
        before = sys.getprofile()
        with pytest.raises(ZeroDivisionError):
            calls(lambda: 1 / 0, tmp_path)
        assert sys.getprofile() is before

    def test_a_change_is_a_call_in_another_file_than_the_last(self) -> None:
        assert [changes(list(files)) for files in ("", "a", "aab", "abba")] == [0, 0, 1, 2]

    def test_visits_are_listed_with_the_busiest_file_first(self) -> None:
        assert visits(list("abb")) == ("     2 b", "     1 a")

    @pytest.mark.parametrize("scene", [add_calls, gate_calls])
    def test_a_whole_command_is_followed_from_the_command_line_down(self, scene: Callable[[], list[str]]) -> None:
        folders = {Path(file).parts[0] for file in scene()}
        assert folders > {"cli"}


def test_the_command_line_counts_its_lines_and_its_files_that_see_storage(tmp_path: Path) -> None:
    modules = package(
        tmp_path,
        {
            "cli/absolute": "import pr_sessions.stores.book\n",
            "cli/named": "from pr_sessions import storage\n",
            "cli/deep/lazy": "def f():\n    from ...stores.book import Book\n",
            "cli/typed": "if TYPE_CHECKING:\n    from pr_sessions.storage.files import Store\n",
            "cli/clean": "import storage\nfrom pr_sessions import tracker\nfrom pr_sessions.tracker.storage import x\n",
            "cli/__init__": "from ..stores import book\n",
            "tracker/service": "from pr_sessions.stores.book import Book\n",
        },
    )
    lines, importing = command_line(modules)

    assert values(lines, importing) == {"cli-lines": 10, "cli-storage": 5}
    assert importing.places == (
        "cli/__init__.py",
        "cli/absolute.py",
        "cli/deep/lazy.py",
        "cli/named.py",
        "cli/typed.py",
    )


class TestJson:
    CODEC = (
        "class Document: pass\nclass WrongType(ValueError): pass\n"
        "def write_session(): pass\ndef read_session(): pass\ndef minutes(): pass\n"
    )

    def test_counts_folders_that_call_a_writer_of_the_codec(self, tmp_path: Path) -> None:
        modules = package(
            tmp_path,
            {
                "stores/document": self.CODEC,
                "stores/book": "from pr_sessions.stores.document import Document\nDocument()\n",
                "cli/views": "from pr_sessions.stores.document import write_session as w\nw()\n",
                "cli/other": "from pr_sessions.stores.document import Document\nDocument()\n",
                "cli/repair/plan": "from pr_sessions.stores import document\ndocument.Document()\n",
                "gate/rebuild": "import pr_sessions.stores.document\npr_sessions.stores.document.write_session()\n",
                "gate/reader": "from pr_sessions.stores.document import Document, WrongType, minutes, read_session\n"
                "def f(d: Document): raise WrongType(minutes(), read_session())\n",
                "gate/alike": "def write_session(): pass\nwrite_session()\n",
            },
        )

        measure = json_builders(modules)

        assert (measure.value, measure.places) == (
            3,
            (
                "cli/other.py calls pr_sessions.stores.document.Document",
                "cli/views.py calls pr_sessions.stores.document.write_session",
                "cli/repair/plan.py calls pr_sessions.stores.document.Document",
                "gate/rebuild.py calls pr_sessions.stores.document.write_session",
            ),
        )

    def test_a_package_of_the_codec_is_known_by_its_later_name_too(self, tmp_path: Path) -> None:
        modules = package(
            tmp_path,
            {
                "storage/files/codec": "def encode_session(): pass\n",
                "cli/views": "from pr_sessions.storage.files.codec import encode_session\nencode_session()\n",
            },
        )
        assert json_builders(modules).value == 1

    def test_without_a_codec_nothing_is_measured(self, tmp_path: Path) -> None:
        assert json_builders(package(tmp_path, {"cli/main": "print()\n"})).value is None


class TestGlossary:
    def test_what_stands_as_code_in_the_last_and_in_the_first_column_is_excluded(self) -> None:
        assert read_glossary(GLOSSARY) == Glossary(("ledger*", "Memory", "agents/"), ("mend*", "by hand"))

    @pytest.mark.parametrize("title", ["not", "not used"])
    def test_a_page_without_one_of_the_tables_is_refused(self, title: str) -> None:
        with pytest.raises(ValueError, match=f"no column '{title}' that"):
            read_glossary(GLOSSARY.replace(f"| {title} |", "| more |"))

    def test_our_page_can_be_read(self) -> None:
        glossary = read_glossary((ROOT / PAGE).read_text("utf-8"))
        assert {"told", "mend*"} < set(glossary.words)
        assert {"ladder*", "Memory", "agents/"} < set(glossary.names)


class TestWords:
    def counted(self, root: Path, text: str) -> list[str]:
        package(root, {"main": text})
        return [place.partition(" ")[2] for place in banned_words(root, ("told", "mend*", "by hand")).places]

    def test_a_word_counts_in_prose_and_as_a_part_of_a_name(self, tmp_path: Path) -> None:
        text = "# Told. told\ntold_by = is_told = ToldValue = isTold = TOLD\n'mended'; MENDABLE\n"
        assert self.counted(tmp_path, text) == [
            *("Told", "told", "told", "told", "Told", "Told", "TOLD"),
            "mended",
            "MENDABLE",
        ]

    def test_a_key_of_old_session_files_counts_for_nothing(self, tmp_path: Path) -> None:
        assert self.counted(tmp_path, 'RULES = {"told": 1}\n') == []

    def test_a_word_within_another_counts_for_nothing(self, tmp_path: Path) -> None:
        assert self.counted(tmp_path, "# amend, recommended, untold, toldo, nearby handles\n") == []

    @pytest.mark.parametrize(
        "text",
        [
            "# by hand",
            "BY_HAND",
            "byHand",
            "'by-hand'",
            "# it is done by\n    # hand",
            "'by '\n  f'hand'",
            "> by\n> hand",
        ],
    )
    def test_a_phrase_counts_however_its_words_are_joined(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs/page.md").write_text(text)
        assert banned_words(tmp_path, ("by hand",)).value == 1

    def test_src_docs_and_the_pages_above_count_but_not_what_keeps_its_words(self, tmp_path: Path) -> None:
        counted = (
            "src/pr_sessions/cli/a.py",
            "src/pr_sessions/a.toml",
            "docs/guides/a.md",
            "docs/make.py",
            "README.md",
        )
        exempt = (
            "src/pr_sessions/scripts/a.py",
            "src/pr_sessions/compat/deep/a.py",
            "src/pr_sessions/payload.json",
            "docs/glossary.md",
            "CHANGELOG.md",
            "tests/test_a.py",
        )
        for name in (*counted, *exempt):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("\ntold\n")

        assert sorted(banned_words(tmp_path, ("told",)).places) == sorted(f"{name}:2 told" for name in counted)


class TestNames:
    ENTRIES = ("lost", "Memory", "ladder*", "agents/")

    def counted(self, root: Path, files: Mapping[str, str]) -> list[str]:
        return names(banned_names(package(root, files), self.ENTRIES))

    @pytest.mark.parametrize(
        "text",
        [
            "class Lost: pass",
            "def lost(): pass",
            "async def _lost(): pass",
            "def f(lost): pass",
            "def f(*lost): pass",
            "f = lambda lost: 0",
            "lost = LOST = 1",
            "lost: int",
            "(lost, a), *b = c",
            "for lost in a: pass",
            "[0 for lost in a]",
            "with a as lost: pass",
            "import a as lost",
            "try: pass\nexcept E as lost: pass",
            "match a:\n    case [*lost]: pass",
            "match a:\n    case A() as lost: pass",
            "if (lost := a): pass",
            "a.lost = 1",
        ],
    )
    def test_every_way_to_give_a_name_counts(self, tmp_path: Path, text: str) -> None:
        assert [name.lower().strip("_") for name in self.counted(tmp_path, {"main": text})][:1] == ["lost"]

    def test_using_a_name_counts_for_nothing(self, tmp_path: Path) -> None:
        assert self.counted(tmp_path, {"main": "from a import lost\nprint(lost, a.lost, f(lost=1), 'lost')\n"}) == []

    def test_a_name_counts_once_for_each_function(self, tmp_path: Path) -> None:
        text = "lost = 1\nlost = 2\ndef f():\n    lost = 1\n    lost = 2\nclass A:\n    lost = 1\n"
        assert banned_names(package(tmp_path, {"main": text}), self.ENTRIES).places == (
            "main.py:1 lost",
            "main.py:4 lost",
            "main.py:7 lost",
        )

    def test_parameters_of_special_methods_may_have_any_name(self, tmp_path: Path) -> None:
        text = "class A:\n    def __eq__(self, lost): pass\n    def __init__(self, lost): pass\n"
        assert banned_names(package(tmp_path, {"main": text}), self.ENTRIES).places == ("main.py:3 lost",)

    @pytest.mark.parametrize(
        ("name", "entries"),
        [
            ("lost", {"lost"}),
            ("_LOST_", {"lost"}),
            ("why_lost", set()),
            ("Memory", {"Memory"}),
            ("memory", set()),
            ("ladder_text", {"ladder*"}),
            ("OurLadders", {"ladder*"}),
            ("stepladder", set()),
            ("agents", set()),
        ],
    )
    def test_an_entry_means_what_the_glossary_says(self, tmp_path: Path, name: str, entries: set[str]) -> None:
        modules = package(tmp_path, {"main": f"{name} = 1\n"})
        assert {entry for entry in self.ENTRIES if banned_names(modules, [entry]).value} == entries

    def test_modules_and_packages_count_and_some_entries_mean_packages_only(self, tmp_path: Path) -> None:
        modules = package(
            tmp_path, dict.fromkeys(("agents/__init__", "core/agents", "core/ladder_text", "ladder/__init__"), "")
        )
        assert banned_names(modules, self.ENTRIES).places == (
            "agents/__init__.py package agents",
            "core/ladder_text.py module ladder_text",
            "ladder/__init__.py package ladder",
        )

    def test_the_scripts_of_the_original_keep_their_names(self, tmp_path: Path) -> None:
        assert self.counted(tmp_path, {"scripts/a": "lost = 1\n", "compat/a": "lost = 1\n"}) == []


def test_docs_count_pages_words_and_the_longest_line_that_is_no_row(tmp_path: Path) -> None:
    (tmp_path / "guides").mkdir()
    (tmp_path / "README.md").write_text("two words\n\n| " + "row " * 50 + "|\n")
    (tmp_path / "guides/long.md").write_text("x" * 120 + "\n")
    (tmp_path / "make.py").write_text("no = 'page'\n")

    pages, words, columns = docs(tmp_path)

    assert values(pages, words, columns) == {"pages": 2, "docs-words": 55, "columns": 120}
    assert columns.places == ("   120 guides/long.md:1",)


def test_the_table_says_of_each_measure_whether_its_goal_is_reached() -> None:
    measured = (Measure("a", "a", 6, 6, " %"), Measure("b", "b", 1_001, 1_000), Measure("c", "c", None, 4, " min"))

    assert [line.split() for line in table(measured)] == [
        ["measure", "value", "goal"],
        ["a", "6", "%", "6", "%", "reached"],
        ["b", "1,001", "1,000", "MISSED"],
        ["c", "-", "4", "min", "-"],
    ]
