"""Which program the words of a call run, behind assignments, keywords of the shell and programs that run another."""

_KEYWORDS = frozenset(("if", "then", "else", "elif", "do", "while", "until", "!", "{", "coproc"))
# Each with its options that take a value, and how many words precede the program.
_WRAPPERS = {
    "builtin": ((), 0),
    "caffeinate": (("-t", "-w"), 0),
    "chronic": ((), 0),
    "command": ((), 0),
    "doas": (("-u", "-C"), 0),
    "env": (("-u", "--unset", "-C", "--chdir"), 0),
    "exec": (("-a",), 0),
    "flock": (("-w", "--timeout", "-E"), 1),
    "ionice": (("-c", "--class", "-n", "--classdata"), 0),
    "nice": (("-n", "--adjustment"), 0),
    "nohup": ((), 0),
    "proxychains4": (("-f",), 0),
    "setsid": ((), 0),
    "stdbuf": (("-i", "-o", "-e"), 0),
    "sudo": (("-u", "--user", "-g", "--group", "-h", "--host", "-p", "-C", "-D", "--chdir", "-R", "-r", "-t", "-U"), 0),
    "taskset": ((), 1),
    "time": (("-f", "-o"), 0),
    "timeout": (("-k", "--kill-after", "-s", "--signal"), 1),
    "gtimeout": (("-k", "--kill-after", "-s", "--signal"), 1),
    "torsocks": ((), 0),
    "unbuffer": ((), 0),
    "xargs": (("-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s", "--max-args", "--max-procs", "--delimiter"), 0),
}
# Programs that run another one after one of these words, which is behind `--` or is the first that is no option.
_RUNNERS = {
    "asdf": ("exec",),
    "aws-vault": ("exec",),
    "bundle": ("exec",),
    "devbox": ("run",),
    "direnv": ("exec",),
    "doppler": ("run",),
    "dotenv": ("run", "--"),
    "dotenvx": ("run",),
    "envchain": (),
    "flox": ("activate",),
    "hatch": ("run",),
    "infisical": ("run",),
    "mise": ("exec", "x"),
    "nix": ("develop", "shell", "run"),
    "npm": ("exec", "x"),
    "op": ("run",),
    "pdm": ("run",),
    "pipenv": ("run",),
    "pixi": ("run",),
    "pnpm": ("exec",),
    "poetry": ("run",),
    "rtx": ("exec", "x"),
    "teller": ("run",),
    "uv": ("run",),
}
# Runners that take a word of their own before the program, unless `--` separates them.
_TAKES_A_WORD = frozenset(("aws-vault", "direnv", "envchain"))
_MOST = 20


def program(words: list[str]) -> tuple[str, list[str]]:
    """Return the program's plain name and its arguments; empty if the words run none."""
    rest = words
    for _ in range(_MOST):
        rest = _without_assignments(rest)
        if not rest:
            return "", []
        name = plain_name(rest[0])
        inner = _inner(name, rest[1:])
        if inner is None:
            return name, rest[1:]
        rest = inner
    return "", []


def repeats(words: list[str]) -> bool:
    """Tell whether the call may run its program several times."""
    return any(plain_name(word) in ("xargs", "parallel") for word in words)


def plain_name(word: str) -> str:
    """Return a program's name without its folder."""
    return word.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe")


def _without_assignments(words: list[str]) -> list[str]:
    at = 0
    while at < len(words) and (words[at] in _KEYWORDS or _is_assignment(words[at])):
        at += 1
    return words[at:]


def _is_assignment(word: str) -> bool:
    return "=" in word and word.partition("=")[0].removesuffix("+").isidentifier()


def _inner(name: str, rest: list[str]) -> list[str] | None:
    """Return the words of the program that this one runs; `None` if it runs none."""
    if name in _WRAPPERS:
        valued, before = _WRAPPERS[name]
        return _after_options(rest, valued)[before:]
    if name in _RUNNERS:
        return _after_runner(name, rest)
    return None


def _after_options(words: list[str], valued: tuple[str, ...]) -> list[str]:
    at = 0
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "--":
            return words[at + 1 :]
        at += 2 if words[at] in valued else 1
    return words[at:]


def _after_runner(name: str, rest: list[str]) -> list[str] | None:
    verbs = _RUNNERS[name]
    at = next((n + 1 for n, word in enumerate(rest) if word in verbs), 0)
    if verbs and not at:
        return None
    # `--` may stand among the program's own words, too.
    before = rest[at : at + _MOST]
    if "--" in before:
        return rest[at + before.index("--") + 1 :]
    return _after_options(rest[at:], ())[1 if name in _TAKES_A_WORD else 0 :]
