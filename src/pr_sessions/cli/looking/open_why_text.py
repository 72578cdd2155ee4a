"""What `look OWNER/REPO --why` says of one pull request."""

from collections.abc import Iterator
from typing import Any

from pr_sessions.cli import agents_text
from pr_sessions.cli.looking import open_text
from pr_sessions.cli.looking.parts import asked_lines
from pr_sessions.cli.looking.shortened import MOST_ROWS, WIDTH, some, some_files
from pr_sessions.cli.output import clock, heading, one_line, table
from pr_sessions.cli.reasons import evidence_view, evidence_words
from pr_sessions.forges.github.payload import GitHubPullRequest
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.open.overview import OpenOverview
from pr_sessions.live.open.survey import open_overview
from pr_sessions.live.reasons import words
from pr_sessions.sessions.gate import Decision


def lines(judgement: Judgement) -> Iterator[str]:
    """Everything about the pull request that was judged."""
    number, live = judgement.event.number, judgement.live
    told, recorded = judgement.snapshot.pull_requests[number], live.recorded.get(number)
    overview = _around(judgement)
    is_auto = recorded is not None and recorded.verdict.is_auto
    yield heading(f"#{number} is {'automatic' if is_auto else 'not automatic'}")
    yield from table(_facts(told, judgement))
    if recorded and is_auto:
        yield from (
            "",
            heading("Why automatic"),
            *(f"  {words}" for words in evidence_words(recorded.verdict.evidence)),
        )
    yield from agents_text.lines(recorded.agents if recorded else ())
    yield from ("", heading("Its checks, by the gate"), *table(_checks(judgement, overview)))
    yield from _session(number, overview, judgement)
    asked = [(one.rung.label, one.candidates, one.detail) for one in (recorded.choice.tried if recorded else ())]
    yield from asked_lines(asked, in_session=recorded is not None and recorded.session is not None)
    yield from _neighbours(number, overview)
    if judgement.snapshot.doubts:
        doubts = [one_line(f"  {doubt}", WIDTH) for doubt in judgement.snapshot.doubts]
        yield from ("", heading("What could not be read"), *some(doubts))


def view(judgement: Judgement) -> dict[str, Any]:
    """The same in JSON."""
    number = judgement.event.number
    recorded, home = judgement.live.recorded.get(number), judgement.live.home(number)
    overview = _around(judgement)
    shown, told = overview.pull_requests.get(number), judgement.snapshot.pull_requests[number]
    return {
        "number": number,
        "title": told.pull_request.title,
        "author": told.pull_request.author,
        "state": told.pull_request.state,
        "is_auto": recorded is not None and recorded.verdict.is_auto,
        "evidence": evidence_view(recorded.verdict.evidence if recorded else ()),
        "agents": agents_text.view(recorded.agents if recorded else ()),
        "believed": judgement.standing.believed,
        "gate": open_text.decision_view(judgement.decision),
        "at_opening": open_text.decision_view(shown.at_opening) if shown else None,
        "session": next((one for one in overview.sessions if home and one.session_id == home.id), None),
        "session_id": home.id if home else None,
        "tried": [
            {"rung": one.rung.label, "candidates": one.candidates, "detail": one.detail}
            for one in (recorded.choice.tried if recorded else ())
        ],
        "stacks": [chain for chain in overview.stacks if number in chain],
        "overlaps": [pair for pair in (*overview.collisions, *overview.overlaps) if number in pair.numbers],
        "doubts": judgement.snapshot.doubts,
    }


def _around(judgement: Judgement) -> OpenOverview:
    return open_overview(judgement.snapshot, judgement.live, judgement.policy, judgement.at)


def _facts(told: GitHubPullRequest, judgement: Judgement) -> list[tuple[str, str]]:
    pr, files = told.pull_request, judgement.snapshot.files.get(told.pull_request.number)
    state = f"{pr.state.value if pr.state else 'unknown'}{', a draft' if told.is_draft else ''}"
    branch = f"{pr.branch or 'unknown'} into {pr.base or 'unknown'}{', of a fork' if told.is_fork else ''}"
    believed = "yes" if judgement.standing.believed else "no: what it says of itself does not count"
    return [
        ("title", one_line(pr.title)),
        ("author", one_line(pr.author or "unknown")),
        ("believed", believed),
        ("opened", f"{clock(pr.created)}, {open_text.age(pr.created, judgement.at)} ago"),
        ("state", state),
        ("branch", one_line(branch)),
        ("files", one_line("unknown" if files is None else some_files([file.filename for file in files]))),
    ]


def _checks(judgement: Judgement, overview: OpenOverview) -> list[tuple[str, str]]:
    shown = overview.pull_requests.get(judgement.event.number)
    rows = list(_decided("today", judgement.decision))
    return rows + (list(_decided("when opened", shown.at_opening)) if shown else [])


def _decided(when: str, decision: Decision) -> Iterator[tuple[str, str]]:
    """What it is, and a line for each reason."""
    waits = "wait for the end of its session" if decision.skip else "could wait for the end of its session"
    yield when, waits if decision.postpone else "run at once"
    yield from (("", one_line(words(reason, str), 64)) for reason in decision.reasons)


def _session(number: str, overview: OpenOverview, judgement: Judgement) -> Iterator[str]:
    home = judgement.live.home(number)
    session = next((one for one in overview.sessions if home and one.session_id == home.id), None)
    yield from ("", heading("Its session"))
    if session:
        yield from open_text.block(session, overview, MOST_ROWS)
    else:
        yield f"  {one_line(home.id, 40)}, nothing of it is open" if home else "  None."


def _neighbours(number: str, overview: OpenOverview) -> Iterator[str]:
    found = [pair for pair in (*overview.collisions, *overview.overlaps) if number in pair.numbers]
    others = [(next(n for n in pair.numbers if n != number), pair.files) for pair in found]
    rows = [
        one_line(f"  #{other} {one_line(overview.pull_requests[other].who, 24)}: {some_files(files)}", WIDTH)
        for other, files in others
    ]
    if rows:
        yield from ("", heading("Others of its session that are open and touch the same files"), *some(rows))
