"""How the person who ran an agent opens that run again, on the machine that knows its id."""

import re
from collections.abc import Mapping

# Ids of vendors are letters, digits and hyphens; anything else is not put into a command.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
# https://code.claude.com/docs/en/cli-reference, https://developers.openai.com/codex/cli/reference,
# https://cursor.com/docs/cli/reference/parameters, https://docs.github.com/en/copilot/reference/cli-command-reference
_COMMANDS: Mapping[str, str] = {
    "claude-code": "claude --resume {}",
    "codex": "codex resume {}",
    "cursor": "cursor-agent --resume {}",
    "copilot": "copilot --resume {}",
}


def resume_command(agent: str, run_id: str) -> str:
    """Return the command that opens a run again; empty where its id or the command is not known."""
    command = _COMMANDS.get(agent, "")
    return command.format(run_id) if command and _ID.fullmatch(run_id) else ""
