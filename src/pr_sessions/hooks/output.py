"""Which addresses in the output of a command line its creating calls printed themselves.

The output of all calls comes as one text. So an address is a creation's own only where no other call could have printed
it, or where their order and success leave no other way.
"""

from pr_sessions.hooks.programs import plain_name, program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pr_sessions.hooks.shell import Call

# Programs that print no address of a pull request, and words of the shell.
_QUIET = frozenset((
    "cd", "pushd", "popd", "export", "set", "unset", "shopt", "true", "false", ":", "sleep", "wait", "test", "[", "[[",
    "mkdir", "rmdir", "rm", "mv", "cp", "touch", "chmod", "ls", "pwd", "date", "which", "type", "exit", "return",
    "break", "continue", "shift", "local", "declare", "readonly", "read", "trap", "ulimit", "umask", "alias", "hash",
    "for", "select", "case", "function", "done", "fi", "esac", "}", "black", "cargo", "eslint", "go", "isort", "jest",
    "mypy", "pip", "prettier", "pytest", "ruff", "tsc",
))  # fmt: skip
_QUIET_GIT = frozenset((
    "add", "branch", "checkout", "cherry-pick", "clean", "clone", "commit", "config", "fetch", "init", "merge",
    "merge-base", "mv", "pull", "push", "rebase", "remote", "reset", "restore", "rev-list", "rev-parse", "rm",
    "stash", "status", "submodule", "switch", "symbolic-ref", "worktree",
))  # fmt: skip
_QUIET_FORGE = frozenset(("alias", "auth", "config", "extension", "label", "repo", "secret", "ssh-key", "variable"))
# Programs that print only what they read, and how many words that are no options they may have without a file.
_FILTERS = {"cat": 0, "head": 0, "tail": 0, "tee": 9, "tr": 2, "cut": 1, "sort": 0, "uniq": 0, "sed": 1, "awk": 1}
_FILTERS |= dict.fromkeys(("grep", "egrep", "rg"), 1)
_WHOLE = ("cat", "tee")
# It says that there is one, and where.
_LINES_OF_ERROR = 2
# Of the shell: names, and signs such as in `$?`.
_PLAIN = ("PWD", "HOME", "USER", "SECONDS", "RANDOM", "LINENO", "PIPESTATUS", "BASH_VERSION")
_SPECIAL = ("?", "#", "!", "$", "-", "")
_OF_GIT = ("-C", "-c", "--git-dir", "--work-tree")


class Output:
    """What a command line printed.

    Attributes:
        urls: the addresses that stand alone on a line, in their order, each once.
        succeeded: whether its last command is known to have succeeded.
    """

    def __init__(self, urls: list[str], succeeded: bool) -> None:
        self.urls = urls
        self.succeeded = succeeded


def own_addresses(called: "list[Call]", creation: "Callable[[Call], str]", output: Output) -> list[str]:
    """Return the addresses that creating calls printed; none where that cannot be known.

    Args:
        called: all calls of the command line.
        creation: tells which of them create.
        output: what was printed.
    """
    creating = [call for call in called if creation(call)]
    # An address of an older pull request is an error's last line, and a filter may leave nothing else.
    if not output.urls or _may_hide_an_error(called, creation):
        return []
    line = [call for call in called if not call.captured]
    loud = _loud(line, creation, _harmless(called, creation))
    count = len(creating)
    if not loud:
        repeats = any(call.looped for call in creating)
        return output.urls if repeats or len(output.urls) <= count else []
    if any(call.captured or call.dropped or call.looped or call.conditional for call in creating):
        return []
    places = [n for n, call in enumerate(line) if creation(call)]
    before = any(n < places[-1] for n in loud)
    after = any(n > places[0] for n in loud)
    strict = any(_is_strict(call) for call in line[: places[0]])
    # Where it printed anything, all creations before it had succeeded.
    guarded = strict or all(call.sign == "&&" for call in line[places[0] + 1 : loud[-1] + 1])
    succeeded = output.succeeded and _all_succeed(line, places, strict=strict)
    if len(output.urls) == count and ((succeeded and (guarded or not after)) or (guarded and not before)):
        return output.urls
    if guarded and not before:
        return output.urls[:count]
    return output.urls[-count:] if succeeded and not after and len(output.urls) >= count else []


def _all_succeed(line: "list[Call]", places: list[int], *, strict: bool) -> bool:
    """Tell whether the creations have succeeded if the last command has."""
    signs = [line[place].sign for place in places]
    later = [call.sign for call in line[places[0] + 1 :]]
    allowed = ("&&", ";") if strict else ("&&",)
    return all(sign in ("", ";", "&&") for sign in signs) and all(sign in allowed for sign in later)


def _loud(line: "list[Call]", creation: "Callable[[Call], str]", harmless: frozenset[str]) -> list[int]:
    """Return the places of calls that may print an address of their own: of a pipe the last one."""
    places: list[int] = []
    flows = False
    for n, call in enumerate(line):
        piped = call.sign == "|"
        passes = piped and _is_filter(call)
        flows = flows if passes else _is_loud(call, creation, harmless)
        ends = n + 1 == len(line) or line[n + 1].sign != "|"
        if flows and ends and not call.dropped:
            places.append(n)
    return places


def _is_loud(call: "Call", creation: "Callable[[Call], str]", harmless: frozenset[str]) -> bool:
    name, rest = program(call.words)
    if not name or name in _QUIET or call.words[-1] == "]]" or creation(call):
        return False
    if name == "git":
        while rest and rest[0].startswith("-"):
            rest = rest[2:] if rest[0] in _OF_GIT else rest[1:]
        return not rest or rest[0] not in _QUIET_GIT
    if name in ("gh", "glab"):
        return not rest or rest[0] not in _QUIET_FORGE
    if name in ("echo", "printf"):
        inside = all(creation(each) or _is_filter(each) for each in call.inside) if call.inside else False
        return any(_may_hold_address(word, harmless, inside=inside) for word in rest)
    return True


def _may_hold_address(word: str, harmless: frozenset[str], *, inside: bool) -> bool:
    """Tell whether a word that is printed may hold an address that no creation printed."""
    if "://" in word or ("\0" in word and not inside):
        return True
    return any(part[:1] not in _SPECIAL and _name(part) not in harmless for part in word.split("$")[1:])


def _name(text: str) -> str:
    text = text.removeprefix("{")
    end = next((n for n, c in enumerate(text) if not (c.isalnum() or c == "_")), len(text))
    return text[:end]


def _harmless(called: "list[Call]", creation: "Callable[[Call], str]") -> frozenset[str]:
    """Return the names of variables that hold plain words, or the output of creations and of nothing else."""
    names = dict.fromkeys(_PLAIN, True)
    for call in called:
        is_own = any(map(creation, call.inside)) and all(creation(each) or _is_filter(each) for each in call.inside)
        for word in call.words:
            name, equals, value = word.partition("=")
            if equals and name.isidentifier():
                names[name] = names.get(name, True) and (_is_plain(value) or (is_own and value == "\0"))
        if call.words[:1] == ["for"] and len(call.words) > 1:
            names[call.words[1]] = names.get(call.words[1], True) and all(map(_is_plain, call.words[2:]))
    return frozenset(name for name, is_harmless in names.items() if is_harmless)


def _is_plain(value: str) -> bool:
    return "://" not in value and "$" not in value and "\0" not in value


def _is_filter(call: "Call") -> bool:
    name, rest = program(call.words)
    plain = [word for word in rest if not word.startswith("-") and not word.isdigit()]
    return name in _FILTERS and len(plain) <= _FILTERS[name]


def _may_hide_an_error(called: "list[Call]", creation: "Callable[[Call], str]") -> bool:
    """Tell whether a filter behind a creation may leave a single line of an error."""
    first = next(n for n, call in enumerate(called) if creation(call))
    return any(call.merged for call in called) and any(call.sign == "|" and _narrows(call) for call in called[first:])


def _narrows(call: "Call") -> bool:
    name, rest = program(call.words)
    if name not in ("head", "tail"):
        return name in _FILTERS and name not in _WHOLE
    counts = [word.lstrip("-n=") for word in rest]
    return any(count.isdigit() and int(count[:9]) < _LINES_OF_ERROR for count in counts)


def _is_strict(call: "Call") -> bool:
    """Tell whether the shell ends at the first failure from here on."""
    words = call.words
    if plain_name(words[0]) != "set":
        return False
    return "errexit" in words or any(w.startswith("-") and not w.startswith("--") and "e" in w for w in words[1:])
