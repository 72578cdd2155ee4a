"""`pr-sessions init`."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from pr_sessions.cli import options
from pr_sessions.config.file import read
from pr_sessions.core.gate_minutes import TYPICAL, minutes_a_month
from pr_sessions.core.policy import GateMode, Marking, Share, Track
from pr_sessions.doctor.setup import holds_naive_times
from pr_sessions.git.commands import is_ignored, remote_names
from pr_sessions.git.discovery import current_folder
from pr_sessions.git.repository import Repository
from pr_sessions.hooks.host import Host
from pr_sessions.hooks.hosts import INSTALLABLE
from pr_sessions.io.files import is_folder
from pr_sessions.io.places import followed
from pr_sessions.io.programs import COMMANDS, find_program
from pr_sessions.render import terminal
from pr_sessions.render.json import steps_json
from pr_sessions.setup import commit_trailer as trailer
from pr_sessions.setup import init
from pr_sessions.setup.agent_hooks.files import Scope, hosts_named, installed, user_folder
from pr_sessions.setup.gate_files import ACTION, in_the_way
from pr_sessions.setup.gate_source import FORMS, Source, Wheel, find_source, server_address
from pr_sessions.setup.init import Request, Settings
from pr_sessions.setup.steps import Step, carry_out
from pr_sessions.tracker import utc_now

_ASK_FORGE = "Ask the forge about pull requests whose creation no hook saw, with your own {}?"
_QUESTION = "Add our one-line mark to the pull requests that agents open here, with your own {}?"
_TRACK_QUESTION = "Record also pull requests that people make with an agent? This records when people work with agents."
_BEGINS = {
    GateMode.ADVISORY: "merge .github into the default branch, where the gate begins; it skips nothing: gate: advisory",
    GateMode.ENFORCE: "merge .github into the default branch, where the gate begins; require the check `pr-sessions`",
}


@click.command("init")
@click.option(
    "--share",
    type=click.Choice([s.value for s in Share]),
    help="commit: git tracks the session file; branch: `sync` carries it; local: it stays in this clone. "
    "[default: branch with a remote, else commit]",
)
@click.option(
    "--track",
    type=click.Choice([t.value for t in Track]),
    help="opened: record automatic pull requests; agents: also those that people make with an agent. [default: opened]",
)
@click.option("--scripts", is_flag=True, help="Install the compatible scripts in .cursor/scripts.")
@click.option("--agents", metavar="NAMES", help=f"Add hooks to these, or to all: {', '.join(INSTALLABLE)}.")
@click.option(
    "--scope",
    type=click.Choice([s.value for s in Scope]),
    help="user: your own files, for all repositories; local: this clone; project: committed files. [default: user]",
)
@click.option("--time-zone", metavar="ZONE", help="Zone of old times without one. [default: this machine's]")
@click.option(
    "--commit-trailer/--no-commit-trailer",
    default=None,
    help="Name the current session in commits, by git's hook prepare-commit-msg.",
)
@click.option("--github", is_flag=True, help="Write the workflows of the gate.")
@click.option(
    "--from",
    "source",
    metavar="SOURCE",
    help="Required with --github: git+https://HOST/OWNER/pr-sessions@COMMIT, or a wheel.",
)
@click.option("--dashboard", is_flag=True, help="With --github: keep one issue that shows what is open.")
@click.option("--server", metavar="URL", help="With --github: the team's server, which the workflows ask.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing.")
@options.as_json
def init_command(
    share: str | None,
    track: str | None,
    scripts: bool,
    agents: str | None,
    scope: str | None,
    time_zone: str | None,
    commit_trailer: bool | None,
    github: bool,
    source: str | None,
    dashboard: bool,
    server: str | None,
    dry_run: bool,
    json: bool,
) -> None:
    r"""Set up a repository.

    Running it again changes nothing, or updates what another version installed. On a terminal it offers hooks for the
    agents that it finds, our mark in their pull requests, and to ask the forge what hooks did not see. It asks what to
    record.

    \b
    Examples:
      pr-sessions init --dry-run
      pr-sessions init
      pr-sessions init --share local --time-zone Europe/Berlin
      pr-sessions init --commit-trailer
      pr-sessions init --agents cursor,claude
      pr-sessions init --agents cursor --scope project
      pr-sessions init --github --from dist/pr_sessions-0.1.0-py3-none-any.whl
    """
    repository = init.repository_to_set_up(current_folder(), os.environ)
    if scope and agents is None:
        raise click.UsageError("--scope goes with --agents")
    if source and not github:
        raise click.UsageError("--from goes with --github")
    if dashboard and not github:
        raise click.UsageError("--dashboard goes with --github")
    if server and not github:
        raise click.UsageError("--server goes with --github")
    asks = not dry_run and not json
    hosts = hosts_named(agents) if agents is not None else ask_for_hooks(repository, os.environ) if asks else ()
    request = Request(
        share=Share(share) if share else None,
        time_zone=time_zone,
        scripts=scripts,
        mark=ask_for_mark(repository) if asks else None,
        ask_forge=ask_for_forge(repository) if asks else None,
        track=Track(track) if track else ask_for_track(repository) if asks else None,
        commit_trailer=commit_trailer,
        agents=hosts,
        scope=Scope(scope or Scope.USER),
        github=_source(source) if github else None,
        dashboard=True if dashboard else None,
        server=server_address(server) if server else "",
    )
    settings = init.settings_after(repository, request, os.environ)

    def plan() -> tuple[Step, ...]:
        return init.plan(repository, request, os.environ, utc_now())

    steps = plan() if dry_run else carry_out(plan, repository)
    notes = [*_notes(repository, settings), *_hook_notes(repository, request), *_gate_notes(repository, request)]
    # How many minutes remain with a server depends on how often it answers.
    cost = _cost(settings) if request.github and steps and not request.server else None
    next_commands = _next(repository, settings, request) if steps else []
    data = {
        "root": str(repository.root),
        "git": repository.git_dir is not None,
        "share": settings.share,
        "time_zone": settings.time_zone,
        "mark": settings.mark or Marking.NONE,
        "track": settings.track or Track.OPENED,
        "agents": [host.name for host in hosts],
        "scope": request.scope if hosts else None,
        "dry_run": dry_run,
        "steps": steps_json(steps),
        "notes": notes,
        "minutes_a_month": cost[0] if cost else None,
        "next": next_commands,
    }
    title = "Would set up" if dry_run else "Set up"
    rows = [(step.action, terminal.path_from(repository.root, step.path), step.what) for step in steps]
    done = [f"{title} {terminal.heading(str(repository.root))}", *terminal.table(rows)]
    lines = [*done] if steps else [f"Nothing to do: {repository.root} is set up."]
    lines += [f"Note: {note}" for note in notes]
    lines += [f"Cost: {cost[1]}"] if cost else []
    terminal.show(data, [*lines, *(f"Next: {line}" for line in next_commands)], as_json=json)


def _source(text: str | None) -> Source:

    if not text:
        raise click.UsageError(f"--github needs --from: pr-sessions is on no package index yet.\nhint: {FORMS}")
    return find_source(text)


def _notes(repository: Repository, settings: Settings) -> list[str]:

    notes = []
    if repository.git_dir is None:
        notes.append("this folder is not in git; it stands alone, and the session file is the only copy")
    if any(holds_naive_times(path) for path in (repository.session_file, repository.clone_sessions) if path):
        notes.append(f"the session file holds times without a zone; they are read in {settings.time_zone}")
    if settings.share is Share.BRANCH and not remote_names(repository.root):
        notes.append("there is no remote yet; `pr-sessions sync` needs one")
    return [*notes, *filter(None, (trailer.note(repository),))]


def _hook_notes(repository: Repository, request: Request) -> list[str]:

    if not request.agents:
        return []
    notes = [host.note for host in request.agents if host.note]
    if repository.git_dir is None:
        notes.append("hooks record nothing in a folder outside git")
    if request.scope is Scope.PROJECT:
        files = " ".join(host.project_file for host in request.agents)
        notes.append(f"commit {files}; in every other clone, `pr-sessions init` once makes these hooks work")
    return [*notes, "agents that run now may have to be started again; `pr-sessions hook selftest` tries the hooks out"]


def _gate_notes(repository: Repository, request: Request) -> list[str]:

    source = request.github
    if not source:
        return []
    names = [terminal.path_from(repository.root, path) for path in in_the_way(repository)]
    notes = [f"{name} is not as init --github writes it and stays; move it away to get ours" for name in names]
    # Many people ignore wheels, and `git add .github` omits them without a message.
    if isinstance(source, Wheel) and is_ignored(repository.root, f"{ACTION}/{source.name}"):
        notes.append(f"git ignores the wheel: git add --force {ACTION}/{source.name}")
    if request.server:
        notes.append("in your workflow, give the job `gate` the permission `id-token: write`: without it nothing waits")
    return notes


def _cost(settings: Settings) -> tuple[int, str]:

    minutes = minutes_a_month(settings.gate, dashboard=settings.dashboard is True)
    return minutes, (
        f"about {minutes:,} minutes of GitHub Actions a month, with gate: {settings.gate} and"
        f" {TYPICAL.pull_requests} pull requests of agents a day; a public repository pays for none"
    )


def _next(repository: Repository, settings: Settings, request: Request) -> list[str]:
    gate = [".github"] if request.github else []
    begins = [_BEGINS[settings.gate]] if request.github else []
    root = repository.root
    if repository.git_dir is None or settings.share is Share.LOCAL:
        return [*([_commit(root, ".cursor", *gate)] if gate else []), *begins, "pr-sessions start"]
    if settings.share is Share.BRANCH:
        return [_commit(root, ".gitignore", ".cursor", *gate), *begins, "pr-sessions start", "pr-sessions sync"]
    shared = (".gitattributes", ".gitignore", ".cursor", "docs/metrics")
    return [_commit(root, *shared, *gate), *begins, "pr-sessions start"]


def _commit(root: Path, *paths: str) -> str:
    """Return the command for the current folder."""
    change = "" if Path.cwd().resolve() == root.resolve() else f"cd {shlex.quote(str(root))} && "
    return f"{change}git add {' '.join(paths)} && git commit -m 'Track work sessions'"


def ask_for_mark(repository: Repository) -> Marking | None:
    """Return whether pull requests get our mark; `None` without a question."""
    answer = _confirm(repository, "mark", _QUESTION)
    return None if answer is None else Marking.BODY if answer else Marking.NONE


def ask_for_forge(repository: Repository) -> bool | None:
    """Return whether the forge is asked about what hooks did not see; `None` without a question."""
    return _confirm(repository, "hooks.ask_forge", _ASK_FORGE)


def _confirm(repository: Repository, key: str, question: str) -> bool | None:
    """Ask about a setting that needs `gh` or `glab` and a remote, unless the configuration has it."""
    if not terminal.can_ask() or repository.git_dir is None:
        return None
    tool = next(filter(find_program, ("gh", "glab")), None)
    if tool is None or not remote_names(repository.root) or key in read(repository.config).origins:
        return None
    return click.confirm(question.format(tool), default=False, err=True)


def ask_for_track(repository: Repository) -> Track | None:
    """Return which pull requests are recorded; `None` without a question."""
    if not terminal.can_ask() or repository.git_dir is None or "track" in read(repository.config).origins:
        return None
    return Track.AGENTS if click.confirm(_TRACK_QUESTION, default=False, err=True) else Track.OPENED


def ask_for_hooks(repository: Repository, environ: Mapping[str, str]) -> tuple[Host, ...]:
    """Return the agents of this machine without our hooks, if the user wants them to have some."""
    if repository.git_dir is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return ()
    installed_names = {file.host.name for file in installed(repository, environ)}
    hosts = {}
    for host in INSTALLABLE.values():
        folder = user_folder(host, environ)
        if host.name in installed_names or folder is None:
            continue
        if is_folder(followed(folder)) or find_program(host.command, environ, COMMANDS):
            hosts[host] = folder
    if not hosts:
        return ()
    names = ", ".join(host.name for host in hosts)
    files = ", ".join(str(folder / host.file) for host, folder in hosts.items())
    click.echo(f"Found on this machine: {names}. With a hook, an agent tells which session a pull request belongs to.")
    return tuple(hosts) if click.confirm(f"Add hooks to {files}?", default=False) else ()
