"""`pr-sessions demo`."""

from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options, output, views

if TYPE_CHECKING:
    from pr_sessions.cli.demo.stage import Stage


@click.command("demo")
@click.option("--keep", is_flag=True, help="Leave the repository there to play with.")
@options.as_json
def command(keep: bool, json: bool) -> None:
    r"""Show everything once, in a throw-away repository.

    Real git in a temporary folder, which goes at the end. Nothing of yours is read or written.

    \b
    Examples:
      pr-sessions demo
      pr-sessions demo --keep
    """
    from pr_sessions.cli.demo.stage import built
    from pr_sessions.cli.demo.story import tell
    from pr_sessions.tracker import utc_now

    with built(keep=keep, silent=json) as stage:
        fate = "kept" if keep else "removed at the end"
        stage.say(f"A shop with a day of history, in {stage.home} ({fate}).")
        tell(stage, utc_now())
        if keep:
            stage.say(f"\nKept for you to play with: cd {stage.home / 'shop'}")
        if json:
            output.show(_state(stage, keep=keep), [], as_json=True)


def _state(stage: "Stage", *, keep: bool) -> views.View:
    from pr_sessions.tracker import open_tracker

    tracker = open_tracker(stage.home / "shop")
    return {
        "folder": str(stage.home) if keep else None,
        "commands": stage.typed,
        "sessions": [views.with_pull_requests(session, tracker, tracker.now()) for session in tracker.book()],
    }
