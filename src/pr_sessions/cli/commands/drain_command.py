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

    tracker = options.tracker()
    try:
        tracker.drain()
        if tracker.policy.mark is Marking.BODY:
            from pr_sessions.forges.marking import mark_opened

            mark_opened(tracker)
    except Paused:
        return
    except PrSessionsError as error:
        from pr_sessions import event_log

        if log := tracker.repository.hook_log:
            event_log.write(str(log), f"drain: {type(error).__name__}: {error}")
        raise
