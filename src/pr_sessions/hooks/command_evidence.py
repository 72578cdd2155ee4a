"""What a command line and its output prove.

An address that another command may have printed proves no creation: it is proved by the creating command's own output,
and where that cannot be distinguished, only the forge can say. A push is one whose output names the branch.
"""

from pr_sessions.hooks.output import Output, own_addresses
from pr_sessions.hooks.programs import program
from pr_sessions.hooks.results import lines, pull_request, says_success, success
from pr_sessions.hooks.shell import Call, calls, calls_of_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.hooks.evidence import Proof

# The branch of a creation that names one which only the shell knows.
UNKNOWN_BRANCH = "-"

_FORGES = {"gh": "pr", "glab": "mr"}
# They print the address of a pull request on which they work.
_CONTRIBUTES = ("edit", "update", "comment", "note", "ready", "reopen", "merge", "close", "review", "approve")
_OURS = "pr-sessions open"
_WAS_OPEN = ("was open already", '"already_open": true')
_NO_CREATION = frozenset(("--dry-run", "--help", "-h", "--web", "-w"))
_NO_PUSH = frozenset(("--dry-run", "-n", "--delete", "-d"))
_MOST = 50
_MOST_CANDIDATES = 5


def of_command(command: str | list[str], words: str, result: object) -> "list[Proof]":
    """Return what a command proves, one value for each pull request or branch.

    Args:
        command: a command line, or a program's name and arguments.
        words: all of it as one text.
        result: in any shape in which hosts pass it; `None` where they do not.
    """
    called = calls(command) if isinstance(command, str) else calls_of_list(command)
    return _opened(called, words, result) or _pushed(called, result)


def _opened(called: list[Call], words: str, result: object) -> "list[Proof]":
    creating = [call for call in called if _creation(call)]
    # Some hosts pass no result, and others one that only says that the command failed.
    output = success(result, errors=False) if result is not None else ""
    if not creating or output is None:
        return []
    printed = lines(output)
    if any(text in line for line in printed for text in _WAS_OPEN):
        return []
    urls, existed = _addresses(printed, words, labelled=any(_creation(call) == _OURS for call in creating))
    proved = own_addresses(called, _creation, Output(urls, says_success(result)))
    if proved:
        return _creations(proved, creating)
    return [] if not urls and existed >= len(creating) else _unproved(called, creating, urls)


def _unproved(called: list[Call], creating: list[Call], urls: list[str]) -> "list[Proof]":
    """Return what is left where the creations cannot be distinguished from what else was printed."""
    contributing = next(filter(None, map(_contribution, called)), "")
    if urls and contributing:
        return [{"event": "contributed", "url": url, "how": contributing} for url in urls[:_MOST]]
    # A list of all pull requests is no list of candidates.
    candidates = urls if len(urls) <= _MOST_CANDIDATES else []
    how = _creation(creating[0])
    if how == _OURS:
        return []  # It records what it opens.
    branch = _branch_of(creating[0]) if len(creating) == 1 else UNKNOWN_BRANCH
    return [{"event": "possible", "url": url, "how": how, "branch": branch} for url in candidates or [""]]


def _creations(urls: list[str], creating: list[Call]) -> "list[Proof]":
    """Return one proof for each address; calls and addresses have the same order where there are as many."""
    alone = len(creating) == 1 and not creating[0].looped
    in_order = creating if len(creating) == len(urls) and not any(call.looped for call in creating) else []
    proofs = []
    for n, url in enumerate(urls[:_MOST]):
        call = in_order[n] if in_order else creating[0]
        branch = _branch_of(call) if in_order or alone else UNKNOWN_BRANCH
        # Only after a single creation is the current branch the one that it was opened from.
        proofs.append(
            {
                "event": "opened",
                "url": url,
                "how": _creation(call),
                "branch": branch if branch or alone else UNKNOWN_BRANCH,
            }
        )
    return proofs


def _addresses(printed: list[str], words: str, *, labelled: bool) -> tuple[list[str], int]:
    """Return the addresses that stand alone on a line, each once, and how many creations found theirs open already.

    What follows an address shows that something else printed it, and one in the command existed before.
    """
    urls: dict[str, None] = {}
    exists, existed = False, 0
    for line in printed:
        plain = _without_label(line) if labelled else line
        if plain and pull_request(plain) == plain:
            if not exists and plain not in words:
                urls[plain] = None
            exists = False
        elif plain:
            exists = "already exists" in plain and ("pull request" in plain or "merge request" in plain)
            existed += exists
    return list(urls), existed


def _pushed(called: list[Call], result: object) -> "list[Proof]":
    output = success(result)
    if output is None or not any(map(_is_push, called)):
        return []
    branches = dict.fromkeys(branch for line in lines(output) if (branch := _pushed_branch(line)))
    return [{"event": "contributed", "branch": next(iter(branches)), "how": "git push"}] if len(branches) == 1 else []


def _creation(call: Call) -> str:
    """Return `gh pr create`, `glab mr create` or `pr-sessions open`, if the call is one."""
    name, rest = program(call.words)
    if name.startswith("python") and rest[:2] == ["-m", "pr_sessions"]:
        name, rest = "pr-sessions", rest[2:]
    if name == "pr-sessions":
        return _OURS if rest[:1] == ["open"] and _NO_CREATION.isdisjoint(rest) else ""
    plain = _without_repository(rest)
    if name not in _FORGES or plain[:1] != [_FORGES[name]] or plain[1:2] not in (["create"], ["new"]):
        return ""
    return f"{name} {plain[0]} create" if _NO_CREATION.isdisjoint(plain) else ""


def _contribution(call: Call) -> str:
    """Return `gh pr edit` and the like, if the call is one."""
    name, rest = program(call.words)
    plain = _without_repository(rest)
    works = name in _FORGES and plain[:1] == [_FORGES[name]] and plain[1:2] and plain[1] in _CONTRIBUTES
    return f"{name} {plain[0]} {plain[1]}" if works else ""


def _without_label(line: str) -> str:
    """Remove what precedes the URL in the output of `pr-sessions open`, for people and as JSON."""
    for label in ("address ", '"url": '):
        if line.startswith(label):
            return line.removeprefix(label).strip(' ",')
    return line


def _branch_of(call: Call) -> str:
    """Return the branch that the call itself names; empty where it is the current one."""
    name, rest = program(call.words)
    if name not in _FORGES:
        return ""
    flags = ("--head", "-H") if name == "gh" else ("--source-branch", "-s")
    for place, word in enumerate(rest):
        flag, equals, value = word.partition("=")
        if flag in flags:
            return _branch((value if equals else "".join(rest[place + 1 : place + 2])).rpartition(":")[2])
    return ""


def _branch(name: str) -> str:
    is_plain = 0 < len(name) <= 200 and name.isprintable() and not any(c in name for c in "$`{}*?\\ ")
    return name if is_plain else UNKNOWN_BRANCH


def _without_repository(rest: list[str]) -> list[str]:
    plain, skips = [], False
    for word in rest:
        if not skips and word not in ("-R", "--repo") and not word.startswith(("--repo=", "-R=")):
            plain.append(word)
        skips = word in ("-R", "--repo")
    return plain


def _is_push(call: Call) -> bool:
    name, rest = program(call.words)
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in ("-C", "-c", "--git-dir", "--work-tree") else rest[1:]
    return name == "git" and rest[:1] == ["push"] and _NO_PUSH.isdisjoint(rest)


def _pushed_branch(line: str) -> str:
    """Return the branch that a line of `git push` reports as pushed, by its name on the remote."""
    if line[:1] in ("!", "-", "=") or " -> " not in line:
        return ""
    before, _, after = line.partition(" -> ")
    head, branch = (part.split()[0] if part.split() else "" for part in (before, after))
    if not ("[new branch]" in before or ".." in head or head == "+"):
        return ""
    return "" if _branch(branch) == UNKNOWN_BRANCH else branch
