"""All commands, by section, and the group that imports one only when it is called."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Help without importing any command: what each is for, by section.
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "See": {
        "inbox": "Show what needs people now: open pull requests by session, why, and what is next.",
        "look": "Show the sessions of a history, or of what is open on GitHub. Writes nothing.",
        "show": "Show a session, or explain why a pull request is in it.",
        "diff": "Show what the open pull requests of a session change together.",
        "report": "Print the analytics, or evidence for an auditor.",
        "list": "List sessions, with filters.",
        "status": "Show the current session, the counts and the last ten.",
        "find": "Find the session of a pull request.",
        "explain": "Explain why a pull request is in its session.",
        "serve": "Show everything in a browser: the inbox, sessions, why, storage.",
        "demo": "Show everything once, in a temporary repository.",
    },
    "Work": {
        "start": "Begin a session.",
        "add": "Record a pull request, or update what is known of it.",
        "open": "Open a pull request for the current branch, and record it.",
        "complete": "End a session.",
        "touch": "Note activity in the current session.",
        "classify": "Classify a pull request as automatic or not. Stores nothing.",
        "cleanup": "End every session that has timed out.",
        "import": "Record pull requests of the past.",
        "hook": "Take an agent's event from its hook.",
    },
    "Correct": {
        "link": "Put a pull request into a session.",
        "undo": "Undo the last correction, or one by its ID.",
        "unlink": "Take a pull request out of its session.",
        "move": "Move a pull request to another session, or to a new one.",
        "merge": "Make two sessions one.",
        "log": "Show who changed what, when and why.",
    },
    "Set up and maintain": {
        "init": "Set up a repository.",
        "doctor": "Find every inconsistency, with a hint for each.",
        "sync": "Share sessions on a branch of their own, or with a team's server.",
        "database": "Upgrade, back up and restore the database of a team; export, and erase people.",
        "uninstall": "Remove everything but session data.",
        "config": "Show or check the effective configuration.",
        "where": "Show every place in which something is stored.",
        "backup": "Back up everything, or list the backups.",
        "restore": "Merge a backup into the sessions. Removes nothing.",
        "pause": "Switch tracking off, or on again.",
    },
    "GitHub": {
        "token": "Create, list and revoke tokens of a team's server.",
        "gate": "Decide when checks run, comment, and report.",
    },
    "Help": {
        "help": "Show the help of a command, or list all of them.",
        "version": "Show the version.",
        "completion": "Print a script that completes commands and session ids.",
    },
}
# What `--help` shows; `help --all` shows the rest.
FIRST = frozenset(
    {
        "inbox",
        "look",
        "show",
        "report",
        "serve",
        "start",
        "add",
        "open",
        "complete",
        "link",
        "undo",
        "init",
        "doctor",
        "sync",
        "gate",
    }
    | {"help"}
)
# What other programs call, and no help shows.
PLUMBING = ("drain", "merge-driver")
# Names of version 0.1.0.
RENAMED: Mapping[str, str] = {
    "benchmark": "`python -m benchmarks.accuracy` in a checkout",
    "check": "`pr-sessions classify`",
    "ci": "`pr-sessions gate decide`",
    "ci check": "`pr-sessions gate check`",
    "ci comment": "`pr-sessions gate comment`",
    "ci report": "`pr-sessions gate finish`",
    "ci sweep": "`pr-sessions gate sweep`",
    "resume": "`pr-sessions pause --off`",
}
LINES = {name: line for section in SECTIONS.values() for name, line in section.items()}
# The modules of this package that hold several commands. Every other command has one of its own.
MODULES: Mapping[str, tuple[str, ...]] = {
    "copies": ("backup", "restore", "sync"),
    "corrections": ("link", "unlink", "move", "merge", "undo", "log"),
    "diagnosis": ("doctor", "config", "where"),
    "explanations": ("explain", "classify"),
    "help": ("help", "version", "completion"),
    "lifecycle": ("start", "touch", "complete", "cleanup", "pause"),
    "plumbing": PLUMBING,
    "sessions": ("show", "status", "find", "list"),
}
# Set in a context's `meta`: help lists every command.
SHOW_ALL = "pr_sessions.show_all"


class Commands(click.Group):
    """All commands. Help and completion of names import none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands that help lists."""
        return list(LINES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Import a command; return `None` for an unknown name."""
        return _load(cmd_name) if cmd_name in LINES or cmd_name in PLUMBING else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command that the first word names; say what an unknown one may mean."""
        name = args[0]
        # Completion only asks; it reports no mistake.
        if ctx.resilient_parsing or name.startswith("-") or name in LINES or name in PLUMBING:
            return super().resolve_command(ctx, args)
        if name in RENAMED:
            old = " ".join(args[:2]) if " ".join(args[:2]) in RENAMED else name
            raise click.UsageError(f"`pr-sessions {old}` was renamed to {RENAMED[old]}")
        from difflib import get_close_matches

        near = get_close_matches(name, LINES, n=1)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        raise click.UsageError(f"No such command {name[:60]!r}.{guess}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the lines of help, by section."""
        for section, lines in SECTIONS.items():
            shown = [(name, line) for name, line in lines.items() if name in FIRST or ctx.meta.get(SHOW_ALL)]
            if shown:
                with formatter.section(section):
                    formatter.write_dl(shown)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Return the commands and options that begin as typed."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(n, help=line) for n, line in LINES.items() if n.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


def _load(name: str) -> click.Command:
    function = f"{name.replace('-', '_')}_command"
    module = next((module for module, names in MODULES.items() if name in names), function)
    command: click.Command = getattr(import_module(f"{__name__}.{module}"), function)
    # The docstrings are raw; click wants the character itself before lines that must stay as they are.
    for each in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
        each.help = (each.help or "").replace("\\b", "\b")
    return command
