"""`import --gitlab`: read through `glab`, and record page by page."""

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from pr_sessions.cli.commands.import_command import NOTHING, imported_text, imported_view, total
from pr_sessions.core.models import PullRequest
from pr_sessions.core.urls import Address, remote_address
from pr_sessions.errors import InvalidValue
from pr_sessions.forges.gh_and_glab import PAGE, GitLab
from pr_sessions.forges.tool import ToolFailed
from pr_sessions.git.remotes import Remote, forge_by_name, read_remotes, recorded_id
from pr_sessions.importers.jsonl import read_dated
from pr_sessions.render import terminal
from pr_sessions.tracker import Tracker

MOST_PAGES = 2_000


def run(tracker: Tracker, project: str, since: datetime | None, *, as_json: bool) -> None:
    """Import, and print what came of it.

    Raises:
        PrSessionsError: `glab` is missing or fails, or the disk refuses.
    """
    root = tracker.repository.root
    remotes = read_remotes(root) if tracker.repository.git_dir else ()
    gitlab = GitLab(root, project_address(project, remotes))
    imported, reached = NOTHING, since
    pages = _pages(gitlab, since, tracker, remotes)
    try:
        for pull_requests in pages:
            imported = total(imported, tracker.record_all(pull_requests))
            reached = pull_requests[-1].created
    except ToolFailed as error:
        if reached == since or reached is None:
            raise
        raise ToolFailed(str(error), f"what was read is recorded; go on with --since {reached.isoformat()}") from error
    # A later page may have made one session of two.
    collection = tracker.sessions()
    ids = {session.id for i in imported.sessions if (session := collection.get(i))}
    imported = replace(imported, sessions=tuple(sorted(ids)))
    terminal.show(imported_view(imported), imported_text(imported), as_json=as_json)


def project_address(project: str, remotes: tuple[Remote, ...]) -> Address:
    """Return the project that a person names by its URL or path, on the host of the clone's remote that fits best.

    Raises:
        InvalidValue: it is neither.
    """
    if address := remote_address(project):
        return address
    address = remote_address(f"https://gitlab.com/{project}")
    if address is None or address.path != project:
        raise InvalidValue(f"not a project on GitLab: {project[:80]!r}", "write GROUP/PROJECT, or its URL")
    same = [remote.address.host for remote in remotes if remote.address.key[1] == address.key[1]]
    hosts = [remote.address.host for remote in remotes if forge_by_name(remote.address.host) == "gitlab"]
    return Address(next(iter((*same, *hosts, address.host))), address.path)


def _pages(
    gitlab: GitLab, since: datetime | None, tracker: Tracker, remotes: tuple[Remote, ...]
) -> Iterator[list[PullRequest]]:
    """Yield what was not read before, page by page in the order of opening.

    Later pages are asked for by time, since GitLab counts through a long list only so far.
    """
    known: set[str] = set()
    after, page = since, 1
    for _ in range(MOST_PAGES):
        text = gitlab.past(after, page)
        rows = list(read_dated([text.encode()], "glab", tracker.zone, lambda address: recorded_id(address, remotes)))
        new = [row for row in rows if row.number not in known]
        known |= {row.number for row in new}
        if new:
            yield new
        if len(rows) < PAGE:
            return
        after, page = (rows[-1].created, 1) if new else (after, page + 1)
    terminal.note(f"only the first {MOST_PAGES} pages were read: go on with --since")
