"""Who was alive around a day: an index by day, so that recording many pull requests does not search all sessions."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Self

# A session of more days than this is a candidate for every day: rare, and cheaper than a bucket for each.
_LONGEST = 14
_A_DAY = timedelta(days=1)


class Days:
    """Ids by the days, as they are written, on which their sessions were alive."""

    def __init__(self, lives: Iterable[tuple[str, str, str]] = ()) -> None:
        """Args: lives: session id, first day, last day; days are `YYYY-MM-DD`, an empty text is unknown."""
        self._by_day: dict[str, set[str]] = {}
        self._any_day: set[str] = set()
        for session_id, first, last in lives:
            if first and first == last:
                self._by_day.setdefault(first, set()).add(session_id)
            else:
                self._add_long(session_id, first, last)

    def with_life(self, session_id: str, first: str, last: str) -> Self:
        """An index that knows of one more life, itself where it knows of it already; this one stays as it is."""
        days = type(self)([(session_id, first, last)])
        if days._any_day <= self._any_day and all(session_id in self._by_day.get(day, ()) for day in days._by_day):
            return self
        days._by_day = self._by_day | {day: self._by_day.get(day, set()) | ids for day, ids in days._by_day.items()}
        days._any_day |= self._any_day
        return days

    def near(self, at: datetime, reach: timedelta) -> Iterable[str]:
        """Ids of at least the sessions alive within `reach` of `at`, whatever the zone their days were written in."""
        found = set(self._any_day)
        day = at - reach - _A_DAY
        while day.date() <= (at + reach + _A_DAY).date():
            found.update(self._by_day.get(day.strftime("%Y-%m-%d"), ()))
            day += _A_DAY
        return sorted(found)

    def _add_long(self, session_id: str, first: str, last: str) -> None:
        days = _between(first, last)
        if days is None:
            self._any_day.add(session_id)
            return
        for day in days:
            self._by_day.setdefault(day, set()).add(session_id)


def _between(first: str, last: str) -> tuple[str, ...] | None:
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    count = (end - start).days + 1
    if not 0 < count <= _LONGEST:
        return None
    return tuple((start + i * _A_DAY).isoformat() for i in range(count))
