"""`pr-sessions hook`: `cli/start.py` runs it, before click is imported. Here is what people read of it."""

import click

from pr_sessions.cli.commands.hook_selftest import selftest


@click.group("hook")
def command() -> None:
    r"""Take an agent's event from its hook: pr-sessions hook [HOST].

    Reads one JSON object from standard input, writes nothing, and ends in success always. The hooks that
    `init --agents` installs need no such call; it is for every other agent:

    \b
      {"session_id": "the agent's id of the conversation",
       "event": "start, activity, opened, contributed or end",
       "cwd": "the folder that it works in",
       "url": "of the pull request that it opened",
       "branch": "that it pushed",
       "parent_id": "of the conversation that it works for, if it is a sub-agent"}

    HOST is the agent's name in small letters, such as amp. Only session_id has to be there. Payloads of Cursor, Claude
    Code, Codex, Gemini, Copilot and Devin are understood as they are.

    \b
    Examples:
      echo '{"session_id": "t-1", "event": "start"}' | pr-sessions hook amp
    """


command.add_command(selftest)
