"""What each key of the configuration may hold, and how it becomes a field of the policy."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import yaml
from msgspec import Meta, Struct

from pr_sessions.config.cache import package_signatures
from pr_sessions.config.yaml_text import line_of, value_of
from pr_sessions.core.ids import check_branch_name
from pr_sessions.core.patterns import matcher
from pr_sessions.core.policy import MAX_DAYS, Commenting, GateMode, Marking, OverBudget, People, Share, Track
from pr_sessions.core.signature import team_signature
from pr_sessions.errors import InvalidValue

TIMEOUT_RANGE = (5, 120)  # The original's, in minutes.
MAX_WAIT = 1440  # A day: no run goes on for longer without activity.
MAX_ITEMS = 100
MAX_MARKER = 100
MAX_PATTERN = 500
MAX_SIGNATURE = 200
MAX_QUOTED = 60
MAX_BUDGET = 100_000
MAX_STARS = 8

UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
NAMES = {str: "text", bool: "true or false", list: "a list", type(None): "nothing", dict: "this kind of value"}


class Problem(Struct, frozen=True):
    """What is wrong with a value, where (line counted from 1), and what to write instead."""

    line: int
    message: str
    hint: str = ""


class Want(Struct, frozen=True):
    """A type that a value must have.

    Attributes:
        type: as msgspec converts it.
        message: where the value is not of that type; `{0}` is the value, or what kind of value it is, `{1}` the number
            of its items.
        hint: what to write instead.
        mapping_hint: the hint where the value is a mapping, if it is another one.
    """

    type: Any
    message: str
    hint: str
    mapping_hint: str = ""


class Rule(Struct, frozen=True):
    """One key.

    Attributes:
        field: of the policy.
        wants: types that the value must have; the first one that it does not have is the problem.
        check: raises `InvalidValue` for a text that cannot be used.
        longest: characters of an item; 0 where the value is not a list.
        may_be_off: `off` means that there is none.
        make: makes the field of the value.
    """

    field: str
    wants: tuple[Want, ...]
    check: Callable[[str], object] = str  # `str` refuses none.
    longest: int = 0
    may_be_off: bool = False
    make: Callable[[Any], object] | None = None

    def problems(self, node: yaml.Node) -> Iterator[Problem]:
        """Yield all that is wrong with a value."""
        value, line = value_of(node), line_of(node)
        if self.may_be_off and value is False:
            return
        for want in self.wants:
            try:
                msgspec.convert(value, want.type)
            except (msgspec.ValidationError, UnicodeEncodeError):  # YAML can spell half a surrogate pair.
                count = len(value) if isinstance(value, list) else 0
                yield Problem(
                    line,
                    want.message.format(_shown(value), count),
                    want.mapping_hint if isinstance(value, dict) and want.mapping_hint else want.hint,
                )
                return
        if isinstance(value, list):
            for item in node.value:
                yield from _item_problems(item, self.check, self.longest)
        elif isinstance(value, str):
            yield from _refused(value, self.check, line)

    def value(self, node: yaml.Node) -> Any:
        """Return the field's value; the node has no problems."""
        value = value_of(node)
        if self.may_be_off and value is False:
            return None
        value = msgspec.convert(value, self.wants[-1].type)
        return self.make(value) if self.make else value


def quoted(text: str) -> str:
    """Return text from a file, cut and escaped so that it is safe in a message."""
    return repr(text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}...")


def is_time_zone(name: str) -> bool:
    """Return whether it is an IANA name; spelling counts: some file systems ignore case and others do not."""
    from zoneinfo import available_timezones

    return name == "UTC" or name in available_timezones()


def _shown(value: Any) -> str:
    return NAMES.get(type(value)) or str(value)


def _refused(text: str, check: Callable[[str], object], line: int) -> Iterator[Problem]:
    try:
        check(text)
    except InvalidValue as error:
        yield Problem(line, str(error), error.hint)


def _item_problems(item: yaml.Node, check: Callable[[str], object], longest: int) -> Iterator[Problem]:
    value, line = value_of(item), line_of(item)
    if value is None or (isinstance(value, str) and not value.strip()):
        yield Problem(line, "empty item", "an empty one would fit everything: take it out")
    elif not isinstance(value, str):
        yield Problem(line, f"{_shown(value)} where text belongs", "put the item in single quotes")
    elif UNSTORABLE.search(value):
        yield Problem(line, f"control character in {quoted(value)}", "write plain text")
    elif len(value) > longest:
        yield Problem(line, f"item of {len(value)} characters, more than {longest}", "shorten it")
    else:
        yield from _refused(value, check, line)


def _minutes(field: str, example: int, bounds: Want) -> Rule:
    hint = f"write it plainly, such as {example} or 7.5, without quotes"
    wants = (Want(float, "must be a number of minutes, not {}", hint), bounds)
    return Rule(field, wants, make=lambda minutes: timedelta(minutes=minutes))


def _count(field: str, kind: str, example: int, bounds: Want, *, may_be_off: bool = True) -> Rule:
    hint = f"write it plainly, such as {example}, without quotes"
    return Rule(field, (Want(int, f"must be {kind}, not {{}}", hint), bounds), may_be_off=may_be_off)


def _flag(field: str) -> Rule:
    return Rule(field, (Want(bool, "must be true or false, not {}", "write true or false, without quotes"),))


def _word(field: str, words: type[StrEnum], hint: str, mapping_hint: str = "") -> Rule:
    *first, last = words
    return Rule(field, (Want(words, f"must be {', '.join(first)} or {last}", hint, mapping_hint),))


def _texts(field: str, longest: int, check: Callable[[str], object] = str) -> Rule:
    wants = (
        Want(list, "must be a list, not {}", "write each item on its own line: - 'item'"),
        Want(Annotated[list[Any], Meta(max_length=MAX_ITEMS)], f"{{1}} items, more than {MAX_ITEMS}", "take some out"),
    )
    return Rule(field, wants, check, longest, make=tuple)


def _check_glob(text: str) -> None:
    if text.startswith(("/", "!")) or "\\" in text or text.count("*") > MAX_STARS:
        raise InvalidValue(
            f"no path: {quoted(text)}", "write it from the repository's root, such as infra/** or **/*.lock"
        )


def _check_time_zone(text: str) -> None:
    if not is_time_zone(text):
        hint = "names look like Europe/Berlin or UTC; if this one is right, install the package tzdata"
        raise InvalidValue(f"no time zone is named {quoted(text)}", hint)


def _check_signature_id(text: str) -> None:
    known = [signature.id for signature in package_signatures()]
    if text not in known:
        close = get_close_matches(text[:50].lower(), known, 1)
        hint = f"did you mean {close[0]}?" if close else "docs/reference/signatures.md lists all of them"
        raise InvalidValue(f"no signature is named {quoted(text)}", hint)


_TIMEOUT = Want(
    Annotated[float, Meta(ge=TIMEOUT_RANGE[0], le=TIMEOUT_RANGE[1])],
    "must be from {} to {} minutes, not {{}}".format(*TIMEOUT_RANGE),
    "the default is 30",
)
_IDLE_WARNING = Want(Annotated[float, Meta(gt=0)], "must be more than 0 minutes, not {}", "the default is 15")
_MAX_WAIT = Want(
    Annotated[float, Meta(ge=TIMEOUT_RANGE[0], le=MAX_WAIT)],
    f"must be from {TIMEOUT_RANGE[0]} to {MAX_WAIT} minutes, not {{}}",
    "the default is 30",
)
_DAYS = Want(
    Annotated[int, Meta(ge=1, le=MAX_DAYS)],
    f"must be from 1 to {MAX_DAYS} days, not {{}}",
    "off keeps all in one document",
)
_BUDGET = Want(
    Annotated[int, Meta(ge=1, le=MAX_BUDGET)], f"must be from 1 to {MAX_BUDGET}, not {{}}", "off allows any number"
)
_FEW = Want(Annotated[int, Meta(ge=0)], "must be 0 or more, not {}", "the default is 5")
_BRANCH = Want(str, "must be the name of a branch, not {}", "write it plainly, such as pr-sessions")
_TIME_ZONE = Want(str, "must be the name of a time zone, not {}", "write it as Europe/Berlin or UTC")
_WORKFLOW = Want(
    Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.ya?ml\Z")],
    "must be the name of a workflow's file",
    "such as ci.yml, without a folder",
)
_TRACK = "opened: automatic pull requests are recorded; agents: also those that people made with an agent"
_PEOPLE = "hidden: what is stored of pull requests made with an agent names the agent, not the person"
_SHARE = "commit: git tracks the session file; branch: `pr-sessions sync` carries it; local: never"
_MARK = "body: pull requests that agents opened get our one-line mark"
_GATE = "advisory: checks run, and a report says which could wait; enforce: they wait"
_FLAT = "its settings are flat: write gate.checks and the others each on a line of its own"
_OVER_BUDGET = "warn: a report names it; fail: the gate's job fails"
_COMMENT = "auto: where a session has two or more pull requests; never: only the job's summary"

RULES: Mapping[str, Rule] = {
    "timeout_minutes": _minutes("timeout", 30, _TIMEOUT),
    "idle_warning_minutes": _minutes("idle_warning", 15, _IDLE_WARNING),
    "auto_pr_patterns": _texts("auto_pr_patterns", MAX_PATTERN, matcher),
    "completion_markers": _texts("completion_markers", MAX_MARKER),
    "loose_completion_markers": _flag("loose_completion_markers"),
    "min_files_for_manual": _count("min_files_for_manual", "a whole number", 5, _FEW, may_be_off=False),
    "enable_timeout_completion": _flag("enable_timeout_completion"),
    "enable_heuristic_completion": _flag("enable_heuristic_completion"),
    "enable_heuristic_detection": _flag("enable_heuristic_detection"),
    "time_zone": Rule("time_zone", (_TIME_ZONE,), _check_time_zone),
    "track": _word("track", Track, _TRACK),
    "people": _word("people", People, _PEOPLE),
    "share": _word("share", Share, _SHARE),
    "sync_branch": Rule("sync_branch", (_BRANCH,), check_branch_name),
    "keep_days": _count("keep_days", "a whole number of days, or off", 90, _DAYS),
    "minimal_metadata": _flag("minimal_metadata"),
    "signatures": _texts("team_signatures", MAX_SIGNATURE, team_signature),
    "signatures_off": _texts("signatures_off", MAX_SIGNATURE, _check_signature_id),
    "mark": _word("mark", Marking, _MARK),
    "hooks.ask_forge": _flag("ask_forge"),
    "gate": _word("gate", GateMode, _GATE, _FLAT),
    "gate.always": _texts("gate_always", MAX_PATTERN, _check_glob),
    "gate.checks": _texts("gate_checks", MAX_MARKER),
    "gate.workflow": Rule("gate_workflow", (_WORKFLOW,), may_be_off=True),
    "gate.assisted": _flag("gate_assisted"),
    "gate.max_wait": _minutes("gate_max_wait", 30, _MAX_WAIT),
    "gate.open_budget": _count("open_budget", "a whole number, or off", 10, _BUDGET),
    "gate.over_budget": _word("over_budget", OverBudget, _OVER_BUDGET),
    "gate.dashboard": _flag("dashboard"),
    "comment": _word("comment", Commenting, _COMMENT),
}
