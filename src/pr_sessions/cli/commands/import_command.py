"""`pr-sessions import`."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO

import click

from pr_sessions.cli import options, output
from pr_sessions.cli.imported import imported_text, imported_view
from pr_sessions.sessions.session import PullRequest
from pr_sessions.tracker import Tracker


@click.command("import")
@click.argument("file", required=False, type=click.File("rb"))
@click.option(
    "--git", "revisions", is_flag=False, flag_value="", metavar="[RANGE]", help="This repository's history, or a range."
)
@click.option("--github", "repository", metavar="OWNER/REPO", help="A repository on GitHub; only what is new.")
@click.option("--since", type=options.Moment(), help="With --github: leave out what was opened before that time.")
@options.as_json
def command(
    file: IO[bytes] | None, revisions: str | None, repository: str | None, since: datetime | None, json: bool
) -> None:
    r"""Record pull requests of the past.

    FILE holds one JSON object a line with number, title, body, author, created_at and more, or an array of them; - is
    stdin. The order does not matter, and a second time changes nothing.

    With --github everything is read at first, and later only what is new or has changed; one that is cut off goes on
    where it stopped. It asks with GH_TOKEN, GITHUB_TOKEN, the token of `gh`, or an App's key.

    \b
    Examples:
      pr-sessions import pull_requests.jsonl
      pr-sessions import --git
      pr-sessions import --git v1.0..main
      pr-sessions import --github octocat/hello-world --since 2025-11-01
    """
    if sum(source is not None for source in (file, revisions, repository)) != 1:
        raise click.UsageError("Give either a FILE, --git or --github.")
    if since and repository is None:
        raise click.UsageError("--since goes with --github.")
    tracker = options.tracker()
    if repository is not None:
        from pr_sessions.cli import github_import

        github_import.run(tracker, repository, since, as_json=json)
        return
    told = _from_git(tracker, revisions or "") if file is None else _from_file(tracker, file)
    imported = tracker.record_all(told, _watched)
    output.show(imported_view(imported), imported_text(imported), as_json=json)


def _from_file(tracker: Tracker, file: IO[bytes]) -> Iterator[PullRequest]:
    from pr_sessions.history.jsonl import lines_of, read_dated

    return read_dated(lines_of(file), output.one_line(file.name, 200), tracker.zone)


def _from_git(tracker: Tracker, revisions: str) -> Iterator[PullRequest]:
    from pr_sessions.history.git_history import read_history
    from pr_sessions.history.grouping import dated

    return map(dated, read_history(tracker.repository.root, revisions or None))


def _watched(told: Sequence[PullRequest]) -> Iterable[PullRequest]:
    """How far the work is, for those who watch."""
    if not sys.stderr.isatty():
        yield from told
        return
    with click.progressbar(told, label="Recording", file=sys.stderr) as bar:
        yield from bar
