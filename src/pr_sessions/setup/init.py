"""The plan of `init` in a repository."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from pr_sessions.config.file import read, valid_policy
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.policy import GateMode, Marking, Share, Track
from pr_sessions.errors import InvalidValue, NotARepository
from pr_sessions.git.discovery import find_repository, standalone
from pr_sessions.git.repository import ARCHIVE, Repository
from pr_sessions.hooks.host import Host
from pr_sessions.io.files import MIB, read_bytes
from pr_sessions.io.gitdir import git_dir_at, is_git_dir
from pr_sessions.setup import commit_trailer, compatible_scripts, gate_files, ignore_block, merge_driver
from pr_sessions.setup.agent_hooks import files as agent_hooks
from pr_sessions.setup.agent_hooks.files import Scope
from pr_sessions.setup.gate_source import Source
from pr_sessions.setup.steps import Action, Step
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse

OF_ONE_TREE = ("/.cursor/.session_id", "/.cursor/data/session_state.json")
OF_ONE_CLONE = (f"/{SESSION_FILE}", f"/{ARCHIVE}/", "/docs/metrics/analytics/")
OF_ITS_BRANCH = (f"/{SESSION_FILE}", f"/{ARCHIVE}/")
_BOM = "\ufeff"


class Request(Struct, frozen=True):
    """What the user asked for; `None` keeps a setting as it is, or chooses the default.

    Attributes:
        agents: those that get hooks; the hooks of all others stay as they are.
        scope: for whom.
        github: from where the gate's workflows install pr-sessions; without it, none are written.
        dashboard: whether an issue shows what is open.
        server: the address of the team's server, which the gate's workflows ask; empty for none.
    """

    share: Share | None = None
    time_zone: str | None = None
    scripts: bool = False
    mark: Marking | None = None
    ask_forge: bool | None = None
    track: Track | None = None
    commit_trailer: bool | None = None
    agents: tuple[Host, ...] = ()
    scope: Scope = Scope.USER
    github: Source | None = None
    dashboard: bool | None = None
    server: str = ""


class Settings(Struct, frozen=True):
    """The settings that depend on the repository or the request.

    Attributes:
        missing: the names of those that the configuration does not have yet.
    """

    share: Share
    time_zone: str
    gate: GateMode
    mark: Marking | None = None
    ask_forge: bool | None = None
    track: Track | None = None
    dashboard: bool | None = None
    missing: tuple[str, ...] = ()


def repository_to_set_up(start: Path, environ: Mapping[str, str]) -> Repository:
    """Return the repository of a folder; outside git the folder itself.

    Raises:
        NotARepository: the folder is in git, and there is no working tree.
    """
    try:
        return find_repository(start, environ)
    except NotARepository as error:
        closed = isinstance(error.__cause__, PermissionError)
        folders = map(str, (start, *start.parents))
        if closed or environ.get("GIT_DIR") or any(is_git_dir(f) or git_dir_at(f) is not None for f in folders):
            raise
        return standalone(start)


def settings_after(repository: Repository, request: Request, environ: Mapping[str, str]) -> Settings:
    """Return the settings after `init`: those of the request, else of the configuration, else of this machine.

    Raises:
        InvalidConfiguration: the configuration has mistakes.
        InvalidValue: there is no such time zone, or the session file cannot be shared in that way.
    """
    from pr_sessions.config.schema import is_time_zone, quoted
    from pr_sessions.config.template import local_time_zone

    parsed = read(repository.config)
    policy = valid_policy(parsed)
    if request.time_zone and not is_time_zone(request.time_zone):
        name = quoted(request.time_zone)
        raise InvalidValue(f"no time zone is named {name}", "names look like Europe/Berlin or UTC")
    fields = {name: name for name in ("time_zone", "share", "mark", "track")}
    fields |= {"hooks.ask_forge": "ask_forge", "gate.dashboard": "dashboard"}
    present = {name: getattr(policy, field) if name in parsed.origins else None for name, field in fields.items()}
    zone = request.time_zone or present["time_zone"] or local_time_zone(environ)
    share = request.share or present["share"] or _default_share(repository)
    _check_share(share, repository)
    mark = request.mark or present["mark"]
    asks = present["hooks.ask_forge"] if request.ask_forge is None else request.ask_forge
    track = request.track or present["track"]
    dashboard = present["gate.dashboard"] if request.dashboard is None else request.dashboard
    wanted = {"time_zone": zone, "share": share, "mark": mark, "track": track, "hooks.ask_forge": asks}
    wanted |= {"gate.dashboard": dashboard}
    missing = tuple(name for name in fields if present[name] != wanted[name])
    return Settings(share, zone, policy.gate, mark, asks, track, dashboard, missing)


def plan(repository: Repository, request: Request, environ: Mapping[str, str], now: datetime) -> tuple[Step, ...]:
    """Return a step for everything that is not yet as requested. Raises what `settings_after` raises."""
    settings = settings_after(repository, request, environ)
    local = request.agents if request.scope is Scope.LOCAL else ()
    return (
        *_state(repository),
        *_configuration(repository, settings),
        *_session_file(repository, now),
        *_ignores(repository, settings.share, agent_hooks.local_files(repository, local, environ)),
        *_merge_driver(repository, settings.share),
        *(compatible_scripts.to_install if request.scripts else compatible_scripts.to_renew)(repository),
        *_commit_trailer(repository, request.commit_trailer),
        *agent_hooks.to_install(repository, request.agents, request.scope, environ),
        *agent_hooks.to_renew(repository, environ, request.agents, request.scope),
        *agent_hooks.to_connect(repository, committed=bool(request.agents) and request.scope is Scope.PROJECT),
        *_gate(repository, request, settings),
    )


def _gate(repository: Repository, request: Request, settings: Settings) -> Iterator[Step]:
    if request.github:
        dashboard, server = settings.dashboard is True, request.server
        yield from gate_files.to_install(repository, request.github, settings.gate, dashboard=dashboard, server=server)


def _tracks_session_file(repository: Repository) -> bool:
    from pr_sessions.git.commands import is_tracked

    return repository.git_dir is not None and is_tracked(repository.root, repository.session_file.below)


def _default_share(repository: Repository) -> Share:
    """Return `branch` if there is a remote and commits do not carry the session file already."""
    from pr_sessions.git.commands import remote_names

    if repository.git_dir is None or not remote_names(repository.root) or _tracks_session_file(repository):
        return Share.COMMIT
    return Share.BRANCH


def _check_share(share: Share, repository: Repository) -> None:
    if share is Share.BRANCH and repository.git_dir is None:
        raise InvalidValue(
            f"{repository.root} is not in git, so there is no branch to share by", "run `git init` first"
        )
    if share is not Share.COMMIT and _tracks_session_file(repository):
        wanted = "be local" if share is Share.LOCAL else "travel by a branch of its own"
        raise InvalidValue(
            f"git tracks {SESSION_FILE}, so it cannot {wanted}",
            f"git rm --cached {SESSION_FILE}, then again; or keep sharing it: pr-sessions init --share commit",
        )


def _state(repository: Repository) -> Iterator[Step]:
    if repository.readme and read_bytes(repository.readme) is None:
        yield Step(Action.PREPARE, repository.readme.parent, "the clone's own folder, which no checkout touches")


def _configuration(repository: Repository, settings: Settings) -> Iterator[Step]:
    from pr_sessions.config.template import initial_text, with_setting

    data = read_bytes(repository.config, MIB)
    if data is None:
        chosen = (settings.time_zone, settings.share, settings.mark, settings.track)
        text = initial_text(*chosen, ask_forge=settings.ask_forge, dashboard=settings.dashboard)
        what = f"configuration: time zone {settings.time_zone}, share {settings.share}"
        yield Step(Action.WRITE, repository.config, what, text.encode())
    elif settings.missing:
        text = data.decode()
        mark, text = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
        values = {key: str(getattr(settings, key.rpartition(".")[2])) for key in settings.missing}
        values = {key: value.lower() if value in ("True", "False") else value for key, value in values.items()}
        for key, value in values.items():
            text = with_setting(text, key, value)
        what = ", ".join(f"{key} {value}" for key, value in values.items())
        yield Step(Action.WRITE, repository.config, f"configuration: {what}", (mark + text).encode())


def _session_file(repository: Repository, now: datetime) -> Iterator[Step]:
    if read_bytes(repository.session_file) is not None:
        return
    data = read_bytes(repository.clone_sessions) if repository.clone_sessions else None
    if data is None:
        empty = FileSessions().updated(now.replace(microsecond=0)).to_bytes()
        yield Step(Action.WRITE, repository.session_file, "session file, empty", empty)
    else:
        count = len(parse(data, str(repository.clone_sessions)).entries)
        yield Step(
            Action.WRITE, repository.session_file, f"session file, with the {count} sessions of this clone", data
        )


def _ignores(repository: Repository, share: Share, local_hooks: tuple[str, ...]) -> Iterator[Step]:
    exclude = repository.exclude
    if exclude is None:
        return
    of_the_team = () if share is Share.LOCAL else OF_ONE_TREE
    of_the_clone = {Share.COMMIT: (), Share.BRANCH: OF_ITS_BRANCH, Share.LOCAL: (*OF_ONE_TREE, *OF_ONE_CLONE)}
    for path, entries in ((repository.gitignore, of_the_team), (exclude, (*of_the_clone[share], *local_hooks))):
        names = ", ".join(entry.strip("/") for entry in entries)
        yield from ignore_block.to_write(path, entries, f"ignores {names}")


def _merge_driver(repository: Repository, share: Share) -> Iterator[Step]:
    """Git merges the session file only if branches carry it."""
    if repository.git_dir is not None:
        yield from (merge_driver.to_install if share is Share.COMMIT else merge_driver.to_remove)(repository)


def _commit_trailer(repository: Repository, wanted: bool | None) -> Iterator[Step]:
    """Install the trailer on request only; every `init` renews it."""
    if wanted and repository.git_dir is None:
        raise InvalidValue(f"{repository.root} is not in git, so there are no commits", "run `git init` first")
    if wanted or (wanted is None and commit_trailer.is_installed(repository)):
        yield from commit_trailer.to_install(repository)
    elif wanted is False:
        yield from commit_trailer.to_remove(repository)
