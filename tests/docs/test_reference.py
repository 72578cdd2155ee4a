"""The documentation says what the code says: nothing in it is out of date, missing or points nowhere."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from inspect import cleandoc
from pathlib import Path
from types import ModuleType

import click
import pytest

from pr_sessions.cli.commands import SECTIONS
from pr_sessions.cli.main import pr_sessions
from pr_sessions.config.schema import RULES

ROOT = Path(__file__).parents[2]
OUTSIDE = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
PAGES = (*OUTSIDE, *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")))
GENERATED = (
    "guides/gate.md",
    "guides/github-app.md",
    "concepts/sessions.md",
    "reference/api.md",
    "reference/commands.md",
    "reference/configuration.md",
    "reference/signatures.md",
)
COMMANDS = {name: text for section in SECTIONS.values() for name, text in section.items()}
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", GENERATED)
def test_a_generated_page_says_what_the_code_says(generator: ModuleType, page: str) -> None:
    path = ROOT / "docs" / page
    assert path.read_text("utf-8") == generator.pages()[path], "out of date; run: make docs"


def test_every_generated_page_is_compared(generator: ModuleType) -> None:
    assert set(generator.pages()) == {ROOT / "docs" / page for page in GENERATED}


@pytest.mark.parametrize(("name", "text"), COMMANDS.items())
def test_the_help_of_a_command_begins_as_the_overview_says(name: str, text: str) -> None:
    assert _help(name).splitlines()[0] == text


# Whoever calls `hook` reads nothing; the rest print what only people, shells and browsers read.
@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"hook", "help", "completion", "serve"}))
def test_every_command_takes_json(name: str) -> None:
    command = _command(name)
    inner = (
        [command.get_command(click.Context(command), n) for n in command.list_commands(click.Context(command))]
        if (isinstance(command, click.Group) and not command.params)
        else [command]
    )
    assert inner
    for each in inner:
        assert each
        assert "--json" in [option for parameter in each.params for option in parameter.opts]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example(name: str) -> None:
    _, title, examples = _help(name).partition("\nExamples:\n")
    assert title
    assert f"  pr-sessions {name}" in examples


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_example_on_a_line_of_its_own(name: str) -> None:
    for command in _with_those_inside(_command(name)):
        shown = command.get_help(click.Context(command))
        assert "\\b" not in shown
        assert re.search(r"^ +Examples:\n +pr-sessions ", shown, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_default_in_brackets(name: str) -> None:
    for command in _with_those_inside(_command(name)):
        options = [each for each in command.params if isinstance(each, click.Option)]
        texts = [command.help or "", *(option.help or "" for option in options)]
        assert [text for text in texts if re.search(r"if not given|if none|\(default", text)] == []
        set_to = {option.name: option.get_default(click.Context(command), call=False) for option in options}
        defaults = [name for name, value in set_to.items() if value and isinstance(value, str | int | float)]
        shown = [option.name for option in options if "[default: " in (option.help or "")]
        assert [name for name in defaults if name not in shown] == []


@pytest.mark.parametrize("key", RULES)
def test_every_setting_is_documented(key: str) -> None:
    assert f"\n## `{key}`\n" in (ROOT / "docs/reference/configuration.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_to_a_file(page: str) -> None:
    path = ROOT / page
    assert [link for link, _ in _links(path) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_anchor_is_a_heading_of_its_page(page: str) -> None:
    path = ROOT / page
    anchors = [(path.parent / link if link else path, anchor) for link, anchor in _links(path) if anchor]
    assert [f"{target.name}#{anchor}" for target, anchor in anchors if anchor not in _anchors(target)] == []


def test_the_index_names_every_page() -> None:
    docs = ROOT / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")} - {"README.md"}
    assert {link for link, _ in _links(docs / "README.md")} == pages


@pytest.mark.parametrize("page", PAGES)
def test_lines_have_at_most_100_columns_outside_tables(page: str) -> None:
    lines = enumerate((ROOT / page).read_text("utf-8").splitlines(), 1)
    assert [number for number, line in lines if len(line) > 100 and not line.lstrip().startswith("|")] == []


def _links(page: Path) -> list[tuple[str, str]]:
    """The relative links of a page: file, empty for the page itself, and anchor, empty for none."""
    return LINK.findall(FENCE.sub("", page.read_text("utf-8")))


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    titles = HEADING.findall(FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def _command(name: str) -> click.Command:
    command = pr_sessions.get_command(click.Context(pr_sessions), name)
    assert command is not None
    return command


def _with_those_inside(command: click.Command) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return [command]
    context = click.Context(command)
    inner = [command.get_command(context, name) for name in command.list_commands(context)]
    return [command, *filter(None, inner)]


def _help(name: str) -> str:
    return cleandoc(_command(name).help or "")
