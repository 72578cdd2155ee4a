"""What is new or changed since a person's last look, who looks after every event."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.inbox_ledger import Ledger
from benchmarks.inbox_truth import Key
from pr_sessions.core.conflicts import MergeResult
from pr_sessions.core.inbox import Inbox, Mark, Row
from pr_sessions.core.inbox_last_look import LastLook, looked, marked

_EVENTS = ("head", "review", "checks")
"""Facts of which every change is an event."""
_WORDS = ("title",)


class Seen(Struct, frozen=True):
    """A pull request as it was: what is true of it, its row, and what it conflicts with."""

    facts: Mapping[str, object]
    beside: frozenset[str]
    section: str
    pairs: frozenset[tuple[tuple[str, str], str]]


class Looks:
    """The looks of one person, and what they saw."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._looks: dict[str, LastLook] = {}
        self._seen: dict[Key, Seen] = {}

    def differences(self, inbox: Inbox) -> Iterator[tuple[str, str]]:
        """Look once more; yield the rows whose mark is not right."""
        rows = marked(inbox.rows, self._looks)
        for row in rows:
            if row.repository in self._looks and (wrong := self._wrong(row)):
                yield "marks", f"{row.repository} {row.id} is marked {row.mark}, but {wrong}"
        for name in inbox.repositories:
            here = [replace(row, mark=None) for row in rows if row.repository == name]
            self._looks[name] = looked(self._looks.get(name, LastLook()), here, here, inbox.at)
            self._seen = {key: seen for key, seen in self._seen.items() if key[0] != name}
            self._seen |= {pr.key: self._now(row, pr.key) for row in here for pr in row.prs}

    def _wrong(self, row: Row) -> str:
        """Why the mark of a row is wrong; nothing if it is right, or if either would be."""
        before = {pr.key: self._seen[pr.key] for pr in row.prs if pr.key in self._seen}
        now = {pr.key: self._now(row, pr.key) for pr in row.prs}
        if not before:
            return "" if row.mark is Mark.NEW else "it is new"
        if row.mark is Mark.NEW:
            return "it is not new"
        changed = [key for key in now if key not in before or _has_event(before[key], now[key])]
        if changed and row.mark is None:
            return f"something happened to {changed}"
        return "nothing happened" if row.mark and before == now else ""

    def _now(self, row: Row, key: Key) -> Seen:
        facts = self._ledger.truths[key].facts()
        pairs = ((pair.numbers, pair.attempt.result) for pair in row.conflicts if key[1] in pair.numbers)
        return Seen(
            {name: fact for name, fact in facts.items() if name not in _WORDS},
            frozenset(row.numbers),
            row.section.value,
            frozenset((numbers, result) for numbers, result in pairs if result is not MergeResult.CLEAN),
        )


def _has_event(before: Seen, now: Seen) -> bool:
    return any(before.facts[name] != now.facts[name] for name in _EVENTS)
