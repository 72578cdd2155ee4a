"""What each key of the configuration may hold, and how it becomes a field of the policy."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pr_sessions.errors import InvalidValue
from pr_sessions.sessions.branch_name import check_branch_name
from pr_sessions.sessions.patterns import matcher
from pr_sessions.sessions.policy import Commenting, GateMode, Marking, OverBudget, Share

if TYPE_CHECKING:
    from pr_sessions.stores.yaml_text import Item

TIMEOUT_RANGE = (5, 120)  # The original's, in minutes.
MAX_ITEMS = 100
MAX_DAYS = 36_500
MAX_MARKER = 100
MAX_PATTERN = 500
MAX_SIGNATURE = 200
MAX_QUOTED = 60
MAX_BUDGET = 100_000
MAX_STARS = 8

WORKFLOW = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.ya?ml")
UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
KINDS = {
    "text": "text",
    "flag": "true or false",
    "list": "a list",
    "empty": "nothing",
    "other": "this kind of value",
}


class Problem(Struct, frozen=True):
    """What is wrong with a value, where (line counted from 1), and what to write instead."""

    line: int
    message: str
    hint: str = ""


class Rule(Struct, frozen=True):
    """One key: the policy's field, all that is wrong with a value, and the field's value where nothing is."""

    field: str
    problems: "Callable[[Item], Iterator[Problem]]"
    value: "Callable[[Item], Any]"


def quoted(text: str) -> str:
    """Text from a file, cut and escaped so that it is safe in a message."""
    return repr(text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}...")


def is_time_zone(name: str) -> bool:
    """Whether it is an IANA name; spelling counts, because some file systems ignore case and others do not."""
    from zoneinfo import available_timezones

    return name == "UTC" or name in available_timezones()


def _wrong_kind(item: "Item", wanted: str, hint: str) -> Problem:
    return Problem(item.line, f"must be {wanted}, not {_found(item)}", hint)


def _found(item: "Item") -> str:
    return str(item.value) if item.kind == "number" else KINDS[item.kind]


def _timeout(item: "Item") -> Iterator[Problem]:
    low, high = TIMEOUT_RANGE
    if item.kind != "number":
        yield _wrong_kind(item, "a number of minutes", "write it plainly, such as 30 or 7.5, without quotes")
    elif not low <= item.value <= high:
        yield Problem(item.line, f"must be from {low} to {high} minutes, not {item.value}", "the default is 30")


def _idle_warning(item: "Item") -> Iterator[Problem]:
    if item.kind != "number":
        yield _wrong_kind(item, "a number of minutes", "write it plainly, such as 15 or 7.5, without quotes")
    elif item.value <= 0:
        yield Problem(item.line, f"must be more than 0 minutes, not {item.value}", "the default is 15")


def _count(item: "Item") -> Iterator[Problem]:
    if not isinstance(item.value, int) or item.kind != "number":
        yield _wrong_kind(item, "a whole number", "write it plainly, such as 5, without quotes")
    elif item.value < 0:
        yield Problem(item.line, f"must be 0 or more, not {item.value}", "the default is 5")


def _days(item: "Item") -> Iterator[Problem]:
    if item.kind == "flag" and item.value is False:
        return
    if not isinstance(item.value, int) or item.kind != "number":
        yield _wrong_kind(item, "a whole number of days, or off", "write it plainly, such as 90, without quotes")
    elif not 1 <= item.value <= MAX_DAYS:
        yield Problem(
            item.line, f"must be from 1 to {MAX_DAYS} days, not {item.value}", "off keeps all in one document"
        )


def _flag(item: "Item") -> Iterator[Problem]:
    if item.kind != "flag":
        yield _wrong_kind(item, "true or false", "write true or false, without quotes")


def _share(item: "Item") -> Iterator[Problem]:
    if item.value not in tuple(Share):
        hint = "commit: git tracks the session file; branch: `pr-sessions sync` carries it; local: never"
        yield Problem(item.line, "must be commit, branch or local", hint)


def _one_of(kind: type[StrEnum], hint: str) -> "Callable[[Item], Iterator[Problem]]":
    words = tuple(kind)

    def problems(item: "Item") -> Iterator[Problem]:
        if item.value not in words:
            yield Problem(item.line, f"must be {' or '.join(words)}", hint)

    return problems


def _gate(item: "Item") -> Iterator[Problem]:
    problems = _one_of(GateMode, "advisory: checks run, and it is told which could have waited; enforce: they wait")
    for problem in problems(item):
        flat = "its settings are flat: write gate.checks and the others each on a line of its own"
        yield Problem(problem.line, problem.message, flat if item.kind == "other" else problem.hint)


def _budget(item: "Item") -> Iterator[Problem]:
    if item.kind == "flag" and item.value is False:
        return
    if not isinstance(item.value, int) or item.kind != "number":
        yield _wrong_kind(item, "a whole number, or off", "write it plainly, such as 10, without quotes")
    elif not 1 <= item.value <= MAX_BUDGET:
        yield Problem(item.line, f"must be from 1 to {MAX_BUDGET}, not {item.value}", "off allows any number")


def _workflow(item: "Item") -> Iterator[Problem]:
    if item.kind == "flag" and item.value is False:
        return
    if not isinstance(item.value, str) or not WORKFLOW.fullmatch(item.value):
        yield Problem(item.line, "must be the name of a workflow's file", "such as ci.yml, without a folder")


def _glob(text: str) -> None:
    if text.startswith(("/", "!")) or "\\" in text or text.count("*") > MAX_STARS:
        raise InvalidValue(
            f"no path: {quoted(text)}", "write it from the repository's root, such as infra/** or **/*.lock"
        )


def _branch(item: "Item") -> Iterator[Problem]:
    if not isinstance(item.value, str):
        yield _wrong_kind(item, "the name of a branch", "write it plainly, such as pr-sessions")
    else:
        try:
            check_branch_name(item.value)
        except InvalidValue as error:
            yield Problem(item.line, str(error), error.hint)


def _time_zone(item: "Item") -> Iterator[Problem]:
    if not isinstance(item.value, str):
        yield _wrong_kind(item, "the name of a time zone", "write it as Europe/Berlin or UTC")
    elif not is_time_zone(item.value):
        hint = "names look like Europe/Berlin or UTC; if this one is right, install the package tzdata"
        yield Problem(item.line, f"no time zone is named {quoted(item.value)}", hint)


def _list_of(check: Callable[[str], object], longest: int) -> "Callable[[Item], Iterator[Problem]]":
    """A list of texts that are not longer than `longest`; `check` raises `InvalidValue` for one that it refuses."""

    def problems(item: "Item") -> Iterator[Problem]:
        if not isinstance(item.value, tuple):
            yield _wrong_kind(item, "a list", "write each item on its own line: - 'item'")
        elif len(item.value) > MAX_ITEMS:
            yield Problem(item.line, f"{len(item.value)} items, more than {MAX_ITEMS}", "take some out")
        else:
            for child in item.value:
                yield from _text(child, check, longest)

    return problems


def _text(item: "Item", check: Callable[[str], object], longest: int) -> Iterator[Problem]:
    if item.kind == "empty" or (isinstance(item.value, str) and not item.value.strip()):
        yield Problem(item.line, "empty item", "an empty one would fit everything: take it out")
    elif not isinstance(item.value, str):
        yield Problem(item.line, f"{_found(item)} where text belongs", "put the item in single quotes")
    elif UNSTORABLE.search(item.value):
        yield Problem(item.line, f"control character in {quoted(item.value)}", "write plain text")
    elif len(item.value) > longest:
        yield Problem(item.line, f"item of {len(item.value)} characters, more than {longest}", "shorten it")
    else:
        try:
            check(item.value)
        except InvalidValue as error:
            yield Problem(item.line, str(error), error.hint)


def _signature(text: str) -> None:
    from pr_sessions.sessions.team_signatures import team_signature

    team_signature(text)


def _signature_id(text: str) -> None:
    from pr_sessions.stores.signatures import package_signatures

    known = [signature.id for signature in package_signatures()]
    if text not in known:
        from difflib import get_close_matches

        close = get_close_matches(text[:50].lower(), known, 1)
        hint = f"did you mean {close[0]}?" if close else "docs/reference/signatures.md lists all of them"
        raise InvalidValue(f"no signature is named {quoted(text)}", hint)


def _minutes(item: "Item") -> timedelta:
    return timedelta(minutes=float(item.value))


def _texts(item: "Item") -> tuple[str, ...]:
    return tuple(child.value for child in item.value)


def _itself(item: "Item") -> object:
    return item.value


RULES: Mapping[str, Rule] = {
    "timeout_minutes": Rule("timeout", _timeout, _minutes),
    "idle_warning_minutes": Rule("idle_warning", _idle_warning, _minutes),
    "auto_pr_patterns": Rule("auto_pr_patterns", _list_of(matcher, MAX_PATTERN), _texts),
    "completion_markers": Rule("completion_markers", _list_of(str, MAX_MARKER), _texts),  # str refuses none
    "loose_completion_markers": Rule("loose_completion_markers", _flag, _itself),
    "min_files_for_manual": Rule("min_files_for_manual", _count, _itself),
    "enable_timeout_completion": Rule("enable_timeout_completion", _flag, _itself),
    "enable_heuristic_completion": Rule("enable_heuristic_completion", _flag, _itself),
    "enable_heuristic_detection": Rule("enable_heuristic_detection", _flag, _itself),
    "time_zone": Rule("time_zone", _time_zone, _itself),
    "share": Rule("share", _share, lambda item: Share(item.value)),
    "sync_branch": Rule("sync_branch", _branch, _itself),
    "keep_days": Rule("keep_days", _days, lambda item: item.value or None),
    "minimal_metadata": Rule("minimal_metadata", _flag, _itself),
    "signatures": Rule("team_signatures", _list_of(_signature, MAX_SIGNATURE), _texts),
    "signatures_off": Rule("signatures_off", _list_of(_signature_id, MAX_SIGNATURE), _texts),
    "mark": Rule(
        "mark",
        _one_of(Marking, "body: pull requests that agents opened get our one-line mark"),
        lambda item: Marking(item.value),
    ),
    "gate": Rule(
        "gate",
        _gate,
        lambda item: GateMode(item.value),
    ),
    "gate.always": Rule("gate_always", _list_of(_glob, MAX_PATTERN), _texts),
    "gate.checks": Rule("gate_checks", _list_of(str, MAX_MARKER), _texts),
    "gate.workflow": Rule("gate_workflow", _workflow, lambda item: item.value or None),
    "gate.open_budget": Rule("open_budget", _budget, lambda item: item.value or None),
    "gate.over_budget": Rule(
        "over_budget",
        _one_of(OverBudget, "warn: it is told; fail: the gate's job fails"),
        lambda item: OverBudget(item.value),
    ),
    "comment": Rule(
        "comment",
        _one_of(Commenting, "auto: where a session has two or more pull requests; never: only the job's summary"),
        lambda item: Commenting(item.value),
    ),
}
