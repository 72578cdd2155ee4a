"""`pr-sessions inbox`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import NotARepository, NotFound, PrSessionsError
from pr_sessions.git.discovery import current_folder
from pr_sessions.render import terminal

if TYPE_CHECKING:
    from pr_sessions.core.inbox import Inbox
    from pr_sessions.core.inbox_view import View
    from pr_sessions.git.repository import Repository
    from pr_sessions.look.inbox_looks import LastLooks
    from pr_sessions.look.inbox_source import Source

MARKDOWN = "markdown"


@click.command("inbox")
@click.argument("repositories", nargs=-1, metavar="[OWNER/REPO]...")
@click.option("--org", metavar="NAME", default="", help="All repositories of an organisation.")
@click.option("--mine", "only_mine", is_flag=True, help="Only what you opened, are to review, or are assigned to.")
@click.option("--new", is_flag=True, help="Only what is new or changed since your last look.")
@click.option("--all", "everything", is_flag=True, help="Every row, what is folded, and each pull request.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Most rows. [default: 30]")
@click.option("--elsewhere", is_flag=True, help="Also what outsiders opened elsewhere in 7 days; one more request.")
@click.option("--snooze", metavar="ROW", help="Hide a row until its next event, or show a hidden one again.")
@click.option("--watch", is_flag=True, help="Read it again every minute, and show what changes.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write one HTML page.")
@click.option("--format", "form", type=click.Choice([MARKDOWN]), help="Print it in another form.")
@options.as_json
def inbox_command(
    repositories: tuple[str, ...],
    org: str,
    only_mine: bool,
    new: bool,
    everything: bool,
    limit: int | None,
    elsewhere: bool,
    snooze: str | None,
    watch: bool,
    html: Path | None,
    form: str | None,
    json: bool,
) -> None:
    r"""Show what needs people now: open pull requests by session, why, and what is next.

    Of the clone's repository on GitHub or GitLab, or of those that are named. Uses the token of the environment, of
    `gh` or of `glab`. Without a token, the last known state of the clone.

    A look is text on a terminal: only that moves the marks of what is new. ROW is a session or a pull request.

    \b
    Examples:
      pr-sessions inbox
      pr-sessions inbox --new
      pr-sessions inbox octocat/hello-world octocat/spoon-knife --mine
      pr-sessions inbox --snooze 42
      pr-sessions inbox --html inbox.html
    """
    named = {"--json": json, "--watch": watch, "--html": html, "--format": form, "--snooze": snooze is not None}
    if len(shown := [name for name, is_given in named.items() if is_given]) > 1:
        raise click.UsageError(f"{shown[0]} and {shown[1]} exclude each other.")
    if everything and limit:
        raise click.UsageError("--all and --limit exclude each other.")
    from pr_sessions.core.inbox_view import DEFAULT_LIMIT, View
    from pr_sessions.look.inbox_looks import last_looks
    from pr_sessions.look.inbox_source import find_source

    clone = _clone()
    source = find_source(repositories, org, clone, os.environ)
    looks = last_looks(source.host, source.of_clone, clone, os.environ)

    def read() -> "Inbox":
        return _marked(_read(source, clone, only_mine=only_mine, elsewhere=elsewhere), looks)

    view = View(limit=None if everything else limit or DEFAULT_LIMIT, unfolds=everything, only_new=new)
    if watch:
        from pr_sessions.cli.inbox_watch import watch as watch_inbox

        watch_inbox(read, lambda inbox: _since(view, inbox, looks))
        return
    inbox = read()
    if snooze is not None:
        _snooze(inbox, snooze, looks)
    elif html:
        _write_page(html, inbox, _since(view, inbox, looks))
    else:
        _show(inbox, _since(view, inbox, looks), looks, form=form, as_json=json)


def _clone() -> "Repository | None":
    try:
        return options.repository()
    except NotARepository:
        return None


def _read(source: "Source", clone: "Repository | None", *, only_mine: bool, elsewhere: bool) -> "Inbox":
    """Return the inbox; of the clone's own repository the last known state where its forge cannot be asked."""
    from pr_sessions.cli.inbox_reading import read_inbox
    from pr_sessions.look.inbox import Reading, offline_inbox
    from pr_sessions.look.inbox_worktrees import with_worktrees
    from pr_sessions.tracker import utc_now

    try:
        inbox = read_inbox(source, clone, only_mine=only_mine, elsewhere=elsewhere)
    except PrSessionsError as error:
        if source.is_named or only_mine:
            raise
        terminal.note(f"read from this clone; {one_line(str(error), 300)}")
        if error.hint:
            terminal.note(f"hint: {error.hint}")
        tracker, offline = options.tracker(), Reading(at=utc_now(), source="")
        inbox = offline_inbox(tracker.sessions(), tracker.policy, offline, source.of_clone)
    if source.is_named:
        return inbox
    # A renamed repository has its new name there.
    name = next(iter(inbox.repositories), source.of_clone)
    return with_worktrees(inbox, options.tracker(), name, current_folder())


def _marked(inbox: "Inbox", looks: "LastLooks") -> "Inbox":
    from msgspec.structs import replace

    from pr_sessions.core.inbox_last_look import marked

    return replace(inbox, rows=marked(inbox.rows, looks.read(inbox.repositories)))


def _since(view: "View", inbox: "Inbox", looks: "LastLooks") -> "View":
    """Return the view with the time of the earliest of the last looks."""
    from msgspec.structs import replace

    times = [look.at for look in looks.read(inbox.repositories).values() if look.at]
    return replace(view, since=min(times, default=None))


def _show(inbox: "Inbox", view: "View", looks: "LastLooks", *, form: str | None, as_json: bool) -> None:
    from pr_sessions.core.inbox_view import parts

    if as_json:
        from pr_sessions.render.inbox_json import inbox_json

        terminal.show(inbox_json(inbox), (), as_json=True)
    elif form == MARKDOWN:
        from pr_sessions.render.inbox_markdown import inbox_markdown

        terminal.show({}, [inbox_markdown(inbox, view).rstrip("\n")], as_json=False)
    else:
        from pr_sessions.render import screen
        from pr_sessions.render.inbox import inbox_lines

        screen.show({}, inbox_lines(inbox, view), as_json=False)
        if screen.is_terminal() and inbox.source:
            rows = [row for part in parts(inbox, view) for row in part.rows]
            looks.note(inbox, rows, is_whole=not inbox.viewer)
    if inbox.source:
        terminal.note(f"{terminal.plural(inbox.requests, 'request')} to {inbox.source}")


def _snooze(inbox: "Inbox", name: str, looks: "LastLooks") -> None:
    from pr_sessions.core.inbox_last_look import snooze
    from pr_sessions.core.inbox_view import find_row

    row = find_row(inbox.rows, name)
    last = looks.read([row.repository])[row.repository]
    looks.write({row.repository: snooze(last, row)})
    what = one_line(row.id, 100)
    if row.is_snoozed:
        terminal.show({}, [f"{what} is shown again."], as_json=False)
        return
    lines = [
        f"{what} is hidden until its next event:",
        "a push, a review, a result of checks, a conflict, or another word of the forge on merging it.",
        "See it: pr-sessions inbox --all",
    ]
    terminal.show({}, lines, as_json=False)


def _write_page(path: Path, inbox: "Inbox", view: "View") -> None:
    from pr_sessions.io.files import is_folder, replace_file
    from pr_sessions.io.places import followed
    from pr_sessions.render.inbox_page import page

    place = followed(path)
    if not is_folder(place.parent):
        raise NotFound(f"no folder {path.parent}", "create it, or name a file in another one")
    replace_file(place, page(inbox, since=view.since).encode("utf-8", "replace"))
    terminal.show({}, [f"Wrote {path}"], as_json=False)
