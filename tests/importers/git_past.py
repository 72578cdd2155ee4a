"""Repositories with a history of their own making."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


class Past:
    """A repository in which every commit is made at a stated minute of one day by a stated author."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main", str(root), at=0)

    def git(
        self, *words: str, at: int = 0, author: str = "Ann", stdin: bytes = b"", email: str = "a@example.org"
    ) -> str:
        when = f"2025-11-22T{10 + at // 60:02}:{at % 60:02}:00Z"
        who = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": when}
        merger = {"GIT_COMMITTER_NAME": "Merger", "GIT_COMMITTER_EMAIL": "m@example.org", "GIT_COMMITTER_DATE": when}
        place = () if words[0] == "init" else ("-C", str(self.root))
        done = subprocess.run(
            ["git", *place, *words], env={**os.environ, **who, **merger}, input=stdin, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def commit(
        self,
        message: str | bytes,
        files: Mapping[str, str] = {},
        *,
        at: int,
        author: str = "Ann",
        email: str = "a@example.org",
    ) -> str:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        raw = message.encode() if isinstance(message, str) else message
        plain = ("--allow-empty", "--allow-empty-message", "--cleanup=verbatim", "--quiet", "--file=-")
        self.git("commit", *plain, at=at, author=author, stdin=raw, email=email)
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "main") -> None:
        self.git("checkout", "--quiet", "-b", name, start)

    def switch(self, name: str) -> None:
        self.git("checkout", "--quiet", name)

    def merge(self, message: str, *branches: str, at: int) -> str:
        self.git("merge", "--quiet", "--no-ff", *branches, "--message", message, at=at, author="Merger")
        return self.git("rev-parse", "HEAD")
