"""The dashboard's text: the inbox of one repository, and boxes that start checks.

An issue is public, and calls whom it mentions. So a row names no agent, and the author of no pull request that shows
signs of one; and links leave no trace on the pull requests that they lead to.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from pr_sessions.core.conflicts import Conflict
from pr_sessions.core.ids import number_order
from pr_sessions.core.inbox import Inbox, Row, build_rows
from pr_sessions.core.inbox_view import View
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.gate.dashboard.boxes import Box, BoxKind, box_item
from pr_sessions.gate.dashboard.issue import with_frame
from pr_sessions.gate.open_pull_requests import WaitingSession
from pr_sessions.gate.wording import clock, counted, listed, text
from pr_sessions.render.inbox_markdown import MOST_NUMBERS, markdown_sections, pull_request_link
from pr_sessions.render.inbox_words import open_words

LONGEST = 60_000
"""Characters. GitHub takes 65,536."""
_LONGEST_BOXES, _FRAME = 15_000, 200
_WEB = "https://github.com/"
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
_WITHOUT_BACKLINKS = "https://redirect.github.com/"


def dashboard_rows(prs: Sequence[OpenPullRequest], conflicts: Sequence[Conflict]) -> tuple[Row, ...]:
    """Return the rows of the inbox, without names of agents and of those who use them."""
    titles: dict[str, str] = {}
    for pr in sorted(prs, key=lambda pr: number_order(pr.number)):
        titles.setdefault(pr.session_id or "", pr.title)
    rows = build_rows(prs, conflicts, names_authors=False)
    return tuple(replace(row, prs=tuple(_quiet(pr, titles) for pr in row.prs)) for row in rows)


def _quiet(pr: OpenPullRequest, titles: dict[str, str]) -> OpenPullRequest:
    """The id of a session may name a person, so one without a title is called as its first pull request."""
    leads = pr.address.startswith(_WEB)
    return replace(
        pr,
        agents=(),
        address=pr.address.replace(_WEB, _WITHOUT_BACKLINKS, 1) if leads else "",
        session_title=pr.session_title or titles.get(pr.session_id or "", ""),
    )


def dashboard_body(inbox: Inbox, waiting: Sequence[WaitingSession]) -> str:
    """Return the body of the issue, at most 60,000 characters.

    Args:
        inbox: its rows are those of `dashboard_rows`.
        waiting: the sessions for whose end checks wait; they get boxes.
    """
    boxes = list(_boxes(inbox, waiting))
    sections = _largest(inbox, LONGEST - _FRAME - sum(len(line) + 1 for line in boxes))
    return with_frame("\n".join([*sections, *boxes]), clock(inbox.at))


def _largest(inbox: Inbox, room: int) -> list[str]:
    """Return the sections with as many rows as fit."""

    def is_too_long(most: int) -> bool:
        return sum(len(line) + 1 for line in _lines(inbox, most)) > room

    most = len(inbox.rows)
    if is_too_long(most):
        most = max(bisect_left(range(most), x=True, key=is_too_long) - 1, 0)
    return list(_lines(inbox, most))


def _lines(inbox: Inbox, most: int) -> Iterator[str]:
    words = open_words(inbox)
    yield from (f"{words[:1].upper()}{words[1:]}.", "")
    yield from markdown_sections(inbox, View(limit=most))


def _boxes(inbox: Inbox, waiting: Sequence[WaitingSession]) -> Iterator[str]:
    """Yield a box for each session, and below it one for each of its pull requests whose checks wait."""
    prs = {pr.number: pr for pr in inbox.pull_requests}
    room = _LONGEST_BOXES
    if waiting:
        yield from ("## Start checks", "")
    for at, session in enumerate(waiting):
        items = _items(session, prs)
        room -= sum(len(item) + 1 for item in items)
        if room < 0:
            yield from ("", f"and {counted(len(waiting) - at, 'more session')}")
            return
        yield from items


def _items(session: WaitingSession, prs: Mapping[str, OpenPullRequest]) -> list[str]:
    first = prs[session.open[0]]
    links = listed([pull_request_link(prs[number]) for number in session.open], MOST_NUMBERS)
    words = f"**{text(first.session_title or first.title)}** {links}: no more pull requests, run the checks"
    boxes = [(Box(BoxKind.COMPLETE, first.number), words)]
    boxes += [
        (Box(BoxKind.RUN, number), f"{pull_request_link(prs[number])}: run its checks now")
        for number in session.waiting[:MOST_NUMBERS]
    ]
    return [("  " if box.kind is BoxKind.RUN else "") + box_item(box, words) for box, words in boxes]
