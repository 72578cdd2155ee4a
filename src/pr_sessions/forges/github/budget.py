"""How many requests an installation may still make, as GitHub says it with every answer."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from pr_sessions.forges.github.transport import Clock, RateLimited, Response, is_limited, limited_until

# GitHub's names: REST is `core`.
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
REST, GRAPHQL = "core", "graphql"
# GitHub counts by the hour. An answer that says more is wrong, or one of our clocks is.
_LONGEST = timedelta(hours=1)


class Allowance(Struct, frozen=True):
    """What is left of one of GitHub's limits.

    Attributes:
        limit: requests an hour; points for GraphQL.
        remaining: of these.
        resets: when it begins anew.
    """

    limit: int
    remaining: int
    resets: datetime


class RequestBudget:
    """The limits of one installation, shared by all of its clients, in all threads of a process.

    Who was refused for one request too many tells all the rest, so that they do not ask in vain: GitHub blocks an App
    that goes on.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._allowances: dict[str, Allowance] = {}
        self._blocked_until: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def allowances(self) -> Mapping[str, Allowance]:
        """Return what GitHub said last, by the name of the limit, without what has begun anew since."""
        now = self._clock()
        with self._lock:
            return {name: each for name, each in self._allowances.items() if each.resets > now}

    def check(self, resource: str, reserve: float = 0.0) -> None:
        """Refuse a request for which nothing is left.

        Args:
            resource: the name of the limit.
            reserve: the share of the limit that this kind of request leaves to more urgent ones.

        Raises:
            RateLimited: it has to wait.
        """
        now = self._clock()
        with self._lock:
            until, left = self._blocked_until.get(resource, now), self._allowances.get(resource)
        if until > now:
            raise RateLimited(until)
        if left and left.resets > now and left.remaining <= left.limit * reserve:
            raise RateLimited(left.resets + timedelta(seconds=1))

    def note(self, resource: str, response: Response) -> None:
        """Take over what an answer says of the limits."""
        numbers = [response.headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
        now = self._clock()
        with self._lock:
            if all(text.isascii() and text.isdigit() and len(text) <= 10 for text in numbers):
                limit, remaining, resets = map(int, numbers)
                name = response.headers.get("x-ratelimit-resource", resource)
                if name in (REST, GRAPHQL):
                    self._allowances[name] = Allowance(
                        limit, remaining, min(datetime.fromtimestamp(resets, UTC), now + _LONGEST)
                    )
            if is_limited(response):
                self._blocked_until[resource] = min(limited_until(response, now), now + _LONGEST)
