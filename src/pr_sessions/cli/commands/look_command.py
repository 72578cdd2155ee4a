"""`pr-sessions look`."""

import os
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pr_sessions.cli import options
from pr_sessions.errors import InvalidValue, NotARepository, NotFound
from pr_sessions.render import screen, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pr_sessions.core.history import History
    from pr_sessions.core.urls import PullRequestReference
    from pr_sessions.git.remotes import Remote
    from pr_sessions.git.repository import Repository
    from pr_sessions.look.survey import Closeup, Survey

DAYS = 7
MOST_DAYS = 1_000_000
# Enough for the latest days of any repository, and read within seconds.
NEWEST_COMMITS = 20_000


class Place(click.ParamType["Path | str"]):
    """A folder; or the name of a repository on GitHub, where there is nothing of that name."""

    name = "PATH|OWNER/REPO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        from pr_sessions.forges.github.access import repository_name

        if not os.path.lexists(value):
            with suppress(InvalidValue):
                return repository_name(value)
        return click.Path(exists=True, file_okay=False, path_type=Path).convert(value, param, ctx)


@click.command("look")
@click.argument("place", required=False, type=Place(), metavar="[PATH|OWNER/REPO]")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    metavar="N",
    help=f"The last N times 24 hours. [default: the last {DAYS} days with pull requests]",
)
@click.option("--branch", metavar="NAME", help="Whose history. [default: origin's main branch, else the current one]")
@click.option("--why", type=options.Reference(), help="Explain one pull request.")
@options.as_json
def look_command(
    place: Path | str | None, days: int | None, branch: str | None, why: "PullRequestReference | None", json: bool
) -> None:
    r"""Show the sessions of a history, or of what is open on GitHub. Writes nothing.

    A folder's git history: its newest 20,000 commits; all of them with --days or --why. With GH_TOKEN, GITHUB_TOKEN or
    an App's key in the environment, open pull requests on GitHub come first.

    OWNER/REPO is a repository on GitHub, unless a folder has that name. It also uses the token of `gh`.

    \b
    Examples:
      pr-sessions look
      pr-sessions look ../shop --days 30 --branch next
      pr-sessions look --why 42
      pr-sessions look octocat/hello-world
      pr-sessions look octocat/hello-world --why 42
    """
    if not isinstance(place, str):
        _look_at_history(place, days, branch, why, as_json=json)
        return
    from pr_sessions.cli import open_look

    if days or branch:
        raise click.UsageError("--days and --branch go with a folder: what is open on GitHub is shown whole.")
    if why is None:
        _show([open_look.survey_repository(place)], as_json=json)
        return
    if why.path.lower() not in ("", place.lower()):
        raise click.UsageError(f"--why takes a pull request of {place}, such as 42.")
    _show_closeup(open_look.survey_pull_request(place, why.digits), as_json=json)


def _look_at_history(
    path: Path | None, days: int | None, branch: str | None, why: "PullRequestReference | None", *, as_json: bool
) -> None:
    from msgspec.structs import replace

    from pr_sessions.config.cache import load_policy, load_ruleset
    from pr_sessions.git.remotes import read_remotes
    from pr_sessions.io.gitdir import is_shallow
    from pr_sessions.look.history import survey_around, survey_days, survey_hours
    from pr_sessions.render.survey import SHALLOW
    from pr_sessions.tracker import utc_now, warn

    repository, is_bare = _repository_at(path)
    rules = load_ruleset(load_policy(repository.config, None, warn), None)
    remotes = read_remotes(repository.root, is_named_bare=is_bare)
    history = _read(repository, branch, None if days or why else NEWEST_COMMITS, remotes, is_bare=is_bare)
    prs = history.pull_requests
    shallow = repository.common_dir is not None and is_shallow(str(repository.common_dir))
    if why is None:
        is_open = None if days or is_bare else _survey_remote(repository.root)
        survey = survey_hours(prs, days * 24, rules, utc_now()) if days else survey_days(prs, DAYS, rules, utc_now())
        root = repository.root.parent if repository.root.name == ".bare" else repository.root
        known = replace(history, pull_requests=())
        survey = replace(
            survey, repository=root.name, is_shallow=shallow, history=known, import_command=import_command_for(remotes)
        )
        _show([is_open, survey] if is_open else [survey], as_json=as_json)
        return
    # Git reads the remotes of a bare repository only where it is the current one.
    number = why.digits if is_bare else options.number_in(repository, why)
    closeup = survey_around(prs, number, rules, utc_now())
    if closeup is None:
        hint = SHALLOW if shallow else "`pr-sessions look --days 9999` lists those that it names"
        raise NotFound(f"the history of {repository.root} names no pull request {number}", hint)
    _show_closeup(closeup, as_json=as_json)


def _repository_at(path: Path | None) -> "tuple[Repository, bool]":
    """Return the repository, and whether it is a bare one. The path counts for more than git's own variables."""
    from pr_sessions.git.discovery import current_folder, find_bare, find_repository

    if path:
        bare = find_bare(path, is_named=True)
        return (bare, True) if bare else (find_repository(path), False)
    here = current_folder()
    try:
        return find_repository(here, os.environ), False
    except NotARepository:
        bare = None if os.environ.get("GIT_DIR") else find_bare(here, is_named=False)
        if bare is None:
            raise
        return bare, True


def import_command_for(remotes: "Sequence[Remote]") -> str:
    """Return the command that reads descriptions from the forge that the clone's remote leads to; empty for none."""
    import re

    from pr_sessions.git.remotes import forge_by_name, main_address

    address = main_address(remotes)
    forge = forge_by_name(address.host) if address else None
    path = address.path if address and re.fullmatch(r"[A-Za-z0-9_./-]{1,200}", address.path) else ""
    if forge == "gitlab":
        return f"pr-sessions import --gitlab {path or 'GROUP/PROJECT'}"
    if forge not in (None, "github"):
        return ""
    return f"pr-sessions import --github {path if path and forge == 'github' else 'OWNER/REPO'}"


def _read(
    repository: "Repository", branch: str | None, limit: int | None, remotes: "Sequence[Remote]", *, is_bare: bool
) -> "History":
    from msgspec.structs import replace

    from pr_sessions.git.start import find_start
    from pr_sessions.importers.git_history import read_whole_history
    from pr_sessions.tracker import utc_now

    start = find_start(repository, branch, is_named_bare=is_bare)
    forge = options.forge_of_clone(remotes)
    history = read_whole_history(repository.root, start.revision, limit, is_named_bare=is_bare, forge=forge)
    return replace(history, ref=start.name, read_at=utc_now())


def _survey_remote(root: Path) -> "Survey | None":
    """Return what is open on GitHub; `None` without a request where the environment holds no credential."""
    from pr_sessions.forges.github.access import APP_ID, APP_KEY, TOKENS

    if not any(os.environ.get(name, "").strip() for name in (*TOKENS, APP_ID, APP_KEY)):
        return None
    from pr_sessions.cli import open_look

    return open_look.survey_remote(root)


def _show(surveys: "list[Survey]", *, as_json: bool) -> None:
    """Print a survey, or what is open before the history."""
    from pr_sessions.render.json import survey_json
    from pr_sessions.render.survey import survey_lines

    *before, last = surveys
    data = survey_json(last) if as_json else {}
    if as_json and last.at is None:
        data["open"] = survey_json(before[0]) if before else None
    lines = chain(*(chain(survey_lines(survey), [""]) for survey in before), survey_lines(last))
    screen.show(data, lines, as_json=as_json)
    for survey in surveys:
        if survey.at:
            _note_requests(survey.requests)


def _show_closeup(closeup: "Closeup", *, as_json: bool) -> None:
    from pr_sessions.render.closeup import closeup_lines
    from pr_sessions.render.json import closeup_json

    screen.show(closeup_json(closeup), closeup_lines(closeup), as_json=as_json)
    if closeup.survey.at:
        _note_requests(closeup.survey.requests)


def _note_requests(count: int) -> None:
    terminal.note(f"{terminal.plural(count, 'request')} to GitHub")
