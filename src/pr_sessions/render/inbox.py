"""The inbox for a terminal: what needs people first, each row with its reason and what to do next."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from pr_sessions.core.agents import Involvement
from pr_sessions.core.conflicts import Conflict, MergeResult
from pr_sessions.core.inbox import Inbox, Mark, Row
from pr_sessions.core.inbox_last_look import LastLook, looked, marked
from pr_sessions.core.inbox_view import Part, View, parts
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, Work
from pr_sessions.core.visible_text import one_line, one_line_around
from pr_sessions.render.inbox_words import CHECKS, REVIEWS, SECTIONS, open_words, row_title, states, worktree_words
from pr_sessions.render.table import Cell, Column, Line, Span, Table, TableRow, Tone, link_or_none
from pr_sessions.render.terminal import clock, cut, dim, heading, plural, short_age

MOST_NUMBERS = 3
MOST_PAIRS = 2
MOST_REPOSITORIES = 3
TITLE = 100
_BELOW = " " * 6
_COLUMNS = (
    Column(""),
    Column("pull requests", shrinks=True),
    Column("what", shrinks=True),
    Column("agent", dropped=7),
    Column("work", dropped=2),
    Column("review", dropped=5),
    Column("checks", dropped=4),
    Column("also", dropped=1),
    Column("lines", dropped=3),
    Column("pushed", dropped=6),
)
_REPOSITORY = Column("repository", dropped=8)
_MARKS = {Mark.NEW: Span("*", Tone.BUSY), Mark.CHANGED: Span("~", Tone.BUSY)}
_WORK = {
    Work.AT_WORK: Span("at work", Tone.BUSY, "●"),
    Work.IDLE: Span("idle", sign="○"),
    Work.ENDED: Span("ended", Tone.DIM),
    Work.UNKNOWN: Span("-", Tone.DIM),
}
_CHECKS = {
    Checks.FAILING: (Tone.BAD, "✗"),
    Checks.PENDING: (Tone.BUSY, "…"),
    Checks.UNKNOWN: (Tone.DIM, ""),
    Checks.PASSING: (Tone.GOOD, "✓"),
}


def inbox_lines(inbox: Inbox, view: View) -> Iterator[Line]:
    """Yield what needs people now, then what waits as counts, then what is not known."""
    shown = parts(inbox, view)
    yield from _headline(inbox, view)
    open_parts = [part for part in shown if part.rows]
    if open_parts:
        yield from _rows(open_parts, inbox, view)
    folded = [part for part in shown if not part.rows]
    if folded:
        yield ""
        counts = "   ".join(f"{_section(part)} {part.count}" for part in folded)
        yield f"{counts}   (--all shows them)"
    for block in (_budgets(inbox), _worktrees(inbox), _not_read(inbox)):
        if block:
            yield from ("", *block)


def change_lines(before: Inbox, now: Inbox) -> Iterator[str]:
    """Yield a line for each row that is new, that changed, and that has left."""
    at = f"{now.at.astimezone():%H:%M}"
    shown = {
        name: looked(LastLook(), None, [row for row in before.rows if row.repository == name], before.at)
        for name in before.repositories
    }
    for row in marked(now.rows, shown):
        if row.mark:
            yield one_line(f"{at} {row.mark} {_row_text(row)}", 300)
    is_open = {pr.key for pr in now.pull_requests}
    for row in before.rows:
        if is_open.isdisjoint(pr.key for pr in row.prs):
            yield one_line(f"{at} settled {_row_text(row)}", 300)


def _row_text(row: Row) -> str:
    numbers = " ".join(f"#{number}" for number in row.numbers[:MOST_NUMBERS])
    return f"{row.repository} {numbers} {row_name(row)}: {SECTIONS[row.section].lower()}: {row.reason} -> {row.next}"


def row_name(row: Row) -> str:
    """Return what a row is called, and the title of the first of several; bounded, as people wrote it."""
    name = f"{row_title(row)} (inferred)" if row.is_inferred else row_title(row)
    first = f": {row.prs[0].title}" if len(row.prs) > 1 and not row.prs[0].session_title else ""
    return one_line(name + first, TITLE)


def review_word(prs: Sequence[OpenPullRequest]) -> Span:
    """Return what reviewers say: the request for changes first, else how much of it is approved."""
    count = len(prs)
    asked = sum(pr.review.state is ReviewState.CHANGES_REQUESTED and not pr.is_review_stale for pr in prs)
    approved = sum(pr.is_approved for pr in prs)
    if asked:
        return Span(f"{REVIEWS[ReviewState.CHANGES_REQUESTED]}{_of(asked, count)}", Tone.BAD, "✗")
    if approved:
        word = REVIEWS[ReviewState.APPROVED]
        return Span(word, Tone.GOOD, "✓") if approved == count else Span(f"{word}{_of(approved, count)}", Tone.BUSY)
    if any(pr.review.state is ReviewState.UNKNOWN for pr in prs):
        return Span("not read", Tone.DIM)
    is_stale = any(pr.is_review_stale and pr.review.state is not ReviewState.NONE for pr in prs)
    return Span("earlier commit", Tone.BUSY) if is_stale else Span(REVIEWS[ReviewState.NONE], Tone.DIM)


def checks_word(prs: Sequence[OpenPullRequest]) -> Span:
    """Return what the checks say: failures first."""
    results = [pr.checks for pr in prs]
    for result in (Checks.FAILING, Checks.PENDING, Checks.UNKNOWN, Checks.PASSING):
        if count := results.count(result):
            word, (tone, sign) = CHECKS[result].removeprefix("checks "), _CHECKS[result]
            return Span(word if result is Checks.PASSING else f"{word}{_of(count, len(prs))}", tone, sign)
    return Span("none", Tone.DIM)


def other_words(prs: Sequence[OpenPullRequest]) -> str:
    """Return what else stands beside reviews and checks, each word once."""
    return one_line(", ".join(dict.fromkeys(word for pr in prs for word in states(pr))), TITLE)


def stranger_words(row: Row, inbox: Inbox) -> Iterator[str]:
    """Yield the facts about authors without write access, and no verdict."""
    for pr in row.prs:
        if pr.is_trusted is not False:
            continue
        words = ["first contribution here"] if pr.is_first else []
        words.append(f"{len(inbox.authors[pr.repository, pr.author])} open here")
        words += [f"closes {', '.join(f'#{number}' for number in pr.closes[:3])}"] if pr.closes else []
        words += [f"labels {', '.join(pr.labels[:5])}"] if pr.labels else []
        words += [f"{pr.elsewhere} opened elsewhere in 7 days"] if pr.elsewhere is not None else []
        yield one_line(f"{pr.author or 'its author'} has no write access: {'; '.join(words)}", 200)


def pair_text(conflict: Conflict, numbers: Sequence[str]) -> str:
    """Return what a pair of the row comes to: `with #18, conflict: billing/models.py 40-58`."""
    neighbour = next((number for number in reversed(conflict.numbers) if number not in numbers), conflict.numbers[1])
    attempt = conflict.attempt
    if attempt.result is MergeResult.CONFLICT:
        places = ", ".join(place.label for place in attempt.places[:3]) or conflict.files[0]
        return one_line(f"with #{neighbour}, conflict: {places}", 200)
    words = "merges cleanly, by its text" if attempt.result is MergeResult.CLEAN else "same file, not tried"
    why = f" ({attempt.why_not})" if attempt.why_not else ""
    more = f" and {len(conflict.files) - 1} more" if len(conflict.files) > 1 else ""
    return one_line(f"with #{neighbour}, {words}{why}: {one_line_around(conflict.files[0], 80)}{more}", 200)


def _headline(inbox: Inbox, view: View) -> Iterator[str]:
    names = inbox.repositories[:MOST_REPOSITORIES]
    more = len(inbox.repositories) - len(names)
    name = one_line(", ".join(names) or "this clone", 200) + (f" and {more} more" if more else "")
    yield heading(f"{name}: {open_words(inbox)}")
    words = (
        (Involvement.OPENED, "opened by agents"),
        (Involvement.ASSISTED, "assisted by agents"),
        (Involvement.NO_SIGN, "without a sign of an agent"),
    )
    signs = [f"{inbox.signs[sign]} {text}" for sign, text in words if inbox.signs.get(sign)]
    sentences = [", ".join(signs)] if signs else []
    sentences.append(f"Read {clock(inbox.at)} from {inbox.source or 'this clone'}")
    marks = sum(row.mark is not None and not row.is_snoozed for row in inbox.rows)
    # What was last recorded says nothing of what has changed on the forge.
    if view.since and (marks or inbox.source):
        sentences.append(f"{marks or 'None'} new (*) or changed (~) since {clock(view.since)}")
    elif view.only_new:
        sentences.append("This is the first look: all of it is new")
    yield f"{'. '.join(sentences)}."


def _section(part: Part) -> str:
    return heading((SECTIONS[part.section] if part.section else "snoozed").upper())


def _rows(shown: Iterable[Part], inbox: Inbox, view: View) -> Iterator[Line]:
    """Yield one table, so that the columns of all sections agree, and what stands below it."""
    has_several = len(inbox.repositories) > 1
    columns = (*_COLUMNS[:2], _REPOSITORY, *_COLUMNS[2:]) if has_several else _COLUMNS
    rows: list[TableRow] = []
    over: tuple[str, ...] = ()
    for part in shown:
        over = (*over, "", f"{_section(part)} {part.count}")
        for row in part.rows:
            mark = _MARKS[row.mark] if row.mark else ""
            name = Span(row_name(row), Tone.STRONG, link=link_or_none(row.prs[0].address))
            cells = _cells(row.prs, mark, name, inbox.at, has_several=has_several)
            rows.append(TableRow(cells, over, tuple(_under(row, inbox))))
            over = ()
            rows += [
                TableRow(_cells([pr], "", _title(pr), inbox.at, has_several=has_several))
                for pr in (row.prs if view.unfolds and len(row.prs) > 1 else ())
            ]
        if part.left_out:
            over = (dim(f"{_BELOW}and {part.left_out} more: --all"),)
    yield Table(columns, tuple(rows))
    yield from over


def _cells(
    prs: Sequence[OpenPullRequest], mark: Cell, name: Cell, at: datetime, *, has_several: bool
) -> tuple[Cell, ...]:
    agents = tuple(dict.fromkeys(pr.agent for pr in prs if pr.agent))
    pushed = max((pr.pushed for pr in prs if pr.pushed), default=None)
    cells = (
        name,
        Span(_first_of(agents), Tone.NAME) if agents else "",
        _WORK[prs[0].work],
        review_word(prs),
        checks_word(prs),
        other_words(prs),
        _size(prs),
        short_age(pushed, at) if pushed else "-",
    )
    repository = (one_line_around(prs[0].repository, 24),) if has_several else ()
    return (mark, _numbers(prs), *repository, *cells)


def _numbers(prs: Sequence[OpenPullRequest]) -> Cell:
    """Return the first numbers in the order of review, each with its address."""
    spans: list[Span] = []
    for pr in prs[:MOST_NUMBERS]:
        spans += [Span(" ")] if spans else []
        spans.append(Span(f"#{one_line(pr.number, 20)}", link=link_or_none(pr.address)))
    if len(prs) > MOST_NUMBERS:
        spans.append(Span(f" +{len(prs) - MOST_NUMBERS}", Tone.DIM))
    return tuple(spans)


def _title(pr: OpenPullRequest) -> str:
    return f"  {one_line(pr.title, TITLE)}"


def _first_of(names: Sequence[str]) -> str:
    return f"{one_line(names[0], 24)}{f' +{len(names) - 1}' if len(names) > 1 else ''}"


def _size(prs: Sequence[OpenPullRequest]) -> Cell:
    """Return added and deleted lines; nothing where those of one are not known."""
    sizes = [(pr.additions, pr.deletions) for pr in prs if pr.additions is not None and pr.deletions is not None]
    if len(sizes) < len(prs):
        return "-"
    added, deleted = sum(added for added, _ in sizes), sum(deleted for _, deleted in sizes)
    return Span(f"+{added}", Tone.GOOD), Span(" "), Span(f"-{deleted}", Tone.BAD)


def _of(count: int, whole: int) -> str:
    return f" {count}/{whole}" if whole > 1 else ""


def _under(row: Row, inbox: Inbox) -> Iterator[str]:
    """Yield why a row is where it is and what to do next, the files that it shares, facts about strangers."""
    # The number stands above already.
    reason = row.reason.removeprefix(f"#{row.numbers[0]}: ") if len(row.prs) == 1 else row.reason
    yield f"{_BELOW}{one_line(reason, 300)} -> {one_line(row.next, 300)}"
    # The reason names the conflicts; what merges cleanly needs nobody.
    unsettled = [pair for pair in row.conflicts if pair.attempt.result is MergeResult.NOT_TRIED]
    lines = [pair_text(pair, row.numbers) for pair in unsettled[:MOST_PAIRS]]
    more = len(unsettled) - MOST_PAIRS
    lines += [f"and {plural(more, 'more pair')} with the same files"] if more > 0 else []
    yield from (dim(f"{_BELOW}{line}") for line in (*lines, *dict.fromkeys(stranger_words(row, inbox))))


def _budgets(inbox: Inbox) -> list[str]:
    """Return what agents have open without a review, against the team's budget; nothing where all keep it."""
    lines = []
    for each in inbox.budgets:
        where = f" in {one_line(each.repository, 60)}" if len(inbox.repositories) > 1 else ""
        counts = f"{len(each.numbers)} open without a review, {each.limit} allowed by gate.open_budget"
        lines += [f"  {one_line(each.agent, 40)}{where}: {counts}"] if each.is_exceeded else []
    return [heading("BUDGET"), *lines] if lines else []


def _worktrees(inbox: Inbox) -> list[str]:
    """Return what goes on in the working trees of the clone."""
    trees = inbox.listed_worktrees
    lines = []
    for tree in trees:
        words = ", ".join(one_line(word, 80) for word in worktree_words(tree, inbox.at))
        lines.append(f"  {one_line_around(tree.path, 60)}{' (here)' if tree.is_current else ''}: {words}")
        for shared in inbox.shared_lines:
            if shared.names[0] == tree.path:
                places = ", ".join(place.label for place in shared.places[:3])
                lines.append(dim(one_line(f"{_BELOW}changes the same lines as {shared.names[1]}: {places}", 200)))
    return [heading(f"WORKING TREES {len(trees)}"), *lines] if trees else []


def _not_read(inbox: Inbox) -> list[str]:
    lines = [f"  {one_line(unknown, 200)}" for unknown in inbox.unknowns]
    silent = len(inbox.rows_of_unknown_work)
    if silent:
        lines.append(f"  what the agents of {plural(silent, 'row')} do now: see the last push")
    return [heading("NOT READ"), *cut(lines)] if lines else []
