"""A team's configuration in `.cursor/config/session_config.yaml`, read with the place of everything in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches

import msgspec
from msgspec import Struct

from pr_sessions.config.schema import RULES, quoted
from pr_sessions.config.yaml_text import Entry, NotYamlError, top_level
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.errors import InvalidConfiguration
from pr_sessions.io.files import MIB, read_bytes
from pr_sessions.io.places import Place

MAX_LISTED = 20
_PLAIN = "each setting is one `key: value` line; quote text that holds any of : # [ ] { }"

Value = str | int | float | bool | tuple[str, ...]


class Mistake(Struct, frozen=True):
    """Something in the file that cannot be used.

    Attributes:
        line: counted from 1.
        key: the setting, empty where the whole file is meant.
        message: what is wrong; names the key.
        hint: what to write instead; may be empty.
    """

    line: int
    key: str
    message: str
    hint: str = ""


class Note(Struct, frozen=True):
    """Something that works and may not do what its writer meant."""

    line: int
    text: str


class Parsed(Struct, frozen=True):
    """A configuration as it was read.

    Attributes:
        policy: what the file sets; the default wherever it makes a mistake.
        origins: the line of each key that the policy took over.
        mistakes: all of them, by line.
        name: the file, for messages.
        is_missing: whether there is no such file.
        unknown: the settings that this version does not know, by line; they change nothing.
    """

    policy: Policy
    origins: Mapping[str, int] = {}
    mistakes: tuple[Mistake, ...] = ()
    name: str = ""
    is_missing: bool = False
    unknown: tuple[Mistake, ...] = ()


class Setting(Struct, frozen=True):
    """One key in force. Origin: `default` or `path:line`. Times are minutes."""

    key: str
    value: Value
    origin: str


def read(config: Place) -> Parsed:
    """Return the configuration of a file; a missing or empty one is all defaults.

    Raises:
        InvalidConfiguration: the file is not UTF-8 text.
        UnreadableFile: it is larger than 1 MiB, no regular file, or may not be read.
    """
    data = read_bytes(config, MIB)
    try:
        text = (data or b"").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InvalidConfiguration(f"{config}:{line}: not UTF-8 text", "save the file as UTF-8") from error
    return msgspec.structs.replace(parse(text, str(config)), is_missing=data is None)


def parse(text: str, name: str) -> Parsed:
    """Return everything that a configuration sets, and everything that is wrong with it.

    Args:
        text: the YAML.
        name: the file, for messages.
    """
    try:
        entries = top_level(text)
    except NotYamlError as error:
        markers = [n for n, line in enumerate(text.splitlines(), 1) if line.startswith(("<<<<<<< ", ">>>>>>> "))]
        mistake = Mistake(error.line, "", f"Invalid YAML: {error}", _PLAIN)
        if markers:
            hint = "the file holds a merge conflict: resolve it"
            mistake = Mistake(markers[0], "", "holds a conflict marker of git", hint)
        return Parsed(Policy(), mistakes=(mistake,), name=name)
    return parse_entries(entries, name)


def parse_entries(entries: Sequence[Entry], name: str) -> Parsed:
    """Return everything that the keys of a mapping set, and everything that is wrong with them.

    Args:
        entries: of a file's top level, or of a part of it.
        name: the file, for messages.
    """
    # Of a repeated key only the first value is looked at: thousands of them must not cost thousands of checks.
    first = {entry.key: entry for entry in reversed(entries)}
    known = {key: entry for key, entry in first.items() if key in RULES}
    mistakes = list(_key_mistakes(entries, first))
    for key, entry in known.items():
        problems = RULES[key].problems(entry.node)
        mistakes += (Mistake(problem.line, key, f"{key}: {problem.message}", problem.hint) for problem in problems)
    wrong = {mistake.key for mistake in mistakes}
    used = {key: entry for key, entry in known.items() if key not in wrong}
    policy = Policy(**{RULES[key].field: RULES[key].value(entry.node) for key, entry in used.items()})
    if policy.idle_warning >= policy.timeout:
        late = used.pop("idle_warning_minutes", None)
        if late and "timeout_minutes" not in wrong:
            message = f"{late.key}: must be less than timeout_minutes, which is {plain(policy.timeout)}"
            mistakes.append(Mistake(late.line, late.key, message, "the warning comes before the end"))
        policy = _with_fitting_warning(policy)
    return Parsed(
        policy,
        {key: entry.line for key, entry in used.items()},
        tuple(sorted(mistakes, key=lambda mistake: mistake.line)),
        name,
        # A newer version of pr-sessions may know them: a team must be able to use one before everybody has it.
        unknown=tuple(
            Mistake(entry.line, key, f"unknown setting {quoted(key)}: it changes nothing", _similar(key))
            for key, entry in reversed(first.items())
            if key and key not in RULES
        ),
    )


def combined(parts: Iterable[Parsed]) -> Policy:
    """Return one policy of several configurations without mistakes; of a key that several set the last one counts."""
    fields = {RULES[key].field: part.policy for part in parts for key in part.origins}
    policy = Policy(**{field: getattr(part, field) for field, part in fields.items()})
    return policy if policy.idle_warning < policy.timeout else _with_fitting_warning(policy)


def _with_fitting_warning(policy: Policy) -> Policy:
    """Return the policy with the default warning, or half of a timeout that leaves no room for it."""
    default = Policy().idle_warning
    fitting = default if default < policy.timeout else policy.timeout / 2
    return msgspec.structs.replace(policy, idle_warning=fitting)


def _key_mistakes(entries: Sequence[Entry], first: Mapping[str, Entry]) -> Iterator[Mistake]:
    for entry in entries:
        if not entry.key:
            yield Mistake(entry.line, "", "the name of a setting must be a text", _PLAIN)
        elif entry.key in RULES and entry is not first[entry.key]:
            message = f"{entry.key}: stands here a second time, first on line {first[entry.key].line}"
            yield Mistake(entry.line, entry.key, message, "keep one of them")


def _similar(key: str) -> str:
    close = get_close_matches(key[:50].lower(), RULES, 1)
    if close:
        return f"did you mean {close[0]}?"
    return "a newer pr-sessions may know it; `pr-sessions config` lists what this one knows"


def valid_policy(parsed: Parsed) -> Policy:
    """Return the policy of a configuration without mistakes.

    Raises:
        InvalidConfiguration: there are some; the message has a line for each of the first twenty.
    """
    if not parsed.mistakes:
        return parsed.policy
    lines = [f"{parsed.name}:{mistake.line}: {mistake.message}" for mistake in parsed.mistakes[:MAX_LISTED]]
    if len(parsed.mistakes) > MAX_LISTED:
        lines.append(f"and {len(parsed.mistakes) - MAX_LISTED} more")
    raise InvalidConfiguration("\n".join(lines), "pr-sessions config --check says how to fix each")


def unknown_settings(parsed: Parsed) -> tuple[tuple[str, str], ...]:
    """Return each unknown setting with its place, and a hint; of many the first twenty and their number."""
    listed = [(f"{parsed.name}:{s.line}: {s.message}", s.hint) for s in parsed.unknown[:MAX_LISTED]]
    if len(parsed.unknown) > MAX_LISTED:
        rest = len(parsed.unknown) - MAX_LISTED
        listed.append((f"{parsed.name}: {rest} more unknown settings", "pr-sessions config --check lists all of them"))
    return tuple(listed)


def notes(parsed: Parsed) -> tuple[Note, ...]:
    """Return what is not a mistake, but has no effect: unknown settings, and what `ineffective` returns."""
    unknown = (Note(setting.line, f"{setting.message}; {setting.hint}") for setting in parsed.unknown)
    return (*unknown, *ineffective(parsed))


def ineffective(parsed: Parsed) -> Iterator[Note]:
    """Yield the settings that are known, and have no effect because of others."""
    policy, origins = parsed.policy, parsed.origins
    for marker in policy.completion_markers:
        if marker not in policy.active_markers:
            text = f"{quoted(marker)} does not complete a session unless loose_completion_markers is true"
            yield Note(origins.get("completion_markers", 0), text)
    needed = {"gate.checks": policy.gate_checks, "gate.workflow": policy.gate_workflow}
    missing = " and ".join(key for key, value in needed.items() if not value)
    if policy.gate is GateMode.ENFORCE and missing:
        yield Note(origins.get("gate", 0), f"gate: enforce postpones nothing without {missing}")


def effective(parsed: Parsed) -> tuple[Setting, ...]:
    """Return every setting in force and where it comes from; the default of one that the file gets wrong."""
    return tuple(
        Setting(
            key,
            plain(getattr(parsed.policy, rule.field)),
            f"{parsed.name}:{parsed.origins[key]}" if key in parsed.origins else "default",
        )
        for key, rule in RULES.items()
    )


def plain(value: Value | timedelta | None) -> Value:
    """Return a policy's value as the file writes it: times as minutes, whole ones without a fraction, none as `off`."""
    if value is None:
        return "off"
    if not isinstance(value, timedelta):
        return value
    minutes = value / timedelta(minutes=1)
    return int(minutes) if minutes.is_integer() else minutes
