"""Commits and the files that they change, read from one run of `git log`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO

from msgspec import Struct

from pr_sessions.errors import InvalidValue, NotARepository, PrSessionsError, UnreadableFile

_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%ct", "%D", "%B", "%(trailers:only,unfold)")
_LOG = (
    "log",
    "-z",
    f"--format={'%x00'.join(_FIELDS)}%x00",
    "--encoding=UTF-8",
    "--raw",
    "--no-abbrev",
    "--root",
    # Of the decorations only `grafted` is wanted, which marks where a shallow clone ends.
    "--decorate-refs=refs/none",
    "--diff-merges=first-parent",
    # Only exact renames: the others need file contents, which a partial clone would have to download.
    "-M100%",
    "--no-relative",
    "--no-color",
    # Checking signatures runs a program that the repository's configuration names.
    "--no-show-signature",
)
_NO_COMMITS = "does not have any commits yet"
_NO_REPOSITORY = ("not a git repository", "dubious ownership", "cannot change to")
# Set inside git's own hooks; they would lead away from a folder that has its own `.git`.
_LOCATION = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")
_CHUNK = 1 << 20


class Commit(Struct, frozen=True):
    """A commit as git's log shows it.

    Attributes:
        email: the author's.
        authored: `None` where git cannot read the date.
        committed: `None` where git cannot read the date.
        trailers: `Key: value` lines at the end of the message.
        files: paths that differ from the first parent; of a moved file the new one.
        added: those that the first parent does not have.
        is_cut: a shallow clone ends here: parents and files are unknown, not absent.
    """

    sha: str
    parents: tuple[str, ...]
    author: str
    email: str
    authored: datetime | None
    committed: datetime | None
    message: str
    trailers: str
    files: tuple[str, ...]
    added: tuple[str, ...]
    is_cut: bool


def read_log(root: Path, revisions: str | None = None, limit: int | None = None) -> Iterator[Commit]:
    """The commits of a repository, newest first, while git still writes them. A repository without commits gives none.

    Args:
        root: any folder in the working tree.
        revisions: one revision or range, as `git log` takes it; never read as an option.
        limit: read at most so many commits.

    Raises:
        NotARepository: git is missing, or does not take the folder for a repository.
        InvalidValue: git does not know the revisions.
        UnreadableFile: git cannot read its own history.
    """
    import subprocess
    import tempfile

    with tempfile.TemporaryFile() as talk:
        try:
            process = subprocess.Popen(
                _command(root, revisions, limit), stdout=subprocess.PIPE, stderr=talk, env=_environment(root)
            )
        except OSError as error:
            raise NotARepository(
                f"git cannot be started: {error.strerror}", "install git, or add its folder to PATH"
            ) from error
        except ValueError:
            raise _bad_revisions(str(revisions), "it holds a character that no revision has") from None
        with process:
            assert process.stdout is not None  # noqa: S101 (PIPE was asked for; this tells the type checker)
            yield from _commits(_tokens(process.stdout))
        if process.returncode:
            talk.seek(0)
            _explain(talk.read(_CHUNK).decode(errors="replace"), root, revisions)


def _command(root: Path, revisions: str | None, limit: int | None) -> list[str]:
    count = [] if limit is None else [f"--max-count={limit}"]
    chosen = [] if revisions is None else [revisions]
    return ["git", "--no-pager", "-C", str(root), *_LOG, *count, "--end-of-options", *chosen, "--"]


def _environment(root: Path) -> dict[str, str]:
    """Ours, with messages that we recognise, and without any way to the network."""
    import os

    left_out = _LOCATION if (root / ".git").exists() else ()
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "LC_ALL": "C", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}


def _tokens(stream: IO[bytes]) -> Iterator[str]:
    """The text between NUL bytes. No message or path can hold one, so nothing in them can be taken for structure."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        for token in whole:
            yield token.decode(errors="replace")


def _commits(tokens: Iterator[str]) -> Iterator[Commit]:
    """Each commit is one token per field, then its changed files."""
    sha = next(tokens, "")
    while sha:
        fields = tuple(islice(tokens, len(_FIELDS) - 1))
        if len(fields) < len(_FIELDS) - 1:
            return  # git broke off; its exit code says why
        files, added, following = _changes(tokens)
        yield _commit(sha, fields, files, added)
        sha = following


def _commit(sha: str, fields: Sequence[str], files: tuple[str, ...], added: tuple[str, ...]) -> Commit:
    parents, author, email, authored, committed, decorations, message, trailers = fields
    is_cut = "grafted" in decorations
    if is_cut:
        files = added = ()  # git shows every file of the tree here, for want of a parent
    return Commit(
        sha=sha,
        parents=tuple(parents.split()),
        author=author,
        email=email,
        authored=_date(authored),
        committed=_date(committed),
        message=message,
        trailers=trailers,
        files=files,
        added=added,
        is_cut=is_cut,
    )


def _changes(tokens: Iterator[str]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Files, added files, and the id of the next commit. An entry is `:<modes> <ids> <status>` and its paths."""
    files: list[str] = []
    added: list[str] = []
    for token in tokens:
        entry = token.lstrip("\n")
        if entry.startswith(":"):
            status = entry.rpartition(" ")[2][:1]
            path = next(islice(tokens, 1 if status in "RC" else 0, None), "")
            files.append(path)
            if status == "A":
                added.append(path)
        elif entry:
            return tuple(files), tuple(added), entry
    return tuple(files), tuple(added), ""


def _date(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _explain(talk: str, root: Path, revisions: str | None) -> None:
    """Raise what git's own words amount to; a repository without commits is no mistake."""
    fatal = [line.removeprefix("fatal: ") for line in talk.splitlines() if line.startswith("fatal: ")]
    reason = _printable(fatal[0] if fatal else talk)
    if revisions is None and _NO_COMMITS in reason:
        return
    if any(words in reason for words in _NO_REPOSITORY):
        raise NotARepository(f"git does not take {root} for a repository: {reason}", "give the path of a working tree")
    if revisions is not None:
        raise _bad_revisions(revisions, reason)
    raise UnreadableFile(f"git cannot read the history of {root}: {reason}", "run `git fsck` there")


def _bad_revisions(revisions: str, reason: str) -> PrSessionsError:
    return InvalidValue(
        f"git does not know the revisions {revisions[:80]!r}: {_printable(reason)}",
        "give one that `git log` takes, such as main, v1.0..HEAD or HEAD~50..",
    )


def _printable(text: str) -> str:
    return "".join(character for character in text[:200] if character.isprintable())
