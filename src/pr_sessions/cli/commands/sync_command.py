"""`pr-sessions sync`."""

from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options, output

if TYPE_CHECKING:
    from pr_sessions.tracker.sharing import Synced


@click.command("sync")
@click.option("--remote", metavar="NAME", help="The remote; `origin`, or the only one, if not given.")
@click.option("--branch", metavar="NAME", help="The branch; the configuration's sync_branch if not given.")
@options.as_json
def command(remote: str | None, branch: str | None, json: bool) -> None:
    r"""Share sessions by a branch of their own.

    Fetches the branch, joins it with what this clone knows, and pushes the outcome; twice changes nothing. Touches
    neither the working tree's code nor the index, and never forces.

    \b
    Examples:
      pr-sessions sync
      pr-sessions sync --remote upstream --json
    """
    from pr_sessions.tracker.sharing import sync

    synced = sync(options.tracker(), remote=remote, branch=branch)
    output.show(synced, [_line(synced)], as_json=json)


def _line(synced: "Synced") -> str:
    place = f"{synced.remote}/{synced.branch}"
    if synced.commit is None:
        return f"Nothing to do: no session is known here, and {place} does not exist yet."
    if not (synced.pushed or synced.received):
        return f"Nothing to do: this clone and {place} hold the same."
    received, sent = (output.plural(len(ids), "session") for ids in (synced.received, synced.sent))
    return f"Synced with {place}: {received} received, {sent} sent."
