"""A team's configuration in `.cursor/config/session_config.yaml`, read with the place of everything in it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from pr_sessions.errors import InvalidConfiguration
from pr_sessions.sessions.policy import GateMode, Policy
from pr_sessions.stores.configuration_rules import RULES, quoted
from pr_sessions.stores.files import MIB, read_bytes

if TYPE_CHECKING:
    from pr_sessions.stores.yaml_text import Entry, NotYamlError

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
        policy: what the file asks for; the default wherever it makes a mistake.
        origins: the line of each key that the policy took over.
        mistakes: all of them, by line.
        name: the file, for messages.
    """

    policy: Policy
    origins: Mapping[str, int] = {}
    mistakes: tuple[Mistake, ...] = ()
    name: str = ""


class Setting(Struct, frozen=True):
    """One key in force. Origin: `default` or `path:line`. Times are minutes."""

    key: str
    value: Value
    origin: str


def read(config: Path) -> Parsed:
    """The configuration file; a missing or empty one is all defaults.

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
    return parse(text, str(config))


def parse(text: str, name: str) -> Parsed:
    """Everything that a configuration says, and everything that is wrong with it.

    Args:
        text: the YAML.
        name: the file, for messages.
    """
    from pr_sessions.stores.yaml_text import NotYamlError, top_level

    try:
        entries = top_level(text).entries
    except NotYamlError as error:
        return Parsed(Policy(), mistakes=(_unreadable(text, error),), name=name)
    mistakes = [mistake for found in (_key_mistakes, _value_mistakes) for mistake in found(entries)]
    wrong = {mistake.key for mistake in mistakes}
    used = {entry.key: entry for entry in entries if entry.key not in wrong}
    policy = Policy(**{RULES[key].field: RULES[key].value(entry.item) for key, entry in used.items()})
    if policy.idle_warning >= policy.timeout:
        idle = used.pop("idle_warning_minutes", None)
        if idle and "timeout_minutes" not in wrong:
            mistakes.append(_late_warning(idle, policy))
        policy = msgspec.structs.replace(policy, idle_warning=_fitting_warning(policy.timeout))
    origins = {key: entry.line for key, entry in used.items()}
    return Parsed(policy, origins, tuple(sorted(mistakes, key=lambda mistake: mistake.line)), name)


def _unreadable(text: str, error: "NotYamlError") -> Mistake:
    marked = [n for n, line in enumerate(text.splitlines(), 1) if line.startswith(("<<<<<<< ", ">>>>>>> "))]
    if marked:
        return Mistake(marked[0], "", "holds a conflict marker of git", "the file holds a merge conflict: resolve it")
    return Mistake(error.line, "", f"Invalid YAML: {error}", _PLAIN)


def _key_mistakes(entries: "tuple[Entry, ...]") -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for entry in entries:
        if entry.key not in RULES:
            yield Mistake(entry.line, entry.key, f"unknown setting {quoted(entry.key)}", _meant(entry.key))
        elif entry.key in first:
            message = f"{entry.key}: stands here a second time, first on line {first[entry.key]}"
            yield Mistake(entry.line, entry.key, message, "keep one of them")
        first.setdefault(entry.key, entry.line)


def _meant(key: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key[:50].lower(), RULES, 1)
    return f"did you mean {close[0]}?" if close else f"the settings are {', '.join(RULES)}"


def _value_mistakes(entries: "tuple[Entry, ...]") -> Iterator[Mistake]:
    # Of a repeated key only the first value is looked at: thousands of them must not cost thousands of checks.
    first = {entry.key: entry for entry in reversed(entries) if entry.key in RULES}
    for key, entry in first.items():
        for problem in RULES[key].problems(entry.item):
            yield Mistake(problem.line, key, f"{key}: {problem.message}", problem.hint)


def _late_warning(idle: "Entry", policy: Policy) -> Mistake:
    message = f"{idle.key}: must be less than timeout_minutes, which is {plain(policy.timeout)}"
    return Mistake(idle.line, idle.key, message, "the warning comes before the end")


def _fitting_warning(timeout: timedelta) -> timedelta:
    """The default, or half of a timeout that leaves no room for it."""
    default = Policy().idle_warning
    return default if default < timeout else timeout / 2


def valid_policy(parsed: Parsed) -> Policy:
    """The policy of a configuration without mistakes.

    Raises:
        InvalidConfiguration: there are some; the message has a line for each of the first twenty.
    """
    if not parsed.mistakes:
        return parsed.policy
    lines = [f"{parsed.name}:{mistake.line}: {mistake.message}" for mistake in parsed.mistakes[:MAX_LISTED]]
    if len(parsed.mistakes) > MAX_LISTED:
        lines.append(f"and {len(parsed.mistakes) - MAX_LISTED} more")
    raise InvalidConfiguration("\n".join(lines), "pr-sessions config --check says how to mend each")


def check(config: Path) -> tuple[Mistake, ...]:
    """All mistakes of the file, by line. Raises what `read` raises."""
    return read(config).mistakes


def notes(parsed: Parsed) -> tuple[Note, ...]:
    """What is no mistake and worth knowing: what is written down and does not count."""
    return (*_loose_words(parsed), *_gate_that_postpones_nothing(parsed))


def _gate_that_postpones_nothing(parsed: Parsed) -> Iterator[Note]:
    policy = parsed.policy
    needed = {"gate.checks": policy.gate_checks, "gate.workflow": policy.gate_workflow}
    missing = " and ".join(key for key, value in needed.items() if not value)
    if policy.gate is GateMode.ENFORCE and missing:
        yield Note(parsed.origins.get("gate", 0), f"gate: enforce postpones nothing without {missing}")


def _loose_words(parsed: Parsed) -> tuple[Note, ...]:
    ignored = [marker for marker in parsed.policy.completion_markers if marker not in parsed.policy.active_markers]
    line = parsed.origins.get("completion_markers", 0)
    return tuple(
        Note(line, f"{quoted(marker)} does not complete a session unless loose_completion_markers is true")
        for marker in ignored
    )


def effective(config: Path) -> tuple[Setting, ...]:
    """Every setting in force and where it comes from.

    Raises:
        InvalidConfiguration: the file has mistakes, or what `read` raises.
    """
    parsed = read(config)
    policy = valid_policy(parsed)
    return tuple(Setting(key, plain(getattr(policy, rule.field)), _origin(parsed, key)) for key, rule in RULES.items())


def _origin(parsed: Parsed, key: str) -> str:
    return f"{parsed.name}:{parsed.origins[key]}" if key in parsed.origins else "default"


def plain(value: Value | timedelta | None) -> Value:
    """A policy's value as the file writes it: times as minutes, whole ones without a fraction, none as `off`."""
    if value is None:
        return "off"
    if not isinstance(value, timedelta):
        return value
    minutes = value / timedelta(minutes=1)
    return int(minutes) if minutes.is_integer() else minutes
