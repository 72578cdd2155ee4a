"""What a tool's result proves: that it opened pull requests, that it pushed a branch, that it may have, or nothing.

A mention proves nothing. The call itself must be a tool that creates pull requests, or a command line that does.
"""

from pr_sessions.hooks.payload import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.hooks.host import HookEvent

# A part of a `HookEvent`.
Proof = dict[str, str]

LONGEST = 64 * 1024
_SHELLS = frozenset((
    "bash", "shell", "sh", "powershell", "run_shell_command", "exec_command", "local_shell", "unified_exec", "exec",
    "run_command",
))  # fmt: skip
_CREATORS = ("create_pull_request", "create_merge_request")


def events_of_tool(event: "HookEvent", name: object, arguments: object, result: object) -> "list[HookEvent]":
    """Return the event of a tool's use with what it proves; several where it proves several things."""
    return [event | proof for proof in of_tool(name, arguments, result)] or [event]


def of_tool(name: object, arguments: object, result: object) -> list[Proof]:
    """Return what the call of a tool proves, one value for each pull request or branch.

    Args:
        name: the tool's.
        arguments: an object, its JSON, or a command line.
        result: in any shape in which hosts pass it; `None` where they do not.
    """
    plain = name.lower().replace("-", "_") if isinstance(name, str) else ""
    if plain.endswith(_CREATORS):
        return _by_tool(next(c for c in _CREATORS if plain.endswith(c)), result)
    if plain == "managepullrequest":
        # Cursor's own tool, which also edits and comments.
        action = arguments if isinstance(arguments, dict) else parse(arguments) if isinstance(arguments, str) else None
        creates = action is not None and str(action.get("action") or "").startswith("create")
        return _by_tool("ManagePullRequest", result) if creates else []
    return _of_shell(_command(arguments), result) if plain in _SHELLS else []


def _by_tool(how: str, result: object) -> list[Proof]:
    from pr_sessions.hooks.results import url_in

    url = url_in(result)
    return [{"event": "opened", "url": url, "how": how}] if url else []


def _of_shell(command: str | list[str], result: object) -> list[Proof]:
    words = command if isinstance(command, str) else " ".join(command)
    # Nearly every command ends here, before anything is parsed.
    opens = ("gh" in words or "glab" in words) and ("create" in words or "new" in words)
    opens = opens or ("sessions" in words and "open" in words)
    if len(words) > LONGEST or not (opens or ("git" in words and "push" in words)):
        return []
    from pr_sessions.hooks.command_evidence import of_command

    return of_command(command, words, result)


def _command(arguments: object) -> str | list[str]:
    """Return the command line among a tool's arguments; empty if there is none."""
    if isinstance(arguments, str):
        value = parse(arguments[: 4 * LONGEST]) if arguments.lstrip().startswith("{") else None
        return arguments if value is None else _command(value)
    if isinstance(arguments, dict):
        keys = ("command", "cmd", "script", "CommandLine")
        return _command(next((arguments[key] for key in keys if arguments.get(key)), ""))
    if isinstance(arguments, list) and all(isinstance(word, str) for word in arguments):
        return arguments[:1000]
    return ""
