"""`pr-sessions import`."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import IO, Any

import click

from pr_sessions.cli import options
from pr_sessions.core.models import PullRequest
from pr_sessions.core.visible_text import one_line
from pr_sessions.render import terminal
from pr_sessions.tracker import Imported, Tracker

NOTHING = Imported(read=0, automatic=0, assisted=0, attributed=0, unattributed=0, added=0, sessions=(), changed=False)


@click.command("import")
@click.argument("file", required=False, type=click.File("rb"))
@click.option(
    "--git",
    "revisions",
    is_flag=False,
    flag_value="",
    metavar="[RANGE]",
    help="This repository's history, or a range of it. [default: HEAD]",
)
@click.option("--github", "repository", metavar="OWNER/REPO", help="A repository on GitHub.")
@click.option("--gitlab", "project", metavar="GROUP/PROJECT", help="A project on GitLab, or its URL, through `glab`.")
@click.option(
    "--transcripts",
    "logs",
    is_flag=False,
    flag_value="",
    metavar="[FOLDER]",
    help="Logs of Claude Code and Codex. [default: where they keep them]",
)
@click.option("--since", type=options.Moment(), help="With --github and --gitlab: only what was opened since.")
@options.as_json
def import_command(
    file: IO[bytes] | None,
    revisions: str | None,
    repository: str | None,
    project: str | None,
    logs: str | None,
    since: datetime | None,
    json: bool,
) -> None:
    r"""Record pull requests of the past.

    FILE has JSON objects, one per line or in arrays, with number, title, body, author, created_at and more; `-` is
    stdin. What `gh pr list --json`, `gh api`, `glab mr list -F json` and the APIs of GitHub, GitLab and Bitbucket write
    is read too. Importing twice changes nothing, and the order does not matter. A row with the address of another
    repository gets its name: octocat/hello-world#42.

    --github reads only what is new or has changed, and continues an interrupted import. It uses GH_TOKEN, GITHUB_TOKEN,
    the token of `gh`, or an App's key.

    --transcripts reads ids, numbers, branches and times, no conversation, and adds runs to pull requests that are known
    here. A run opened one where it was at work on its branch when that was opened; otherwise it assisted.

    \b
    Examples:
      pr-sessions import pull_requests.jsonl
      pr-sessions import --git
      pr-sessions import --git v1.0..main
      pr-sessions import --github octocat/hello-world --since 2025-11-01
      glab api "projects/:id/merge_requests?state=all&per_page=100" --paginate | pr-sessions import -
    """
    if sum(source is not None for source in (file, revisions, repository, project, logs)) != 1:
        raise click.UsageError("Give either a FILE, --git, --github, --gitlab or --transcripts.")
    if since and repository is None and project is None:
        raise click.UsageError("--since goes with --github or --gitlab.")
    tracker = options.tracker()
    if repository is not None:
        from pr_sessions.cli import github_import

        github_import.run(tracker, repository, since, as_json=json)
        return
    if project is not None:
        from pr_sessions.cli import gitlab_import

        gitlab_import.run(tracker, project, since, as_json=json)
        return
    if logs is not None:
        from pr_sessions.cli import transcripts_import

        transcripts_import.run(tracker, logs, os.environ, as_json=json)
        return
    pull_requests = _from_git(tracker, revisions or "") if file is None else _from_file(tracker, file)
    imported = tracker.record_all(pull_requests, _watched)
    terminal.show(imported_view(imported), imported_text(imported), as_json=json)


def _from_file(tracker: Tracker, file: IO[bytes]) -> Iterator[PullRequest]:
    from pr_sessions.git.remotes import Remote, read_remotes, recorded_id
    from pr_sessions.importers.jsonl import lines_of, read_dated

    repository = tracker.repository

    @cache
    def clone_remotes() -> tuple[Remote, ...]:
        return read_remotes(repository.root) if repository.git_dir else ()

    name = one_line(file.name, 200)
    return read_dated(lines_of(file), name, tracker.zone, lambda address: recorded_id(address, clone_remotes()))


def _from_git(tracker: Tracker, revisions: str) -> Iterator[PullRequest]:
    from pr_sessions.git.remotes import read_remotes
    from pr_sessions.importers.git_history import read_whole_history
    from pr_sessions.render.history import left_out_lines

    root = tracker.repository.root
    history = read_whole_history(root, revisions or None, forge=options.forge_of_clone(read_remotes(root)))
    for line in left_out_lines(history):
        terminal.note(line)
    return (pr.dated for pr in history.pull_requests)


def _watched(pull_requests: Sequence[PullRequest]) -> Iterable[PullRequest]:
    """How far the work is, for those who watch."""
    if not sys.stderr.isatty():
        yield from pull_requests
        return
    with click.progressbar(pull_requests, label="Recording", file=sys.stderr) as bar:
        yield from bar


def total(before: Imported, now: Imported) -> Imported:
    """Return what two imports came to."""
    return Imported(
        read=before.read + now.read,
        automatic=before.automatic + now.automatic,
        assisted=before.assisted + now.assisted,
        attributed=before.attributed + now.attributed,
        unattributed=before.unattributed + now.unattributed,
        added=before.added + now.added,
        sessions=tuple(sorted({*before.sessions, *now.sessions})),
        changed=before.changed or now.changed,
    )


def imported_view(imported: Imported) -> dict[str, Any]:
    """Return the result for programs."""
    return {
        "read": imported.read,
        "automatic": imported.automatic,
        "assisted": imported.assisted,
        "attributed": imported.attributed,
        "unattributed": imported.unattributed,
        "not_automatic": imported.read - imported.automatic - imported.assisted,
        "added": imported.added,
        "sessions": imported.sessions,
        "changed": imported.changed,
    }


def imported_text(imported: Imported) -> Iterator[str]:
    """Yield the result for people."""
    yield f"Read {terminal.plural(imported.read, 'pull request')}"
    rows = [
        ("automatic", f"{imported.automatic}"),
        ("assisted", f"{imported.assisted}"),
        ("no sign", f"{imported.read - imported.automatic - imported.assisted}"),
        ("attributed", f"{imported.attributed} in {terminal.plural(len(imported.sessions), 'session')}"),
        ("unattributed", f"{imported.unattributed}"),
        ("new", f"{imported.added}"),
    ]
    yield from terminal.table(rows)
    if not imported.read:
        yield "Nothing to record was found there."
    elif not imported.automatic and not imported.changed:
        yield "Nothing was recorded: none of them is automatic."
        if imported.assisted and not imported.attributed:
            yield "With `track: agents`, those are recorded that agents assisted with."
    elif not imported.changed:
        yield "Nothing changed: all of this was known."
