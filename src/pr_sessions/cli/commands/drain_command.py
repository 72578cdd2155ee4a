"""`pr-sessions drain`: hooks start it, detached, to take in what they left."""

import click

from pr_sessions.cli import options


@click.command("drain", hidden=True)
def command() -> None:
    r"""Take in what hooks of agents left. Nobody sees its streams, so failures go to the hooks' log.

    \b
    Examples:
      pr-sessions drain
    """
    from pr_sessions.errors import Paused, PrSessionsError
    from pr_sessions.sessions.policy import Marking
    from pr_sessions.stores.repository import is_prepared

    repository = options.repository()
    # The hook that started us may have been the last one before `uninstall`.
    if not is_prepared(repository):
        return
    try:
        tracker = options.tracker()
        tracker.drain()
        if tracker.policy.mark is Marking.BODY:
            from pr_sessions.forges.marking import mark_opened

            mark_opened(tracker)
    except Paused:
        return
    except Exception as error:
        from pr_sessions import event_log

        # What is a bug of ours may quote anything.
        why = f": {error}" if isinstance(error, PrSessionsError) else ""
        event_log.write(str(repository.hook_log), f"drain: {type(error).__name__}{why}")
        raise
