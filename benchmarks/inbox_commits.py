"""Commits of pull requests in a bare repository, written as git writes them, so that they are merged on trial."""

import subprocess
import zlib
from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path
from typing import TypeAlias

from benchmarks.inbox_truth import PARTS, Truth

Tree: TypeAlias = "dict[str, str | Tree]"
"""By name, the name of a blob or a folder."""

# Git merges two changes without a conflict if enough lines between them are as they were.
_LINES_OF_A_PART = 20


class Commits:
    """The objects of all repositories; each has one commit on which all pull requests are built.

    That a pull request is built on another one is the forge's word alone.
    """

    def __init__(self, git_dir: Path) -> None:
        subprocess.run(["git", "init", "-q", "--bare", str(git_dir)], check=True)
        self._objects = git_dir / "objects"
        self._trees: dict[str, Tree] = {}
        # Most folders are the same objects in all commits. They are kept with their names, so that no id is used again.
        self._stored: dict[int, tuple[Tree, str]] = {}
        self.bases: dict[str, str] = {}

    def add_repository(self, name: str, paths: set[str]) -> None:
        """Commit the same text under all paths that pull requests change."""
        tree: Tree = {}
        blob = self._blob(None, "")
        for path in sorted(paths):
            tree = _with(tree, path.split("/"), blob)
        self._trees[name] = tree
        self.bases[name] = self._commit(tree, name, "")

    def head(self, truth: Truth) -> str:
        """Commit what a pull request changes: one line in its part of each file."""
        tree = self._trees[truth.repository]
        for path, part in truth.files.items():
            tree = _with(tree, path.split("/"), self._blob(part, f"{truth.key} {path}"))
        return self._commit(tree, f"{truth.key} {truth.pushed}", self.bases[truth.repository])

    def _blob(self, changed: int | None, words: str) -> str:
        lines = [f"line {number}" for number in range(PARTS * _LINES_OF_A_PART)]
        if changed is not None:
            lines[changed * _LINES_OF_A_PART + _LINES_OF_A_PART // 2] = words
        return self._store("blob", "\n".join(lines).encode())

    def _commit(self, tree: Tree, words: str, parent: str) -> str:
        lines = [f"tree {self._store_tree(tree)}", *([f"parent {parent}"] if parent else ())]
        people = [f"{role} Ada <ada@example.com> 1700000000 +0000" for role in ("author", "committer")]
        return self._store("commit", "\n".join([*lines, *people, "", words, ""]).encode())

    def _store_tree(self, tree: Tree) -> str:
        if id(tree) not in self._stored:
            # A folder is sorted as if its name ended with a slash.
            entries = sorted(tree.items(), key=lambda entry: entry[0] + ("/" if isinstance(entry[1], dict) else ""))
            data = b"".join(self._entry(name, below) for name, below in entries)
            self._stored[id(tree)] = tree, self._store("tree", data)
        return self._stored[id(tree)][1]

    def _entry(self, name: str, below: "str | Tree") -> bytes:
        mode, sha = ("100644", below) if isinstance(below, str) else ("40000", self._store_tree(below))
        return f"{mode} {name}\0".encode() + bytes.fromhex(sha)

    def _store(self, kind: str, data: bytes) -> str:
        whole = f"{kind} {len(data)}\0".encode() + data
        sha = sha1(whole, usedforsecurity=False).hexdigest()
        path = self._objects / sha[:2] / sha[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(whole, 1))
        return sha


def _with(tree: Tree, path: Sequence[str], blob: str) -> Tree:
    """Return a tree with a file; folders beside its path stay the same objects."""
    name, *rest = path
    below = tree.get(name, {})
    assert not rest or isinstance(below, dict), f"{name} is a file"
    return {**tree, name: _with(below, rest, blob) if rest and isinstance(below, dict) else blob}
