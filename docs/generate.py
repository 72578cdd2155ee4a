"""Rewrite the parts of the documentation that are generated from the code: `make docs`."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from pathlib import Path
from textwrap import fill

import click

from pr_sessions.cli.commands import SECTIONS
from pr_sessions.cli.main import pr_sessions
from pr_sessions.config.cache import package_signatures
from pr_sessions.config.file import plain
from pr_sessions.config.schema import MAX_ITEMS, MAX_MARKER, MAX_PATTERN, RULES
from pr_sessions.config.template import WHY
from pr_sessions.core.diagram import mermaid
from pr_sessions.core.gate_minutes import DAYS, TYPICAL, Occasion, dashboard_minutes, minutes, minutes_a_month
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.core.signature import Signature
from pr_sessions.git.repository import CONFIG
from pr_sessions.server.api.catalogue import OPERATIONS
from pr_sessions.server.setup_app.manifest import Kind, table

DOCS = Path(__file__).parent
API = DOCS / "reference/api.md"
GATE = DOCS / "guides/gate.md"
APP = DOCS / "guides/github-app.md"
SESSIONS = DOCS / "concepts/sessions.md"
SIGNATURES = DOCS / "reference/signatures.md"
_PARTS = {
    "events": (Occasion.CHANGE, Occasion.OTHER_EVENT),
    "your own workflow asks, and reports": (Occasion.WAITS, Occasion.STARTED),
    "once an hour, and every ten minutes while something waits": (Occasion.HOUR, Occasion.WAITING_HOUR),
}
BEGIN, END = "<!-- generated from the code: `make docs` -->\n", "<!-- end of the generated part -->\n"
WIDTH = 100
# An option that this many commands share is described once.
SHARED = 2

ABOUT_COMMANDS = """\
Every command works from any folder inside the repository. All but `help`, `completion` and `hook` take `--json`: one \
JSON document on stdout, with control and bidirectional characters escaped. Messages go to stderr. Exit codes: 0 done, \
1 an error that you can fix, 2 wrong usage, 3 a bug, 130 interrupted."""

WORDS = """\
- **PR**: a pull request: `42`, `#42`, `!42`, `owner/name#42` or a URL
- **SESSION**: a session's id, or a unique prefix of one
- **TIME**: ISO 8601; how long ago (`90s`, `30m`, `2h`, `3d`, `1w`); `today`, `yesterday`,
  `yesterday 14:30`"""

ABOUT_SETTINGS = f"""\
A team's settings are in `{CONFIG}`. Omitted settings, or a missing file, use the defaults. A mistake, such as a value \
of the wrong kind or a key that is written twice, is an error that names the line. An unknown key is a warning: a team \
can use a setting before everybody has upgraded. A list has at most {MAX_ITEMS} items, a pattern {MAX_PATTERN} \
characters, a marker {MAX_MARKER}. [Sessions](../concepts/sessions.md) explains patterns and markers."""

CHECK_SETTINGS = """\
pr-sessions config            # every setting, and where its value comes from
pr-sessions config --check    # every mistake and unknown key; fails on a mistake"""

# What a meaning names of the file itself: a value that it explains, another key.
# A key of one plain word means itself in no sentence: a comment, the gate's job.
NAMED = re.compile(
    r"\b(?:true|false|commit|local|branch|body|advisory|enforce|off|warn|fail|auto|never|opened|agents|hidden)"
    r"(?=:)"
    rf"|\b(?:{'|'.join(re.escape(key) for key in RULES if not key.isalpha())})\b"
)


def pages() -> Mapping[Path, str]:
    """Return the text of every page with a generated part, by its file."""
    return {
        GATE: _with(GATE, "\n".join(minutes_tables())),
        APP: _with(APP, "\n".join(rights_table())),
        SESSIONS: _with(SESSIONS, _code(mermaid(Policy()), "mermaid")),
        SIGNATURES: _with(SIGNATURES, "\n".join(signature_list())),
        DOCS / "reference/commands.md": _joined(commands()),
        DOCS / "reference/configuration.md": _joined(configuration()),
        API: _with(API, "\n".join(operations())),
    }


def minutes_tables() -> Iterator[str]:
    """Yield what the jobs of a typical day cost."""
    modes = " | ".join(f"`{mode}`" for mode in GateMode)
    day = TYPICAL
    yield f"""\
A day of {day.pull_requests} pull requests by agents. Each is opened, pushed to {_times(day.pushes)}, reviewed and
merged; its checks wait and are started once. Something waits for {day.waiting_hours} hours of the day:
"""
    yield f"| minutes | {modes} |\n|---|{'---|' * len(GateMode)}"
    for part, occasions in _PARTS.items():
        spent = [minutes(mode, {o: c for o, c in day.occasions(mode).items() if o in occasions}) for mode in GateMode]
        yield f"| {part} | {' | '.join(map(str, spent))} |"
    yield f"| a day | {' | '.join(str(minutes(mode, day.occasions(mode))) for mode in GateMode)} |"
    yield f"| a month of {DAYS} such days | {' | '.join(f'{minutes_a_month(mode):,}' for mode in GateMode)} |"
    yield f"| the dashboard, a day | {' | '.join([str(dashboard_minutes())] * len(GateMode))} |"


def rights_table() -> Iterator[str]:
    """Yield every right and event of the App with its reason."""
    yield "\n| right or event | `read-only` | `gate` | why |\n|---|---|---|---|"
    reading, gate = (set(table(kind)) for kind in (Kind.READ_ONLY, Kind.GATE))
    for label, level, why in table():
        row = label, level, why
        cells = ((level or "event") if row in rights else "–" for rights in (reading, gate))
        yield f"| {label} | {' | '.join(cells)} | {why} |"
    yield ""


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _with(path: Path, generated: str) -> str:
    """Return a page with its generated part renewed."""
    before, _, rest = path.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{generated}\n{END}{after}"


def operations() -> Iterator[str]:
    """Yield the operations of the API, by what they are about."""
    for tag in dict.fromkeys(operation.tag for operation in OPERATIONS):
        yield f"### {tag[0].upper()}{tag[1:]}\n\n| operation | request | right | |\n|---|---|---|---|"
        for each in OPERATIONS:
            if each.tag == tag:
                request = f"`{each.method} {each.path}`"
                yield f"| `{each.id}` | {request} | {each.right} | {each.summary} |"
        yield ""


def commands() -> Iterator[str]:
    """Yield the blocks of the page on the commands, from their help."""
    top = click.Context(pr_sessions, info_name="pr-sessions", **pr_sessions.context_settings)
    sections = {
        section: [context for name in names for context in _contexts(name, top)] for section, names in SECTIONS.items()
    }
    uses = Counter(option for contexts in sections.values() for each in contexts for option in _options(each))
    shared = [option for option, count in uses.items() if count >= SHARED]
    yield from (BEGIN.strip(), "# Commands", _filled(ABOUT_COMMANDS), WORDS)
    yield from ("## Shared options", "\n".join(shared))
    for section, contexts in sections.items():
        yield f"## {section}"
        for context in contexts:
            yield from _command(context, shared)


def _contexts(name: str, parent: click.Context) -> Iterator[click.Context]:
    """Yield the context of a command, and of those inside it."""
    if isinstance(parent.command, click.Group) and (command := parent.command.get_command(parent, name)):
        context = click.Context(command, parent, info_name=name)
        yield context
        for inner in command.list_commands(context) if isinstance(command, click.Group) else ():
            yield from _contexts(inner, context)


def _command(context: click.Context, shared: Sequence[str]) -> Iterator[str]:
    command = context.command
    yield f"### {context.command_path.removeprefix('pr-sessions ')}"
    title, *paragraphs = cleandoc(command.help or "").split("\n\n")
    yield _filled(title)
    yield from (_examples(text) for text in paragraphs if text.startswith("\b"))
    yield from (_filled(text) for text in paragraphs if not text.startswith("\b"))
    options = _options(context)
    items = [option for option in options if option not in shared]
    if names := [f"`{options[option]}`" for option in options if option in shared]:
        items.append(_item(f"shared: {', '.join(names)}"))
    if items:
        yield "\n".join(items)


def _options(context: click.Context) -> Mapping[str, str]:
    """The longest name of each option but `--json`, by its item in a list."""
    options = [each for each in context.command.params if isinstance(each, click.Option) and each.name != "json"]
    return {_option(option, context): max(option.opts, key=len) for option in options}


def _option(option: click.Option, context: click.Context) -> str:
    # Click's own way of showing an option changes between versions.
    names = " / ".join([*option.opts, *option.secondary_opts])
    spelling = names if option.is_flag else f"{names} {option.make_metavar(context)}"
    return _item(f"`{spelling}`: {' '.join(filter(None, (option.help, 'Required.' if option.required else None)))}")


def _examples(paragraph: str) -> str:
    return _code("\n".join(line.strip() for line in paragraph.splitlines()[2:]))


def configuration() -> Iterator[str]:
    """Yield the blocks of the page on the configuration."""
    yield from (BEGIN.strip(), "# Configuration", _filled(ABOUT_SETTINGS), _code(CHECK_SETTINGS))
    yield "`init` writes a file with every setting; those behind a `#` have their default."
    for key in RULES:
        yield from _setting(key)


def signature_list() -> Iterator[str]:
    """Yield the names of the signatures, with every agent that has just these."""
    rules: dict[str, list[str]] = {}
    for rule in package_signatures():
        rules.setdefault(rule.id.partition("/")[0], []).append(_rule(rule))
    agents: dict[str, list[str]] = {}
    for agent, signatures in rules.items():
        agents.setdefault(", ".join(signatures), []).append(f"**{agent}**")
    for names, alike in agents.items():
        yield _item(f"{', '.join(alike)}: {names}")


def _rule(rule: Signature) -> str:
    name = rule.id.rpartition("/")[2]
    usual = ("assisted" if name.endswith(("co-author", "trailer")) else "opened", "certain")
    marks = [text for text in (rule.role, rule.confidence.label) if text not in usual]
    return name + (f" ({', '.join(marks)})" if marks else "")


def _setting(key: str) -> Iterator[str]:
    why, kind = NAMED.sub(r"`\g<0>`", WHY[key]), _kind(key)
    yield f"## `{key}`"
    # Where the text names the values, their kind is clear.
    kind = "" if re.search(r"\w: ", WHY[key]) or kind == "true or false" else f" {kind[0].upper()}{kind[1:]}."
    yield _filled(f"{why}{kind} [default: {_default(key)}]")


def _kind(key: str) -> str:
    """Return what kind of value it is, from the message with which the rule refuses others."""
    return RULES[key].wants[0].message.removeprefix("must be ").partition(", not ")[0]


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
    """Write every generated part."""
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
