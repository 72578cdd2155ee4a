"""Rewrites the parts of the documentation that are generated from the code: `make docs`."""

import re
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from pathlib import Path
from textwrap import fill

import click

from pr_sessions.cli.main import SECTIONS, pr_sessions
from pr_sessions.sessions.diagram import mermaid
from pr_sessions.sessions.policy import Policy, Share
from pr_sessions.sessions.signature import Signature
from pr_sessions.stores.configuration import plain
from pr_sessions.stores.configuration_rules import MAX_ITEMS, MAX_MARKER, MAX_PATTERN, RULES
from pr_sessions.stores.configuration_text import WHY, initial_text
from pr_sessions.stores.repository import CONFIG
from pr_sessions.stores.signatures import package_signatures
from pr_sessions.stores.yaml_text import Item

DOCS = Path(__file__).parent
LIFECYCLE = DOCS / "concepts/lifecycle.md"
BEGIN, END = "<!-- generated: state diagram -->\n", "<!-- end of the generated part -->\n"
HEAD = "<!-- generated from the code: `make docs` -->"
WIDTH = 120

ABOUT_COMMANDS = """\
Every command takes `--json` (one document on stdout; messages go to stderr) and `-h`, `--help`, and works from any \
folder inside the repository. `pr-sessions --version` shows the version. Exit codes: 0 done, 1 you can mend it, \
2 wrong usage, 3 our bug, 130 interrupted."""

ABOUT_SETTINGS = f"""\
The settings of a team stand in `{CONFIG}`. What is left out has its default; so has everything where there is no such \
file. Whatever cannot be used is an error that names the line: an unknown key, one that stands there twice, a value of \
the wrong kind. `pr-sessions config --check` lists all of them, `pr-sessions config` shows each setting in force and \
where it comes from. A list holds up to {MAX_ITEMS} items, a pattern up to {MAX_PATTERN} characters, a marker up to \
{MAX_MARKER}. What patterns and markers do stands in [evidence](../concepts/evidence.md)."""

ABOUT_SIGNATURES = """\
How coding agents sign their pull requests: what `signatures.toml` in the package says. What each kind is compared \
with stands in [agents](../concepts/agents.md). A team switches one off by its id (`signatures_off`) and adds its own \
(`signatures`); see [configuration](configuration.md). A dependency bot silences all others."""

# What a meaning names of the file itself: a value that it explains, another key.
# A key of one plain word means itself in no sentence: a comment, the gate's job.
NAMED = re.compile(
    r"\b(?:true|false|commit|local|branch|body|advisory|enforce|off|warn|fail|auto|never)(?=:)"
    rf"|\b(?:{'|'.join(re.escape(key) for key in RULES if not key.isalpha())})\b"
)


def pages() -> Mapping[Path, str]:
    """What every page with a generated part has to say, by its file."""
    return {
        LIFECYCLE: with_diagram(LIFECYCLE.read_text("utf-8")),
        DOCS / "reference/commands.md": _joined(commands()),
        DOCS / "reference/configuration.md": _joined(configuration()),
        DOCS / "reference/signatures.md": _joined(signatures()),
    }


def with_diagram(page: str) -> str:
    """The page with the state diagram of today's rules between its two comments."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}```mermaid\n{mermaid(Policy())}\n```\n{END}{after}"


def commands() -> Iterator[str]:
    """The blocks of the page on the commands, as the help shows them."""
    yield from (HEAD, "# Commands", _filled(ABOUT_COMMANDS))
    top = click.Context(pr_sessions, info_name="pr-sessions")
    for section, names in SECTIONS.items():
        yield f"## {section}"
        for name in names:
            if command := pr_sessions.get_command(top, name):
                yield from _command(click.Context(command, top, info_name=name))


def _command(context: click.Context) -> Iterator[str]:
    command = context.command
    yield f"### {context.command_path.removeprefix('pr-sessions ')}"
    paragraphs = cleandoc(command.help or "").split("\n\n")
    yield from (_filled(text) for text in paragraphs if not text.startswith("\b"))
    yield _code(" ".join([context.command_path, *command.collect_usage_pieces(context)]))
    yield "\n".join(_parameter(parameter, context) for parameter in command.params)
    yield from (_examples(text) for text in paragraphs if text.startswith("\b"))
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        if inner := command.get_command(context, name):
            yield from _command(click.Context(inner, context, info_name=name))


def _parameter(parameter: click.Parameter, context: click.Context) -> str:
    help_text = getattr(parameter, "help", None)
    needed = None if not parameter.required else "Required."
    if isinstance(parameter, click.Argument) and not needed:
        needed = "May be left out."
    return _item(f"`{_spelling(parameter, context)}`: {' '.join(filter(None, (help_text, needed)))}")


def _spelling(parameter: click.Parameter, context: click.Context) -> str:
    """An option as one writes it; made here, since click's own way of showing it changes between versions."""
    if not isinstance(parameter, click.Option):
        return parameter.human_readable_name
    names = " / ".join([*parameter.opts, *parameter.secondary_opts])
    return names if parameter.is_flag else f"{names} {parameter.make_metavar(context)}"


def _examples(paragraph: str) -> str:
    _, title, *lines = paragraph.splitlines()
    return f"{title}\n\n" + _code("\n".join(line.strip() for line in lines))


def configuration() -> Iterator[str]:
    """The blocks of the page on the configuration."""
    yield from (HEAD, "# Configuration", _filled(ABOUT_SETTINGS))
    for key in RULES:
        yield from _setting(key)
    yield from ("## The file that `init` writes", "With the time zone of the machine, here Europe/Berlin:")
    yield _code(initial_text("Europe/Berlin", Share.COMMIT).rstrip(), "yaml")


def signatures() -> Iterator[str]:
    """The blocks of the page on the signatures of agents."""
    yield from (HEAD, "# Signatures of agents", _filled(ABOUT_SIGNATURES))
    rules = package_signatures()
    for agent in dict.fromkeys(rule.agent for rule in rules):
        yield f"## {agent}"
        yield "\n".join(_rule(rule) for rule in rules if rule.agent == agent)


def _rule(rule: Signature) -> str:
    values = ", ".join(f"`{value}`" for value in rule.any)
    return f"- `{rule.id}`: {rule.kind}, {rule.role}, {rule.confidence.label}: {values}"


def _setting(key: str) -> Iterator[str]:
    yield f"## `{key}`"
    yield _filled(NAMED.sub(r"`\g<0>`", WHY[key]))
    yield f"{_item(f'value: {_kind(key)}')}\n{_item(f'default: {_default(key)}')}"


def _kind(key: str) -> str:
    """What belongs there, in the words with which the rule refuses everything else."""
    problem = next(RULES[key].problems(Item("other", None, 1, 0, 0)))
    return problem.message.removeprefix("must be ").partition(", not ")[0]


def _default(key: str) -> str:
    value = plain(getattr(Policy(), RULES[key].field))
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _filled(text: str, indent: str = "") -> str:
    # A dash that came to stand at a line's start would begin a list.
    words = text.replace(" - ", " `-` ")
    return fill(words, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _item(text: str) -> str:
    return _filled(f"- {text}", indent="  ")


def _code(text: str, language: str = "") -> str:
    return f"```{language}\n{text}\n```"


def _joined(blocks: Iterator[str]) -> str:
    return "\n\n".join(blocks) + "\n"


def main() -> None:
    """Writes every generated part."""
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
