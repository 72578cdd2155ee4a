"""`pr-sessions hook`: `cli/start.py` runs it, before click is imported. Here is what people read of it."""

import click

from pr_sessions.cli.commands.hook_selftest import selftest


@click.group("hook")
def command() -> None:
    r"""Take an agent's event from its hook.

    `pr-sessions hook [HOST]` reads one JSON object from standard input, prints nothing, and ends in success, always.
    The hooks that `init --agents` installs need no such call; it is for every other agent. HOST is the agent's name in
    small letters. Only `session_id` has to be there, the agent's id of the conversation; `event` is start, activity,
    opened, contributed or end; `cwd` is the folder that it works in; `url` that of the pull request that it opened;
    `branch` the one that it pushed; `parent_id` the conversation that a sub-agent works for. Payloads of Cursor, Claude
    Code, Codex, Gemini, Copilot and Devin are understood as they are.

    \b
    Examples:
      pr-sessions hook amp < event.json
    """


command.add_command(selftest)
