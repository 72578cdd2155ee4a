"""People who were erased: their names are replaced in what is stored, and again whenever they come back. Pure.

A session's id stays, though it may be made of a login: clones know the session by it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from pr_sessions.core.agents import Evidence
from pr_sessions.core.models import REPORTED, Attribution, Basis, PullRequestRecord, Session
from pr_sessions.core.people import HIDDEN, TICK

# Stands where somebody was named who was erased.
ERASED = "erased"

IsErased = Callable[[str], bool]
# GitHub allows 39 characters, and 45 for an App.
_LONGEST_LOGIN = 100
# Fields with a login, and those beside them with the account's number.
_NUMBERED = (("login", "id"), ("author", "author_id"))


def erase_from_session(session: Session, is_erased: IsErased) -> Session:
    """Return the session without people who were erased; itself where it names none."""
    corrections = (*session.merged, *session.split, *([session.reopened] if session.reopened else ()))
    names = _erased((session.author, *(each.by for each in corrections)), is_erased)
    records = {number: erase_from_record(record, is_erased, names) for number, record in session.pull_requests.items()}
    if not names and all(record is session.pull_requests[number] for number, record in records.items()):
        return session
    reopened = session.reopened
    return replace(
        session,
        author=_name(session.author, names),
        title=_text(session.title, names),
        merged=tuple(sorted(replace(each, by=_name(each.by, names)) for each in session.merged)),
        split=tuple(sorted(replace(each, by=_name(each.by, names)) for each in session.split)),
        reopened=replace(reopened, by=_name(reopened.by, names)) if reopened else None,
        pull_requests=records,
    )


def erase_from_record(record: PullRequestRecord, is_erased: IsErased, also: Iterable[str] = ()) -> PullRequestRecord:
    """Return what is kept of a pull request without people who were erased; itself where it names none.

    Args:
        record: what is kept.
        is_erased: whether somebody was erased.
        also: names in its session that were erased.
    """
    attribution = record.attribution
    names = [*_erased((record.author, attribution.by if attribution else ""), is_erased), *also]
    if not names:
        return record
    changed = replace(
        record,
        author=_name(record.author, names),
        branch=_branch(record.branch, names),
        base=_branch(record.base, names),
        evidence=tuple(sorted({_evidence(each, names) for each in record.evidence})),
        attribution=_attribution(attribution, names),
    )
    if changed == record:
        return record
    # A copy of the same report must not bring the name back.
    later = {
        field: at + TICK
        for field, at in record.reported_at.items()
        if field in REPORTED and getattr(changed, field) != getattr(record, field)
    }
    return replace(changed, reported_at={**record.reported_at, **later})


def erase_from_json(value: Any, is_erased: IsErased) -> Any:
    """Return a value of JSON without people who were erased, their numbers on the forge included; else itself.

    A person is known by a text that is the login and nothing else. Then it is replaced inside of longer texts, too, but
    not as a part of a session's id.
    """
    names = _erased(_texts_in(value), is_erased)
    if not names:
        return value
    any_of_them = "|".join(map(re.escape, names))
    return _without(value, re.compile(rf"(?<![\w-])(?:{any_of_them})(?![\w-])", re.IGNORECASE))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) <= _LONGEST_LOGIN:
            yield value
    elif isinstance(value, list | tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(each)


def _without(value: Any, names: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return names.sub(ERASED, value)
    if isinstance(value, list | tuple):
        return [_without(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _without(each, names) for key, each in value.items()}
    for login, number in _NUMBERED:
        if number in changed and changed.get(login) != value.get(login):
            changed[number] = None
    return changed


def _erase_from_text(text: str, name: str) -> str:
    """Return a text with a word in place of a name, in whatever case the name stands."""
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", ERASED, text, flags=re.IGNORECASE)


def _erased(names: Iterable[str], is_erased: IsErased) -> list[str]:
    return sorted({name for name in names if name and is_erased(name)})


def _name(name: str, names: Iterable[str]) -> str:
    return ERASED if name.casefold() in {each.casefold() for each in names} else name


def _text(text: str, names: Iterable[str]) -> str:
    for name in names:
        text = _erase_from_text(text, name)
    return text


def _branch(branch: str | None, names: Iterable[str]) -> str | None:
    return HIDDEN if branch and any(name.casefold() in branch.casefold() for name in names) else branch


def _evidence(evidence: Evidence, names: Iterable[str]) -> Evidence:
    return replace(evidence, detail=_text(evidence.detail, names))


def _attribution(attribution: Attribution | None, names: Iterable[str]) -> Attribution | None:
    if attribution is None:
        return None
    names = list(names)
    changed = replace(attribution, by=_name(attribution.by, names), detail=_text(attribution.detail, names))
    if changed == attribution or attribution.at is None:
        return changed
    # Of two corrections the later one counts, else the earlier attribution.
    tick = TICK if attribution.basis is Basis.MANUAL else -TICK
    return replace(changed, at=attribution.at + tick)
