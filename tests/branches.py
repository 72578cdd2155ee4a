"""Branches of a real repository, made by one process of git."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

LINES = "".join(f"line {number}\n" for number in range(1, 41))
PERSON = "Ada <ada@example.com> 1763805600 +0000"


class Branch(Struct, frozen=True):
    """A branch with one commit of its own.

    Attributes:
        files: new content of these; `None` removes one.
        start: the branch or reference that it begins at; empty for none.
        merged: a branch that its commit merges.
    """

    files: Mapping[str, str | None]
    start: str = "main"
    merged: str = ""


def changed(line: int, text: str, lines: str = LINES) -> str:
    """The lines with another text in one of them, from 1."""
    rows = lines.splitlines(keepends=True)
    rows[line - 1] = f"{text}\n"
    return "".join(rows)


def make_branches(root: Path, branches: Mapping[str, Branch], *, object_format: str = "sha1") -> dict[str, str]:
    """Make branches, in a new repository where there is none; the last commits of all that are there, by name."""
    if not root.exists():
        command = ["git", "init", "-q", "-b", "main", f"--object-format={object_format}", str(root)]
        subprocess.run(command, check=True)
    stream = b"".join(_commit(name, branch) for name, branch in branches.items())
    subprocess.run(["git", "-C", root, "fast-import", "--quiet", "--force"], input=stream, check=True)
    listing = ["git", "-C", root, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads"]
    rows = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: sha for name, _, sha in (row.partition(" ") for row in rows)}


def _ref(name: str) -> str:
    return name if name.startswith("refs/") else f"refs/heads/{name}"


def _commit(name: str, branch: Branch) -> bytes:
    ref = f"refs/heads/{name}"
    lines = [f"reset {ref}", *([f"from {_ref(branch.start)}"] if branch.start else []), ""]
    lines += [f"commit {ref}", f"committer {PERSON}", f"data {len(name)}", name]
    if branch.merged:
        lines.append(f"merge refs/heads/{branch.merged}")
    parts = ["\n".join([*lines, ""]).encode()]
    for path, text in branch.files.items():
        quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        if text is None:
            parts.append(f'D "{quoted}"\n'.encode())
        else:
            data = os.fsencode(text)
            parts.append(b'M 100644 inline "%b"\ndata %d\n%b\n' % (quoted.encode(), len(data), data))
    return b"".join([*parts, b"\n"])
