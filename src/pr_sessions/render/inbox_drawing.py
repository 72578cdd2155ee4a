"""What the page of the inbox draws of a pull request: its timeline, and its state as signs with words.

All timelines of a page have one scale. The ids that the drawings use stand in the template.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import log1p

from markupsafe import escape
from msgspec import Struct

from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState
from pr_sessions.core.visible_text import visible_on_page
from pr_sessions.render.inbox_words import CHECKS, REVIEWS, review_words, states
from pr_sessions.render.terminal import age, plural

HOUR = timedelta(hours=1)
_TICKS = (
    (timedelta(days=365), "1 y"),
    (timedelta(days=30), "1 mo"),
    (timedelta(days=7), "1 wk"),
    (timedelta(days=1), "1 d"),
    (HOUR, "1 h"),
)
_NARROW = 11.0
# Marks at both ends are drawn whole.
_MARGIN = 2.0


class TimeScale(Struct, frozen=True):
    """A logarithmic scale from the oldest time to the present.

    Attributes:
        age: of the oldest time.
    """

    now: datetime
    age: timedelta

    def at(self, moment: datetime) -> float:
        """Return a time's place, in percent of the width from the left."""
        age = min(max(self.now - moment, timedelta()), self.age)
        share = 1 - log1p(age / HOUR) / log1p(self.age / HOUR)
        return round(_MARGIN + (100 - 2 * _MARGIN) * share, 1)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield the places of round ages with their labels, as many as have room beside each other."""
        now = self.at(self.now)
        places = [(self.at(self.now - age), label) for age, label in _TICKS if age <= self.age]
        yield from ((place, label) for place, label in places if place < now - _NARROW)
        yield now, "now"


def scale_of(prs: tuple[OpenPullRequest, ...], now: datetime) -> TimeScale:
    """Return the scale on which all times of these pull requests stand; it is at least two days long."""
    oldest = min((moment for pr in prs for moment in (pr.opened, pr.pushed) if moment), default=now)
    return TimeScale(now, max(now - oldest, timedelta(days=2)))


def lane(pr: OpenPullRequest, scale: TimeScale) -> str:
    """Return the timeline of a pull request as SVG, with what it shows in words."""
    marks, spoken = ['<use href="#ticks"/>'], []
    opened, pushed, reviewed = (scale.at(time) if time else None for time in (pr.opened, pr.pushed, pr.review.at))
    if opened is not None and pushed is not None:
        marks.append(f'<line x1="{opened}%" x2="{pushed}%" y1="14" y2="14"/>')
    for place, name in ((pushed, "p"), (opened, "o")):
        if place is not None:
            marks.append(f'<circle class="{name}" cx="{place}%" cy="14" r="3.5"/>')
    if reviewed is not None:
        name = "ok" if pr.review.state is ReviewState.APPROVED else "no"
        marks.append(f'<use class="{pr.review.state}" href="#{name}" x="{reviewed}%"/>')
    for verb, time in (("opened", pr.opened), ("last push", pr.pushed), (REVIEWS[pr.review.state], pr.review.at)):
        if time:
            spoken.append(f"{verb} {age(time, scale.now)} ago")
    title = ", ".join(spoken) or "no time is known"
    return f'<svg class="lane" role="img"><title>{title}</title>{"".join(marks)}</svg>'


def state_items(pr: OpenPullRequest) -> str:
    """Return checks, review and the other states of a pull request as items of a list."""
    checks = _item(pr.checks, _CHECKS.get(pr.checks, "ask"), CHECKS[pr.checks])
    # What is said of an earlier commit asks for less attention.
    review = _item(
        "none" if pr.is_review_stale else pr.review.state, _REVIEWS.get(pr.review.state, "ask"), review_words(pr)
    )
    others = (
        _item("failing" if pr.has_base_conflict and state.startswith("conflicts") else "none", "dot", state)
        for state in states(pr)
    )
    return "".join((checks, review, *others))


def size(added: int | None, deleted: int | None, files: int | None) -> str:
    """Return how large a change is, as far as it is known."""
    lines = f"+{added} −{deleted}" if added is not None and deleted is not None else "size not known"
    return f"<span>{lines}</span>" + (f"<span>{plural(files, 'file')}</span>" if files is not None else "")


def sign(name: str) -> str:
    """Return a sign of the page; words beside it say the same."""
    return f'<svg class="i" viewBox="0 0 16 16" aria-hidden="true"><use href="#{name}"/></svg>'


def _item(style: str, name: str, words: str) -> str:
    # Names of people and branches stand among these words.
    return f'<li class="{style}">{sign(name)}<bdi>{escape(visible_on_page(words[:160]))}</bdi></li>'


_CHECKS = {Checks.PASSING: "ok", Checks.FAILING: "no", Checks.PENDING: "run", Checks.NONE: "nil"}
_REVIEWS = {ReviewState.APPROVED: "ok", ReviewState.CHANGES_REQUESTED: "no", ReviewState.NONE: "nil"}
