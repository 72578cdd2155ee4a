"""`pr-sessions init`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options, output
from pr_sessions.sessions.policy import Marking, Share

if TYPE_CHECKING:
    from pr_sessions.cli.setup.installation import Settings, Wish
    from pr_sessions.cli.setup.steps import Step
    from pr_sessions.stores.repository import Repository

# Written out, so that `--help` imports nothing for it.
SCOPES = ("user", "local", "project")
_BEGINS = "merge .github into the default branch, where the gate begins; it skips nothing without `gate: enforce`"


@click.command("init")
@click.option(
    "--share",
    type=click.Choice([s.value for s in Share]),
    help="commit: git tracks the session file; branch: `sync` carries it; local: it stays in this clone.",
)
@click.option("--scripts", is_flag=True, help="Write the compatible scripts of .cursor/scripts, too.")
@click.option("--agents", metavar="NAMES", help="Add hooks to these: cursor, claude-code, codex, gemini, copilot.")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    help="user: your own files, for all repositories (default); local: this clone; project: committed files.",
)
@click.option("--time-zone", metavar="ZONE", help="Zone of old times without one; this machine's if not given.")
@click.option(
    "--commit-trailer/--no-commit-trailer",
    default=None,
    help="Let commits made in a session name it in a trailer, by git's hook prepare-commit-msg; or no more.",
)
@click.option("--github", is_flag=True, help="Write the workflows of the gate, and the action that they use.")
@click.option("--dry-run", is_flag=True, help="Show what would be done. Writes nothing.")
@options.as_json
def command(
    share: str | None,
    scripts: bool,
    agents: str | None,
    scope: str | None,
    time_zone: str | None,
    commit_trailer: bool | None,
    github: bool,
    dry_run: bool,
    json: bool,
) -> None:
    r"""Set a repository up.

    A second time changes nothing. Outside git the current folder is set up to stand alone. Hooks of coding agents stay
    as they are without --agents. Only on a terminal it asks: whether the agents that it finds get hooks, and whether
    pull requests of agents get our mark, as long as nobody has said so.

    \b
    Examples:
      pr-sessions init --dry-run
      pr-sessions init
      pr-sessions init --share local --time-zone Europe/Berlin
      pr-sessions init --commit-trailer
      pr-sessions init --agents cursor,claude-code
      pr-sessions init --agents cursor --scope project
      pr-sessions init --github
    """
    from pr_sessions.agents.install.hosts import Scope, hosts_named
    from pr_sessions.cli.setup import installation
    from pr_sessions.cli.setup.agent_offer import offered
    from pr_sessions.cli.setup.offers import asked_mark
    from pr_sessions.cli.setup.step_text import step_lines, steps_view
    from pr_sessions.cli.setup.steps import carry_out
    from pr_sessions.tracker import utc_now

    repository = installation.repository_to_set_up(Path.cwd(), os.environ)
    if scope and agents is None:
        raise click.UsageError("--scope goes with --agents")
    asks = not dry_run and not json
    hosts = hosts_named(agents) if agents is not None else offered(repository, os.environ) if asks else ()
    wish = installation.Wish(
        share=Share(share) if share else None,
        time_zone=time_zone,
        scripts=scripts,
        mark=asked_mark(repository) if asks else None,
        commit_trailer=commit_trailer,
        agents=hosts,
        scope=Scope(scope or Scope.USER),
        github=github,
    )
    settings = installation.settle(repository, wish, os.environ)

    def plan() -> "tuple[Step, ...]":
        return installation.plan(repository, wish, os.environ, utc_now())

    steps = plan() if dry_run else carry_out(plan, repository)
    notes, following = (
        [*_notes(repository, settings), *_hook_notes(repository, wish), *_gate_notes(repository, wish)],
        _next(repository, settings, wish) if steps else [],
    )
    data = {
        "root": str(repository.root),
        "git": repository.git_dir is not None,
        "share": settings.share,
        "time_zone": settings.time_zone,
        "mark": settings.mark or Marking.NONE,
        "agents": [host.name for host in hosts],
        "scope": wish.scope if hosts else None,
        "dry_run": dry_run,
        "steps": steps_view(steps),
        "notes": notes,
        "next": following,
    }
    title = "Would set up" if dry_run else "Set up"
    done = [f"{title} {output.heading(str(repository.root))}", *step_lines(steps, repository.root)]
    lines = done if steps else [f"Nothing to do: {repository.root} is set up."]
    output.show(data, [*lines, *(f"Note: {n}" for n in notes), *(f"Next: {n}" for n in following)], as_json=json)


def _notes(repository: "Repository", settings: "Settings") -> list[str]:
    from pr_sessions.cli.diagnosis.naive_times import holds_naive_times
    from pr_sessions.cli.setup import commit_hook_steps

    notes = []
    if repository.git_dir is None:
        notes.append("this folder is not in git; it stands alone, and the session file is the only copy")
    if any(holds_naive_times(path) for path in (repository.session_file, repository.document) if path):
        notes.append(f"the session file holds times without a zone; they are read in {settings.time_zone}")
    if settings.share is Share.BRANCH and not _has_remote(repository):
        notes.append("there is no remote yet; `pr-sessions sync` needs one")
    return [*notes, *filter(None, (commit_hook_steps.note(repository),))]


def _hook_notes(repository: "Repository", wish: "Wish") -> list[str]:
    from pr_sessions.agents.install.hosts import Scope

    if not wish.agents:
        return []
    notes = [host.note for host in wish.agents if host.note]
    if repository.git_dir is None:
        notes.append("hooks record nothing in a folder outside git")
    if wish.scope is Scope.PROJECT:
        files = " ".join(host.project for host in wish.agents)
        notes.append(f"commit {files}; in every other clone, `pr-sessions init` once makes these hooks work")
    return [*notes, "agents that run now may have to be started again; `pr-sessions hook selftest` tries the hooks out"]


def _has_remote(repository: "Repository") -> bool:
    from pr_sessions.stores.git import remotes

    return bool(remotes(repository.root))


def _gate_notes(repository: "Repository", wish: "Wish") -> list[str]:
    if not wish.github:
        return []
    from pr_sessions.cli.setup.gate_steps import in_the_way
    from pr_sessions.cli.setup.step_text import short

    stay = [short(path, repository.root) for path in in_the_way(repository)]
    return [f"{name} is not as init --github writes it and stays; move it away to get ours" for name in stay]


def _next(repository: "Repository", settings: "Settings", wish: "Wish") -> list[str]:
    gate = [".github"] if wish.github else []
    begins = [_BEGINS] if wish.github else []
    root = repository.root
    if repository.git_dir is None or settings.share is Share.LOCAL:
        return [*([_commit(root, ".cursor", *gate)] if gate else []), *begins, "pr-sessions start"]
    if settings.share is Share.BRANCH:
        return [_commit(root, ".gitignore", ".cursor", *gate), *begins, "pr-sessions start", "pr-sessions sync"]
    shared = (".gitattributes", ".gitignore", ".cursor", "docs/metrics")
    return [_commit(root, *shared, *gate), *begins, "pr-sessions start"]


def _commit(root: Path, *paths: str) -> str:
    """The command as it works where the user stands."""
    import shlex

    there = "" if Path.cwd().resolve() == root.resolve() else f"cd {shlex.quote(str(root))} && "
    return f"{there}git add {' '.join(paths)} && git commit -m 'Track work sessions'"
