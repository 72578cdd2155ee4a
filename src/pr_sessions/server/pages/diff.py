"""What the open pull requests of a session change together, merged in the order of review; of a clone only."""

from collections.abc import Iterator

from litestar import get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from pr_sessions.core.visible_text import visible_on_page
from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.access import web_host
from pr_sessions.git.merged_diff import DiffHunk
from pr_sessions.look.session_diff import SessionDiff, merged_in_order
from pr_sessions.render.session_diff import file_path, notes
from pr_sessions.server.pages.forms import Id, Text
from pr_sessions.server.pages.pages import AnyRequest, Html, Pages, Step, need
from pr_sessions.server.pages.session import find_session
from pr_sessions.server.viewer import Right

# A page of more lines is slow to draw and to read.
MOST_LINES = 4000
_LONGEST = 400
_KINDS = {"+": "added", "-": "removed"}


class ShownLine(Struct, frozen=True):
    """A line of the diff; `kind` is `added`, `removed` or empty."""

    kind: str
    text: str


class ShownHunk(Struct, frozen=True):
    """Lines that changed together."""

    numbers: tuple[str, ...]
    heading: str
    lines: tuple[ShownLine, ...]


class ShownFile(Struct, frozen=True):
    """A file that changed.

    Attributes:
        hunks: those for which the page has room.
        left_out: how many lines it has no room for.
    """

    path: str
    numbers: tuple[str, ...]
    added: int
    removed: int
    is_binary: bool
    hunks: tuple[ShownHunk, ...]
    left_out: int = 0


def diff_routes(pages: Pages) -> list[BaseRouteHandler]:
    """Return the handler of the diff; none for a team, whose server has no commits."""

    @get("/session/diff", sync_to_thread=True)
    def session_diff(request: AnyRequest, session_id: Id, repository: Text = "") -> Html:
        need(request, Right.READ, repository)
        subject = find_session(pages, repository, session_id)
        shown: SessionDiff | None = None
        problem: PrSessionsError | None = None
        try:
            clone, records = subject.tracker.repository, subject.session.pull_requests
            github = web_host(pages.services.settings.api)
            shown = merged_in_order(clone, subject.session.id, records, github=github)
        except PrSessionsError as error:
            problem = error
        return pages.show(
            request,
            "diff.html",
            f"What {subject.name} changes",
            [*subject.trail, Step("Changes together")],
            subject=subject,
            shown=shown,
            problem=problem,
            notes=list(notes(shown)) if shown else [],
            files=list(shown_files(shown)) if shown else [],
        )

    return [] if pages.backend.is_team else [session_diff]


def shown_files(shown: SessionDiff) -> Iterator[ShownFile]:
    """Yield the files of a diff, with as many lines as the page has room for."""
    room = MOST_LINES
    for each in shown.diff.files:
        hunks, left_out = [], 0
        for hunk in each.hunks:
            lines = hunk.hunk.lines
            if len(lines) > room:
                left_out += len(lines)
                continue
            room -= len(lines)
            hunks.append(ShownHunk(hunk.numbers, _text(hunk.hunk.heading), tuple(_lines(hunk))))
        yield ShownFile(
            path=file_path(each),
            numbers=each.numbers,
            added=each.count(b"+"),
            removed=each.count(b"-"),
            is_binary=each.file.is_binary,
            hunks=tuple(hunks),
            left_out=left_out,
        )


def _lines(hunk: DiffHunk) -> Iterator[ShownLine]:
    for line in hunk.hunk.lines:
        text = _text(line)
        yield ShownLine(_KINDS.get(text[:1], ""), text)


def _text(line: bytes) -> str:
    """Return a line for people, cut; tabs are what code is indented with."""
    text = line.rstrip(b"\r\n").decode("utf-8", "replace")
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return "\t".join(visible_on_page(part) for part in cut.split("\t"))
