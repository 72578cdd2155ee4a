"""What a command did: a pull request that was opened, a manual correction, check runs, and the journal of changes."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pr_sessions.core.visible_text import one_line
from pr_sessions.render import terminal
from pr_sessions.render.sessions import session_name
from pr_sessions.render.terminal import clock, heading, plural, table

if TYPE_CHECKING:
    from pr_sessions.gate.checks.publish import PublishedCheck, Report
    from pr_sessions.open_pr.branch import BranchWork
    from pr_sessions.storage.audit import AuditEntry
    from pr_sessions.tracker import Added
    from pr_sessions.tracker.corrections import Merged, Moved, Parted


class Shown(Struct, frozen=True, kw_only=True):
    """A pull request that is open now, or that would be opened.

    Attributes:
        url: empty for one that is not open.
        session_id: the session that it names, or is in.
        is_open: whether it was open before.
        pushes: whether the branch is pushed for it.
        added: its record; `None` for a dry run.
    """

    tool: str
    work: "BranchWork"
    title: str
    body: str
    base: str
    draft: bool
    url: str = ""
    number: str | None = None
    session_id: str | None = None
    is_open: bool = False
    pushes: bool = False
    added: "Added | None" = None


def opened_lines(shown: Shown) -> Iterator[str]:
    """Yield what was done, and what the pull request says."""
    from pr_sessions.render.explanation import attribution_clause

    recorded = shown.added.recorded if shown.added else None
    attribution = recorded.record.attribution if recorded and recorded.record else None
    yield _first_line(shown)
    rows = [
        ("address", shown.url),
        ("title", one_line(shown.title, 120)),
        ("branch", one_line(f"{shown.work.branch} into {shown.base}", 120)),
        ("push", f"{one_line(shown.work.branch)} to {shown.work.remote}" if shown.pushes else ""),
        ("draft", "yes" if shown.draft else ""),
        ("placed", attribution_clause(attribution) if attribution else ""),
    ]
    yield from table([row for row in rows if row[1]])
    if shown.added is None and not shown.is_open:
        yield ""
        yield from (one_line(line, 200) for line in shown.body.splitlines())


def _first_line(shown: Shown) -> str:
    if shown.added is None:
        if shown.is_open:
            return f"Pull request {shown.number} is open already: would record it"
        return f"Would open a pull request with {shown.tool}, in {shown.session_id}"
    recorded = shown.added.recorded
    done = f"Pull request {recorded.number} was open already: recorded" if shown.is_open else ""
    done = done or f"Opened pull request {recorded.number}"
    if recorded.session is None:
        from pr_sessions.core.explain import explain_recorded
        from pr_sessions.render.explanation import no_session_clause

        return f"{done}, without a session: {no_session_clause(explain_recorded(recorded))}"
    begun = ", which begins with it" if shown.added.begins else ""
    return f"{done} in {session_name(recorded.session)}{begun}"


_DETAILS = {
    "pr": "pull request {}",
    "session": "{}",
    "absorbed": "absorbed {}",
    "split": "split off {}",
    "before": "before {}",
    "after": "now {}",
}
_COUNTS = ("read", "added", "updated")
_LISTS = {"sessions": "began", "prs": "opened", "ended": "ended"}


def moved_sentence(moved: "Moved") -> str:
    """Return where a correction put a pull request."""
    place = f"in {heading(one_line(moved.after, 200))}" if moved.after else "in no session"
    if not moved.changed:
        return f"Pull request {moved.number} is {place} already (manual)"
    if moved.before == moved.after:
        return f"Pull request {moved.number} stays {place}, now manual"
    if not moved.known:
        return f"Pull request {moved.number} is {place} now, manually (nobody had recorded it: add tells more of it)"
    before = one_line(moved.before, 200) if moved.before else "no session"
    return f"Pull request {moved.number} is {place} now, manually (it was in {before})"


def merged_lines(merged: "Merged", done: str) -> Iterator[str]:
    """Yield which id and which author survive a merge, after a first line that begins with what was done."""
    survivor, absorbed = one_line(merged.session.id, 200), one_line(merged.absorbed, 200)
    if not merged.changed:
        yield f"Both are {heading(survivor)} already"
        return
    yield f"{done} {absorbed} into {heading(survivor)}"
    dropped = f", not {one_line(merged.dropped_author)}" if merged.dropped_author else ""
    rows = [("id", f"{survivor}; {absorbed} stays as an alias")]
    if merged.session.author:
        rows.append(("author", f"{one_line(merged.session.author)}{dropped}"))
    yield from table(rows)


def parted_lines(parted: "Parted") -> Iterator[str]:
    """Yield what came of a merge that was undone."""
    absorbed, survivor = one_line(parted.absorbed, 200), one_line(parted.survivor, 200)
    prs = plural(len(parted.session.prs), "pull request")
    yield f"{prs} of {absorbed} in the new session {heading(parted.session.id)}"
    yield f"{absorbed} stays an alias of {survivor}"
    if parted.left:
        yield f"where a later change put them: {one_line(', '.join(parted.left), 200)}"


def entry_lines(entries: "Iterable[AuditEntry]") -> list[str]:
    """Return a row for each entry of the audit log."""
    rows = [
        (
            entry.id[:12],
            clock(entry.at),
            *(one_line(text, 30) for text in (entry.by, entry.operation, entry.reason)),
            entry_details(entry),
        )
        for entry in entries
    ]
    return table(rows, ("id", "when", "who", "what", "why", ""))


def entry_details(entry: "AuditEntry") -> str:
    """Return in a few words what an entry of the audit log is about."""
    details = entry.details
    parts = [text.format(details[key] or "in no session") for key, text in _DETAILS.items() if key in details]
    parts += [f"{details[key]} {key}" for key in _COUNTS if key in details]
    for key, text in _LISTS.items():
        items = details.get(key)
        if isinstance(items, list) and items:
            parts.append(f"{text} {len(items)}: {', '.join(map(str, items))}")
    return one_line(", ".join(parts), 120)


def show_checks(report: "Report", *, as_json: bool) -> int:
    """Print what became of our check runs, problems on stderr; return the exit code."""
    terminal.show(checks_json(report), check_lines(report), as_json=as_json)
    for problem in report.failed:
        terminal.note(f"problem: {one_line(problem, 500)}")
    return 1 if report.failed else 0


def check_lines(report: "Report") -> Iterator[str]:
    """Yield one line for each check run that was written, or would have been; problems go to stderr."""
    would = "" if report.writes else "would be "
    for done in report.done:
        if not done.problem:
            update = done.update
            named = f"#{update.number} {update.sha[:7]}" if update.number else update.sha[:7]
            begun = f", started on {update.branch}" if update.branch else ""
            yield one_line(f"{named}: {would}{update.conclusion or update.status}{begun} ({update.title})", 200)
    if not (report.notes or report.done or report.problems):
        yield f"{plural(report.looked_at, 'commit')} looked at: nothing to do"
    yield from report.notes


def checks_json(report: "Report") -> dict[str, Any]:
    """Return what became of our check runs."""
    return {
        "gate": report.gate,
        "written": report.writes,
        "looked_at": report.looked_at,
        "check_runs": [_check_run(done) for done in report.done],
        "problems": report.problems,
        "notes": report.notes,
    }


def _check_run(done: "PublishedCheck") -> dict[str, Any]:
    update = done.update
    return {
        "number": update.number or None,
        "sha": update.sha,
        "status": update.status,
        "conclusion": update.conclusion,
        "title": update.title,
        "started_on": update.branch or None,
        "problem": done.problem or None,
    }
