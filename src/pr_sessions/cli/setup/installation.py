"""What `init` has to do in a repository."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from pr_sessions.agents.install.hosts import Host, Scope
from pr_sessions.cli.setup import agent_hooks, commit_hook_steps, compatible_scripts, gate_steps, merge_driver_steps
from pr_sessions.cli.setup.ignore_block import with_block
from pr_sessions.cli.setup.steps import Act, Step
from pr_sessions.errors import InvalidValue, NotARepository
from pr_sessions.sessions.policy import Marking, Share
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.configuration import read, valid_policy
from pr_sessions.stores.document import format_document, parse
from pr_sessions.stores.files import MIB, read_bytes
from pr_sessions.stores.git_layout import git_dir_at, is_git_dir
from pr_sessions.stores.repository import ARCHIVE, SESSION_FILE, Repository, find_repository, standalone

OF_ONE_TREE = ("/.cursor/.session_id", "/.cursor/data/session_state.json")
OF_ONE_CLONE = (f"/{SESSION_FILE}", f"/{ARCHIVE}/", "/docs/metrics/analytics/")
OF_ITS_BRANCH = (f"/{SESSION_FILE}", f"/{ARCHIVE}/")
_BOM = "\ufeff"


class Wish(Struct, frozen=True):
    """What somebody asked for; `None` is "as it is, or the default".

    Attributes:
        agents: those whose hooks are wanted; the hooks of all others stay as they are.
        scope: in whose files.
        github: whether the gate's workflows are wanted; where they are, they stay as they are.
    """

    share: Share | None = None
    time_zone: str | None = None
    scripts: bool = False
    mark: Marking | None = None
    commit_trailer: bool | None = None
    agents: tuple[Host, ...] = ()
    scope: Scope = Scope.USER
    github: bool = False


class Settings(Struct, frozen=True):
    """The settings that depend on the place or were asked for; those of `missing` the configuration has not yet."""

    share: Share
    time_zone: str
    mark: Marking | None = None
    missing: tuple[str, ...] = ()


def repository_to_set_up(start: Path, environ: Mapping[str, str]) -> Repository:
    """The repository of a folder; outside git the folder itself.

    Raises:
        NotARepository: it is in git, and there is no working tree.
    """
    try:
        return find_repository(start, environ)
    except NotARepository as error:
        closed = isinstance(error.__cause__, PermissionError)
        if closed or environ.get("GIT_DIR") or any(_is_git(folder) for folder in (start, *start.parents)):
            raise
        return standalone(start)


def settle(repository: Repository, wish: Wish, environ: Mapping[str, str]) -> Settings:
    """The settings after `init`: what is asked for, else what stands in the configuration, else this machine's.

    Raises:
        InvalidConfiguration: the configuration has mistakes.
        InvalidValue: no such time zone, or the session file cannot be shared as somebody asks.
    """
    from pr_sessions.stores.configuration_text import local_time_zone

    parsed = read(repository.config)
    policy = valid_policy(parsed)
    recorded = policy.time_zone if "time_zone" in parsed.origins else None
    zone = _known_zone(wish.time_zone) if wish.time_zone else recorded or local_time_zone(environ)
    share = wish.share or (policy.share if "share" in parsed.origins else _usual_share(repository))
    _check_share(share, repository)
    told = policy.mark if "mark" in parsed.origins else None
    mark = wish.mark or told
    wanted = {"time_zone": zone, "share": share, "mark": mark}
    there = {"time_zone": recorded, "share": policy.share if "share" in parsed.origins else None, "mark": told}
    return Settings(share, zone, mark, tuple(key for key, value in wanted.items() if there[key] != value))


def plan(repository: Repository, wish: Wish, environ: Mapping[str, str], now: datetime) -> tuple[Step, ...]:
    """Everything that is not yet as it should be. Raises what `settle` raises."""
    settings = settle(repository, wish, environ)
    return (
        *_state(repository),
        *_configuration(repository, settings),
        *_session_file(repository, now),
        *_ignores(repository, settings.share, agent_hooks.local_files(repository, _local(wish), environ)),
        *_merge_driver(repository, settings.share),
        *(compatible_scripts.to_install(repository) if wish.scripts else ()),
        *_commit_trailer(repository, wish.commit_trailer),
        *agent_hooks.to_install(repository, wish.agents, wish.scope, environ),
        *agent_hooks.to_connect(repository, committed=bool(wish.agents) and wish.scope is Scope.PROJECT),
        *(gate_steps.to_install(repository) if wish.github else ()),
    )


def _is_in_index(repository: Repository, path: Path) -> bool:
    """Whether git tracks the file; never outside git."""
    from pr_sessions.stores.git import is_tracked

    return repository.git_dir is not None and is_tracked(repository.root, path)


def exclude_file(repository: Repository) -> Path | None:
    """Git's list of what this clone alone ignores."""
    return repository.common_dir / "info/exclude" if repository.common_dir else None


def _is_git(folder: Path) -> bool:
    return is_git_dir(folder) or git_dir_at(folder) is not None


def _usual_share(repository: Repository) -> Share:
    """By a branch of its own where there is somebody to share with, unless commits carry it already."""
    from pr_sessions.stores.git import remotes

    if repository.git_dir is None or not remotes(repository.root):
        return Share.COMMIT
    return Share.COMMIT if _is_in_index(repository, repository.session_file) else Share.BRANCH


def _check_share(share: Share, repository: Repository) -> None:
    if share is Share.BRANCH and repository.git_dir is None:
        raise InvalidValue(
            f"{repository.root} is not in git, so there is no branch to share by", "run `git init` first"
        )
    if share is not Share.COMMIT and _is_in_index(repository, repository.session_file):
        wanted = "be local" if share is Share.LOCAL else "travel by a branch of its own"
        raise InvalidValue(
            f"git tracks {SESSION_FILE}, so it cannot {wanted}",
            f"git rm --cached {SESSION_FILE}, then again; or keep sharing it: pr-sessions init --share commit",
        )


def _known_zone(name: str) -> str:
    from pr_sessions.stores.configuration_rules import is_time_zone, quoted

    if not is_time_zone(name):
        raise InvalidValue(f"no time zone is named {quoted(name)}", "names look like Europe/Berlin or UTC")
    return name


def _state(repository: Repository) -> Iterator[Step]:
    if repository.readme and read_bytes(repository.readme) is None:
        yield Step(Act.PREPARE, repository.readme.parent, "the clone's own folder, which no checkout touches")


def _configuration(repository: Repository, settings: Settings) -> Iterator[Step]:
    from pr_sessions.stores.configuration_text import initial_text, with_setting

    data = read_bytes(repository.config, MIB)
    if data is None:
        text = initial_text(settings.time_zone, settings.share, settings.mark)
        what = f"configuration: time zone {settings.time_zone}, share {settings.share}"
        yield Step(Act.WRITE, repository.config, what, text.encode())
    elif settings.missing:
        text = data.decode()
        mark, text = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
        for key in settings.missing:
            text = with_setting(text, key, getattr(settings, key))
        what = ", ".join(f"{key} {getattr(settings, key)}" for key in settings.missing)
        yield Step(Act.WRITE, repository.config, f"configuration: {what}", (mark + text).encode())


def _session_file(repository: Repository, now: datetime) -> Iterator[Step]:
    if read_bytes(repository.session_file) is not None:
        return
    kept = read_bytes(repository.document) if repository.document else None
    if kept is None:
        empty = format_document((), {"last_updated": write_time(now.replace(microsecond=0))})
        yield Step(Act.WRITE, repository.session_file, "session file, empty", empty)
    else:
        count = len(parse(kept, str(repository.document)).entries)
        yield Step(Act.WRITE, repository.session_file, f"session file, with the {count} sessions of this clone", kept)


def _local(wish: Wish) -> tuple[Host, ...]:
    return wish.agents if wish.scope is Scope.LOCAL else ()


def _ignores(repository: Repository, share: Share, local_hooks: tuple[str, ...]) -> Iterator[Step]:
    exclude = exclude_file(repository)
    if exclude is None:
        return
    of_the_team = () if share is Share.LOCAL else OF_ONE_TREE
    of_the_clone = {Share.COMMIT: (), Share.BRANCH: OF_ITS_BRANCH, Share.LOCAL: (*OF_ONE_TREE, *OF_ONE_CLONE)}
    yield from _ignore(repository.root / ".gitignore", of_the_team)
    yield from _ignore(exclude, (*of_the_clone[share], *local_hooks))


def _merge_driver(repository: Repository, share: Share) -> Iterator[Step]:
    """Only a file that travels with the branches is ever merged by git."""
    if repository.git_dir is None:
        return
    yield from (merge_driver_steps.to_install if share is Share.COMMIT else merge_driver_steps.to_remove)(repository)


def _commit_trailer(repository: Repository, wanted: bool | None) -> Iterator[Step]:
    """Nobody who does not ask for it gets it; where it is, every `init` brings it up to date."""
    if wanted and repository.git_dir is None:
        raise InvalidValue(f"{repository.root} is not in git, so there are no commits", "run `git init` first")
    if wanted or (wanted is None and commit_hook_steps.is_installed(repository)):
        yield from commit_hook_steps.to_install(repository)
    elif wanted is False:
        yield from commit_hook_steps.to_remove(repository)


def _ignore(path: Path, entries: tuple[str, ...]) -> Iterator[Step]:
    present = read_bytes(path, 16 * MIB)
    wanted = with_block(present, entries)
    if wanted is None and present is not None:
        yield Step(Act.REMOVE, path, "held nothing but our lines")
    elif wanted is not None and wanted != present:
        names = ", ".join(entry.strip("/") for entry in entries)
        yield Step(Act.WRITE, path, f"ignores {names}" if entries else "without our lines", wanted)
