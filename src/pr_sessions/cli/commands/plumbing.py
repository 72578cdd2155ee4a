"""What other programs call: `merge-driver` and `drain`."""

from contextlib import suppress
from pathlib import Path

import click

from pr_sessions.cli import options

# Not 1, which an interpreter without our package returns, too: git must see a conflict then, and not a text merge.
REFUSED = 65


@click.command("merge-driver", hidden=True)
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
@click.argument("name")
def merge_driver_command(base: Path, ours: Path, theirs: Path, name: str) -> int:
    r"""Join two versions of the session file for git.

    BASE, OURS and THEIRS are files; the result is written to OURS. NAME is what messages call them. Exit code 65 and
    OURS as it was, where a version cannot be read.

    \b
    Examples:
      pr-sessions merge-driver %O %A %B %P
    """
    from pr_sessions.cli.main import say_error
    from pr_sessions.errors import PrSessionsError
    from pr_sessions.maintenance.merge_driver import merge_files

    try:
        merge_files(options.tracker(), base, ours, theirs, name)
    except PrSessionsError as error:
        say_error(error)
        return REFUSED
    return 0


@click.command("drain", hidden=True)
@click.option("--for-hooks", is_flag=True, help="Go on while hooks ask for it; end at once where another one does.")
def drain_command(for_hooks: bool) -> None:
    r"""Take in what hooks of agents left. Nobody sees its streams, so failures go to the hooks' log.

    \b
    Examples:
      pr-sessions drain
    """
    from pr_sessions.errors import Paused, PrSessionsError
    from pr_sessions.git.repository import is_prepared

    repository = options.repository()
    if not is_prepared(repository):
        return
    try:
        if for_hooks and repository.pending:
            from pr_sessions.hooks.detach import serve, tracker_lock

            if (lock := tracker_lock(repository.pending)) is not None:
                serve(lock, _take_in, _afterwards)
        else:
            _take_in()
            _afterwards()
    except Paused:
        return
    except Exception as error:
        from pr_sessions.io import hook_log

        # What is a bug of ours may quote anything.
        why = f": {error}" if isinstance(error, PrSessionsError) else ""
        if repository.hook_log:
            with suppress(OSError):  # The first error is the one to report.
                hook_log.write(repository.hook_log, f"drain: {type(error).__name__}{why}")
        raise


def _take_in() -> None:
    from pr_sessions.git.repository import is_prepared

    # Looked up each time: the configuration may have changed, and the last hook may have come before `uninstall`.
    if is_prepared(options.repository()):
        options.unseen_tracker().drain()


def _afterwards() -> None:
    """Learn other ids of runs, ask about what hooks did not see, mark what was opened; forges may keep it waiting."""
    import os

    from pr_sessions.core.policy import Marking
    from pr_sessions.hooks.deliver import ASKS
    from pr_sessions.importers.logs import learn_cloud_ids
    from pr_sessions.io.files import exists

    tracker = options.unseen_tracker()
    learn_cloud_ids(tracker, os.environ)
    pending = tracker.repository.pending
    # Hooks start this process because of that file, until the setting is off.
    if tracker.policy.ask_forge or (pending and exists(pending / ASKS)):
        from pr_sessions.open_pr.ask_forge import ask_forge

        ask_forge(tracker)
    if tracker.policy.mark is Marking.BODY:
        from pr_sessions.open_pr.mark import mark_opened

        mark_opened(tracker)
