"""What `look` says of what is open on a forge: what to review next first, within 80 columns."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs

from pr_sessions.cli import agents_text
from pr_sessions.cli.looking.parts import agent_lines, stack_lines
from pr_sessions.cli.looking.shortened import MOST_ROWS, WIDTH, ranges, some, some_files
from pr_sessions.cli.output import clock, dim, heading, one_line, plural, span, table
from pr_sessions.history.relations import Overlap
from pr_sessions.live.open.overview import ByAuthor, OpenOverview, OpenPullRequest, OpenSession
from pr_sessions.live.reasons import words
from pr_sessions.sessions.gate import Decision, Reason, Why
from pr_sessions.sessions.session import Trigger

MOST_BLOCKS = 3
MOST_SESSIONS = 8
MOST_TITLES = 3
MOST_AGENTS = 3
MOST_WAITING = 8
_DAY = timedelta(days=1)


def overview_lines(overview: OpenOverview) -> Iterator[str]:
    """All that is open in a repository."""
    yield from _headline(overview)
    for part in _parts(overview) if overview.pull_requests else [_doubts(overview.doubts)]:
        if part:
            yield ""
            yield from part


def view(overview: OpenOverview) -> dict[str, Any]:
    """All of it in JSON."""
    told = {number: _pull_request_view(one) for number, one in overview.pull_requests.items()}
    return {**structs.asdict(overview), "pull_requests": told}


def decision_view(decision: Decision) -> dict[str, Any]:
    """Whether checks may wait, and what speaks against it, in JSON."""
    return {"postpone": decision.postpone, "reasons": decision.reasons}


def block(session: OpenSession, overview: OpenOverview, titles: int) -> Iterator[str]:
    """A session with its first pull requests in the order of review."""
    files = "" if session.files is None else f", {plural(session.files, 'file')}"
    size = f"{plural(len(session.review), 'open pull request')}{files}"
    yield f"  {heading(one_line(session.session_id, 40))}  {size}"
    yield dim(one_line(f"    {', '.join(_about(session, overview.at))}", WIDTH))
    yield from (_title(overview.pull_requests[number]) for number in session.review[:titles])
    if more := session.review[titles:]:
        yield dim(one_line(f"    ... and {ranges(more)}", WIDTH))


def age(opened: datetime | None, at: datetime) -> str:
    """How long something is open: `21 min`, `3 days`."""
    if opened is None:
        return "unknown"
    passed = max(at - opened, timedelta())
    return span(passed) if passed < _DAY else plural(passed // _DAY, "day")


def _pull_request_view(one: OpenPullRequest) -> dict[str, Any]:
    agents, at_opening = agents_text.view(one.agents), decision_view(one.at_opening)
    return {**structs.asdict(one), "agents": agents, "at_opening": at_opening}


def _parts(overview: OpenOverview) -> Iterator[list[str]]:
    yield agent_lines(overview.agents)
    yield _sessions(overview)
    yield _titles("Automatic, in no session: none fits, or several equally well", overview.unattributed, overview)
    yield _titles("Left out of sessions by their label", overview.excluded, overview)
    yield _pairs("Pairs that touch the same files, of different agents or sessions", overview.collisions, overview)
    yield _pairs("Pairs that touch the same files, in one session", overview.overlaps, overview)
    yield stack_lines(overview.stacks)
    yield _waiting(overview)
    yield _breaches(overview)
    yield _not_automatic(overview.not_automatic)
    yield _doubts(overview.doubts)
    yield _next(overview)


def _headline(overview: OpenOverview) -> Iterator[str]:
    name, count = one_line(overview.repository), len(overview.pull_requests)
    theirs, sessions = sum(len(one.review) for one in overview.sessions), len(overview.sessions)
    if not sessions:
        none = "none of agents in a session" if count else ""
        yield heading(f"{name}: {plural(count, 'open pull request')}, {none}" if count else f"{name}: nothing is open")
        return
    yield heading(f"{name}: {plural(theirs, 'open pull request')} of agents in {plural(sessions, 'session')}")
    saved = [f"{plural(sessions, 'review')} instead of {theirs}."] if sessions < theirs else []
    others = [f"{plural(count - theirs, 'other pull request')} {'is' if count - theirs == 1 else 'are'} open."]
    if said := [*saved, *(others if count > theirs else [])]:
        yield " ".join(said)


def _sessions(overview: OpenOverview) -> list[str]:
    """The first ones with titles, the next ones in a line each."""
    found = overview.sessions
    if not found:
        return []
    lines = [heading("What to review next: what has ended, then the largest; in this order")]
    for session in found[:MOST_BLOCKS]:
        lines += block(session, overview, MOST_TITLES)
    lines += [_brief(session, overview.at) for session in found[MOST_BLOCKS:MOST_SESSIONS]]
    if more := found[MOST_SESSIONS:]:
        lines.append(dim(f"  ... and {len(more)} more with {plural(sum(len(s.review) for s in more), 'pull request')}"))
    return lines


def _about(session: OpenSession, at: datetime) -> Iterator[str]:
    if session.agents:
        yield one_line(" + ".join(session.agents[:MOST_AGENTS]), 40)
    yield f"open for {age(session.oldest, at)}"
    if session.ended is None:
        left = session.goes_on and session.ends
        yield f"goes on, {span(max(left - at, timedelta()))} left" if left else _unended(session)
        return
    yield f"ended {clock(session.ended)}"
    if session.trigger and session.trigger != Trigger.TIMEOUT:
        yield one_line(session.trigger.removeprefix(f"{Trigger.EXPLICIT_MARKER.value}: "), 40)


def _unended(session: OpenSession) -> str:
    return "goes on" if session.goes_on else f"idle since {clock(session.latest)}"


def _brief(session: OpenSession, at: datetime) -> str:
    name = one_line(session.session_id, 28)
    state = "goes on" if session.goes_on else "ended" if session.ended else "idle"
    return one_line(f"  {name:<28}  {state:<7}  {age(session.oldest, at):<12}  {ranges(session.review)}", WIDTH)


def _title(one: OpenPullRequest) -> str:
    return one_line(f"    #{one.number} {'(draft) ' if one.is_draft else ''}{one.title}", WIDTH)


def _titles(title: str, numbers: Sequence[str], overview: OpenOverview) -> list[str]:
    lines = [_title(overview.pull_requests[number])[2:] for number in numbers]
    return [heading(title), *some(lines)] if lines else []


def _pairs(title: str, pairs: Sequence[Overlap], overview: OpenOverview) -> list[str]:
    lines = [one_line(f"  {_both(pair, overview)}  {some_files(pair.files)}", WIDTH) for pair in pairs[:MOST_ROWS]]
    more = [dim(f"  ... and {len(pairs) - MOST_ROWS} more")] if len(pairs) > MOST_ROWS else []
    return [heading(title), *lines, *more] if lines else []


def _both(pair: Overlap, overview: OpenOverview) -> str:
    """Whose they are where they are of two."""
    one, other = (overview.pull_requests[number] for number in pair.numbers)
    if one.who == other.who:
        return f"#{one.number} and #{other.number}"
    return f"#{one.number} {one_line(one.who, 16)} and #{other.number} {one_line(other.who, 16)}"


def _waiting(overview: OpenOverview) -> list[str]:
    """Each under the first reason that speaks against waiting, so that the numbers add up."""
    told = [one.at_opening for one in overview.pull_requests.values()]
    waited = sum(decision.postpone for decision in told)
    others = Counter(_why(decision.reasons[0]) for decision in told if not decision.postpone)
    rows = [(f"{waited} of {len(told)}", "would have waited for the end of their session")]
    rows += [(str(count), why) for why, count in sorted(others.items(), key=lambda item: (-item[1], item[0]))]
    return [
        heading("Checks that could have waited, by the gate, when they were opened"),
        *some(table(rows), MOST_WAITING),
    ]


def _why(reason: Reason) -> str:
    """Of what is doubtful people want to know what it is; of the others there are as many details as pull requests."""
    return one_line(words(reason if reason.why is Why.DOUBT else Reason(reason.why), str), 64)


def _breaches(overview: OpenOverview) -> list[str]:
    rows = [(one_line(b.agent, 40), f"{b.open} open", f"{b.budget} allowed") for b in overview.breaches]
    return [heading("More than gate.open_budget allows"), *some(table(rows))] if rows else []


def _not_automatic(people: Sequence[ByAuthor]) -> list[str]:
    count = plural(sum(len(one.prs) for one in people), "pull request")
    lines = [
        one_line(f"  {one_line(one.author or 'unknown author', 28):<28}  {ranges(one.prs)}", WIDTH) for one in people
    ]
    return [heading(f"Not automatic: {count}, by author"), *some(lines)] if lines else []


def _next(overview: OpenOverview) -> list[str]:
    name = one_line(overview.repository)
    number = overview.sessions[0].review[0] if overview.sessions else next(iter(overview.pull_requests))
    rows = [
        (f"pr-sessions look {name} --why {number}", "why one is where it is"),
        (f"pr-sessions look {name} --json", "all of it"),
    ]
    return [heading("Next"), *table(rows)]


def _doubts(doubts: Sequence[str]) -> list[str]:
    lines = [one_line(f"  {doubt}", WIDTH) for doubt in doubts]
    return [heading("What could not be read"), *some(lines)] if lines else []
