"""A commit made of a branch's last one and a new session file, without index, checkout or working tree."""

from pathlib import Path

from pr_sessions.stores.git import GitFailed, ask_git, run_git
from pr_sessions.stores.repository import SESSION_FILE

README = """\
# Work sessions

This branch belongs to pr-sessions. It holds one document, `docs/metrics/auto_pr_sessions.json`, and no code: which
pull request came from which work session. `pr-sessions sync` fetches it, joins it with what a clone knows, and pushes
the outcome. Merge it into nothing, and let no rule of the forge keep people and workflows from pushing to it.
"""
README_FILE = "README.md"
OURS = frozenset({README_FILE, SESSION_FILE.partition("/")[0]})

# Workflows often run without a name of their own.
_FALLBACK = {"user.name": "pr-sessions", "user.email": "pr-sessions@localhost"}


def commit_document(root: Path, parent: str | None, data: bytes, message: str) -> str:
    """Writes a commit that nothing points to yet; returns its id.

    Args:
        root: the working tree whose repository gets the objects. The tree itself is not touched.
        parent: the branch's last commit; whatever else it holds stays.
        data: the session file.
        message: of the commit.

    Raises:
        GitFailed: the objects cannot be written, or the commit cannot be signed.
    """
    tree = _with_file(root, f"{parent}^{{tree}}" if parent else None, SESSION_FILE.split("/"), data)
    if parent is None:
        tree = _with_file(root, tree, [README_FILE], README.encode())
    parents = ("-p", parent) if parent else ()
    # Unlike `git commit`, this command does not look at the setting by itself.
    signed = ("-S",) if ask_git(root, "config", "--type=bool", "--get", "commit.gpgSign") == "true" else ()
    try:
        return _id(run_git(root, *_identity(root), "commit-tree", *signed, *parents, tree, input=message.encode()))
    except GitFailed as error:
        way_out = "commit.gpgSign is set: see whether `git commit` can sign here, or set it to false in this clone"
        raise GitFailed(str(error), way_out if signed else error.hint) from error


def _with_file(root: Path, tree: str | None, path: list[str], data: bytes) -> str:
    """The tree with one file added or replaced."""
    name, *rest = path
    entries = _entries(root, tree) if tree else {}
    if rest:
        below = entries.get(name, b"")
        inner = below.split()[2].decode() if below.startswith(b"040000 tree ") else None
        entries[name] = b"040000 tree %b\t%b" % (_with_file(root, inner, rest, data).encode(), name.encode())
    else:
        blob = run_git(root, "hash-object", "-w", "-t", "blob", "--stdin", input=data).strip()
        entries[name] = b"100644 blob %b\t%b" % (blob, name.encode())
    return _id(run_git(root, "mktree", "-z", input=b"".join(entry + b"\0" for entry in entries.values())))


def _entries(root: Path, tree: str) -> dict[str, bytes]:
    lines = run_git(root, "ls-tree", "-z", tree).split(b"\0")
    return {line.partition(b"\t")[2].decode(errors="surrogateescape"): line for line in lines if line}


def _identity(root: Path) -> list[str]:
    missing = [(key, value) for key, value in _FALLBACK.items() if not ask_git(root, "config", "--get", key)]
    return [word for key, value in missing for word in ("-c", f"{key}={value}")]


def _id(printed: bytes) -> str:
    return printed.decode("ascii").strip()
