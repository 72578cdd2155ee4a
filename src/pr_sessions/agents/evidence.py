"""What a tool's successful result shows: that it opened a pull request, that it pushed a branch, or nothing.

A mention proves nothing. The call itself must be `gh pr create`, `glab mr create`, `pr-sessions open` or a tool that
creates pull requests, and its own result must hold the address; a push is one whose output says which branch went out.
"""

from pr_sessions.agents.addresses import pull_request
from pr_sessions.agents.payload import parse
from pr_sessions.agents.results import address_in, lines, success
from pr_sessions.agents.shell import LONGEST, Call, calls, calls_of_list, program

Shown = dict[str, str]

_SHELLS = frozenset(
    ("bash", "shell", "sh", "powershell", "run_shell_command", "exec_command", "local_shell", "unified_exec", "exec")
)
_CREATORS = ("create_pull_request", "create_merge_request")
_FORGES = {"gh": "pr", "glab": "mr"}
_LOOK = ("view", "list", "status", "show")
_OURS = "pr-sessions open"
_BEFORE = ("already exists", "was open already", '"already_open": true')
_NO_CREATION = frozenset(("--dry-run", "--help", "-h", "--web", "-w"))


def of_tool(name: object, told: object, result: object) -> Shown:
    """What the call of a tool shows.

    Args:
        name: the tool's.
        told: its arguments: an object, its JSON, or a command line.
        result: what it gave back, in any shape in which hosts pass it.
    """
    plain = name.lower().replace("-", "_") if isinstance(name, str) else ""
    if plain.endswith(_CREATORS):
        url = address_in(result)
        return {"event": "opened", "url": url, "how": next(c for c in _CREATORS if plain.endswith(c))} if url else {}
    return _of_shell(_command(told), result) if plain in _SHELLS else {}


def _of_shell(command: str | list[str], result: object) -> Shown:
    words = command if isinstance(command, str) else " ".join(command)
    if len(words) > LONGEST:
        return {}
    # Nearly every command ends here, before anything is taken apart.
    opens = ("gh" in words or "glab" in words) and ("create" in words or "new" in words)
    opens = opens or ("sessions" in words and "open" in words)
    pushes = "git" in words and "push" in words
    return (opens and _opened(command, words, result)) or (pushes and _pushed(command, result)) or {}


def _opened(command: str | list[str], words: str, result: object) -> Shown:
    found = _calls(command)
    created = [how for call in found if (how := _creation(call))]
    output = success(result)
    if not created or output is None or _looks_elsewhere(found):
        return {}
    printed = lines(output)
    named = map(_named_by_us, printed) if _OURS in created else printed
    urls = dict.fromkeys(url for line in named if (url := pull_request(line)))
    # More addresses than calls: one of them was only printed. An address in the command was there before.
    if not 0 < len(urls) <= len(created) or any(words in line for line in printed for words in _BEFORE):
        return {}
    url, heads = next(iter(urls)), [head for call in found if _creation(call) and (head := _head(call))]
    shown = {"event": "opened", "url": url, "how": created[0]} | ({"branch": heads[0]} if heads else {})
    return {} if url in words else shown


def _pushed(command: str | list[str], result: object) -> Shown:
    output = success(result)
    if output is None or not any(_is_push(call) for call in _calls(command)):
        return {}
    branches = dict.fromkeys(branch for line in lines(output) if (branch := _sent(line)))
    return {"event": "contributed", "branch": next(iter(branches)), "how": "git push"} if len(branches) == 1 else {}


def _calls(command: str | list[str]) -> list[Call]:
    return calls(command) if isinstance(command, str) else calls_of_list(command)


def _creation(call: Call) -> str:
    """`gh pr create`, `glab mr create` or `pr-sessions open`, if the call is one."""
    name, rest = program(call[1])
    if name.startswith("python") and rest[:2] == ["-m", "pr_sessions"]:
        name, rest = "pr-sessions", rest[2:]
    if name == "pr-sessions":
        return _OURS if rest[:1] == ["open"] and _NO_CREATION.isdisjoint(rest) else ""
    plain = _without_repository(rest)
    is_one = name in _FORGES and plain[:1] == [_FORGES[name]] and plain[1:2] in (["create"], ["new"])
    return f"{name} {plain[0]} create" if is_one and _NO_CREATION.isdisjoint(plain) else ""


def _named_by_us(line: str) -> str:
    """What stands in the line of the address that `pr-sessions open` prints, for people and as JSON."""
    for label in ("address ", '"url": '):
        if line.startswith(label):
            return line.removeprefix(label).strip(' ",')
    return line


def _head(call: Call) -> str:
    """The branch that the call itself names; empty where it is the one that is checked out."""
    name, rest = program(call[1])
    if name not in _FORGES:
        return ""
    flags = ("--head", "-H") if name == "gh" else ("--source-branch", "-s")
    for place, word in enumerate(rest):
        flag, given, value = word.partition("=")
        if flag in flags:
            branch = (value if given else "".join(rest[place + 1 : place + 2])).rpartition(":")[2]
            return branch if len(branch) <= 200 and branch.isprintable() else ""
    return ""


def _looks_elsewhere(found: list[Call]) -> bool:
    """Whether an address could come from looking at a pull request after creating one had failed."""
    for sign, words in found:
        name, rest = program(words)
        plain = _without_repository(rest)
        looks = name in _FORGES and ((plain[1:2] and plain[1] in _LOOK) or plain[:1] == ["api"])
        if looks and sign != "&&":
            return True
    return False


def _without_repository(rest: list[str]) -> list[str]:
    plain, skips = [], False
    for word in rest:
        if not skips and word not in ("-R", "--repo") and not word.startswith(("--repo=", "-R=")):
            plain.append(word)
        skips = word in ("-R", "--repo")
    return plain


def _is_push(call: Call) -> bool:
    name, rest = program(call[1])
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in ("-C", "-c", "--git-dir", "--work-tree") else rest[1:]
    return name == "git" and rest[:1] == ["push"] and {"--dry-run", "-n", "--delete", "-d"}.isdisjoint(rest)


def _sent(line: str) -> str:
    """The branch that a line of `git push` says went out, as the remote calls it."""
    if line[:1] in ("!", "-", "=") or " -> " not in line:
        return ""
    before, _, after = line.partition(" -> ")
    head = before.split()[0] if before.split() else ""
    is_new = "[new branch]" in before
    branch = after.split()[0] if after.split() else ""
    return branch if (is_new or ".." in head or head == "+") and len(branch) <= 200 and branch.isprintable() else ""


def _command(told: object) -> str | list[str]:
    if isinstance(told, str):
        opened = parse(told[: 4 * LONGEST]) if told.lstrip().startswith("{") else None
        return told if opened is None else _command(opened)
    if isinstance(told, dict):
        return _command(next((told[key] for key in ("command", "cmd", "script") if told.get(key)), ""))
    if isinstance(told, list) and all(isinstance(word, str) for word in told):
        return told[:1000]
    return ""
