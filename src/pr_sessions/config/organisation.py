"""The settings of all repositories of an organisation, in one file of its repository `.github`.

Keys and mistakes follow the rules of a repository's own configuration: a key that this version does not know changes
nothing, a value that cannot be used is a mistake with its line. A mistake below a repository concerns that one alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Any, TypeVar

import yaml
from msgspec import Meta, Struct
from msgspec.structs import replace

from pr_sessions.config.file import Mistake, Parsed, combined, parse_entries
from pr_sessions.config.schema import RULES, Rule, Want, quoted
from pr_sessions.config.yaml_text import Entry, NotYamlError, entries_of, top_level
from pr_sessions.core.policy import GateMode, Policy

T = TypeVar("T")

ORGANISATION_FILE = ".github/pr-sessions.yaml"
MAX_REPOSITORIES = 5000
# Each repository has a name and a few lines.
_MAX_EVENTS = 100_000
_LONGEST_NAME = 100
_FLAT = "write the key on a line of its own, and what belongs to it indented below"


class Mode(StrEnum):
    """What the server does about the pull requests of a repository."""

    # It records sessions, and says nothing.
    OFF = "off"
    # It records what it would decide and write, and writes nothing.
    SHADOW = "shadow"
    # It comments, and delays no check.
    ADVISORY = "advisory"
    # It comments, and says which checks wait.
    ENFORCE = "enforce"


class Section(Struct, frozen=True):
    """What the file says of all repositories, or of those of a name.

    Attributes:
        mode: `None` where it does not say.
        shadow_percent: of how many pull requests it decides in shadow mode; `None` where it does not say.
        dispatch: whether the App itself starts checks that waited; `None` where it does not say.
        settings: as a repository's own configuration has them.
        mistakes: all of them, by line.
        unknown: keys that this version does not know; they change nothing.
    """

    mode: Mode | None = None
    shadow_percent: int | None = None
    dispatch: bool | None = None
    settings: Parsed = Parsed(Policy())
    mistakes: tuple[Mistake, ...] = ()
    unknown: tuple[Mistake, ...] = ()


class Organisation(Struct, frozen=True):
    """The file.

    Attributes:
        name: the file, for messages.
        everywhere: what holds for all repositories.
        repositories: by name without the owner, in lower case, or by a pattern with `*`; in the file's order.
    """

    name: str
    everywhere: Section
    repositories: Mapping[str, Section] = {}

    def sections(self, repository: str) -> tuple[Section, ...]:
        """Return what holds for a repository, by its name without the owner: the most particular last.

        A whole name comes before patterns, and of patterns the first that fits counts.
        """
        key = repository.lower()
        fitting = (pattern for pattern in self.repositories if "*" in pattern and fnmatchcase(key, pattern))
        name = key if key in self.repositories else next(fitting, "")
        return (self.everywhere, self.repositories[name]) if name else (self.everywhere,)

    def mistakes(self) -> tuple[Mistake, ...]:
        """Return all that is wrong with the file, by line."""
        sections = (self.everywhere, *self.repositories.values())
        mistakes = (mistake for section in sections for mistake in section.mistakes)
        return tuple(sorted(mistakes, key=lambda mistake: mistake.line))


class Effective(Struct, frozen=True, kw_only=True):
    """How one repository is treated.

    Attributes:
        policy: its settings; all defaults where there is a mistake.
        source: the files that say so, the one that counts most last; empty where none does.
        mistakes: what cannot be used of them, with file and line; then no check waits, and nothing is written.
    """

    mode: Mode = Mode.OFF
    shadow_percent: int = 100
    dispatch: bool = False
    policy: Policy = Policy()
    source: str = ""
    mistakes: tuple[str, ...] = ()


def parse_organisation(text: str, name: str) -> Organisation:
    """Return everything that the file sets, and everything that is wrong with it.

    Args:
        text: the YAML.
        name: the file, for messages.
    """
    try:
        entries = top_level(text, _MAX_EVENTS)
    except NotYamlError as error:
        mistake = Mistake(error.line, "", f"Invalid YAML: {error}", _FLAT)
        return Organisation(name, Section(mistakes=(mistake,)))
    listed = next((entry for entry in entries if entry.key == "repositories"), None)
    everywhere = _section((entry for entry in entries if entry is not listed), name)
    if listed is None:
        return Organisation(name, everywhere)
    if not isinstance(listed.node, yaml.MappingNode) or len(listed.node.value) > MAX_REPOSITORIES:
        message = f"repositories: must be names of repositories, each with its keys, at most {MAX_REPOSITORIES}"
        return Organisation(name, _with(everywhere, Mistake(listed.line, "repositories", message, _FLAT)))
    sections: dict[str, Section] = {}
    for entry in entries_of(listed.node):
        key = entry.key.lower()
        if problem := _name_problem(entry, sections):
            everywhere = _with(everywhere, problem)
        elif isinstance(entry.node, yaml.MappingNode):
            sections[key] = _section(entries_of(entry.node), name)
        else:
            message = f"{entry.key}: must have keys of its own, such as mode"
            sections[key] = Section(mistakes=(Mistake(entry.line, entry.key, message, _FLAT),))
    return Organisation(name, everywhere, sections)


def effective(organisation: Organisation | None, present: Parsed | None, repository: str) -> Effective:
    """Return how a repository is treated. Pure.

    Args:
        organisation: its organisation's file; `None` where there is none.
        present: the configuration of the repository's default branch; `None` where there is none.
        repository: its name without the owner.
    """
    sections = organisation.sections(repository) if organisation else ()
    parts = [*([present] if present else []), *(section.settings for section in sections)]
    sources = [*([present.name] if present else []), *([organisation.name] if organisation else [])]
    wrong = [f"{present.name}:{mistake.line}: {mistake.message}" for mistake in present.mistakes] if present else []
    if organisation:
        mistakes = (mistake for section in sections for mistake in section.mistakes)
        wrong += (f"{organisation.name}:{mistake.line}: {mistake.message}" for mistake in mistakes)
    if wrong:
        return Effective(mode=_mode(sections, parts), source=", ".join(sources), mistakes=tuple(wrong))
    mode, policy = _mode(sections, parts), combined(parts)
    return Effective(
        mode=mode,
        shadow_percent=_last((s.shadow_percent for s in sections), 100),
        dispatch=_last((s.dispatch for s in sections), default=False),
        policy=_with_gate(policy, mode),
        source=", ".join(sources),
    )


def _mode(sections: Iterable[Section], parts: list[Parsed]) -> Mode:
    """Return the mode: the organisation's, else that of the setting `gate`; off where nobody has set anything up."""
    by_gate = next((Mode(part.policy.gate) for part in reversed(parts) if "gate" in part.origins), None)
    default = Mode.ADVISORY if parts else Mode.OFF
    return _last((section.mode for section in sections), by_gate or default)


def _with_gate(policy: Policy, mode: Mode) -> Policy:
    # In shadow mode it is worth knowing what would wait.
    waits = mode in (Mode.ENFORCE, Mode.SHADOW)
    return replace(policy, gate=GateMode.ENFORCE if waits else GateMode.ADVISORY)


def _last(values: Iterable[T | None], default: T) -> T:
    """Return the last value that is set."""
    given = [value for value in values if value is not None]
    return given[-1] if given else default


_FLAG = Want(bool, "must be true or false, not {}", "write true or false, without quotes")
_PERCENT = Want(
    Annotated[int, Meta(ge=1, le=100)], "must be a whole number from 1 to 100, not {}", "100 is every pull request"
)
_MODE = Want(Mode, f"must be {', '.join([*Mode][:-1])} or {Mode.ENFORCE}", "shadow writes nothing to GitHub")
_RULES = {
    # YAML reads a plain `off` as false, which stands for it.
    "mode": Rule("mode", (_MODE,), may_be_off=True),
    "shadow_percent": Rule("shadow_percent", (_PERCENT,)),
    "dispatch": Rule("dispatch", (_FLAG,)),
}


def _section(entries: Iterable[Entry], name: str) -> Section:
    """Return what the keys of one part of the file set."""
    values: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    unknown: list[Mistake] = []
    settings, seen_at = Parsed(Policy(), name=name), dict[str, int]()
    for entry in entries:
        key = entry.key
        if key in seen_at:
            message = f"{quoted(key)}: stands here a second time, first on line {seen_at[key]}"
            mistakes.append(Mistake(entry.line, key, message, "keep one of them"))
            continue
        seen_at[key] = entry.line
        if key == "settings":
            settings = _settings(entry, name)
        elif rule := _RULES.get(key):
            problems = [*rule.problems(entry.node)]
            mistakes += (Mistake(problem.line, key, f"{key}: {problem.message}", problem.hint) for problem in problems)
            values |= {} if problems else {key: rule.value(entry.node)}
        else:
            unknown.append(Mistake(entry.line, key, f"unknown key {quoted(key)}: it changes nothing", _where(key)))
    return Section(
        mode=(values["mode"] or Mode.OFF) if "mode" in values else None,
        shadow_percent=values.get("shadow_percent"),
        dispatch=values.get("dispatch"),
        settings=settings,
        mistakes=tuple(sorted((*mistakes, *settings.mistakes), key=lambda mistake: mistake.line)),
        unknown=(*unknown, *settings.unknown),
    )


def _settings(entry: Entry, name: str) -> Parsed:
    if isinstance(entry.node, yaml.MappingNode):
        return parse_entries(entries_of(entry.node), name)
    message = "settings: must be settings, each on a line of its own"
    return Parsed(Policy(), mistakes=(Mistake(entry.line, "settings", message, _FLAT),), name=name)


def _where(key: str) -> str:
    return "write it below settings" if key in RULES else "a newer pr-sessions may know it"


def _name_problem(entry: Entry, sections: Mapping[str, Section]) -> Mistake | None:
    plain = entry.key.replace("*", "")
    is_name = plain.isascii() and all(letter.isalnum() or letter in "_.-" for letter in plain)
    if not entry.key or len(entry.key) > _LONGEST_NAME or not is_name or entry.key.count("*") > 3:
        message = f"no name of a repository: {quoted(entry.key)}"
        return Mistake(entry.line, "repositories", message, "write it without the owner, such as shop or 'legacy-*'")
    if entry.key.lower() in sections:
        return Mistake(
            entry.line, "repositories", f"{quoted(entry.key)}: stands here a second time", "keep one of them"
        )
    return None


def _with(section: Section, mistake: Mistake) -> Section:
    return replace(section, mistakes=tuple(sorted((*section.mistakes, mistake), key=lambda each: each.line)))


def mistake_lines(organisation: Organisation) -> Iterator[str]:
    """Yield everything that is wrong with the file, with its line and a hint."""
    for mistake in organisation.mistakes():
        yield f"{organisation.name}:{mistake.line}: {mistake.message}" + (f"; {mistake.hint}" if mistake.hint else "")
