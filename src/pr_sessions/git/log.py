"""Commits and the files that they change, read from one run of `git log`."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from msgspec import Struct

from pr_sessions.errors import InvalidValue, NotARepository, PrSessionsError, UnreadableFile
from pr_sessions.git.commands import GitFailed, reading_command, reading_environment, trust_hint

_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%D", "%B")
_LOG = (
    "log",
    "-z",
    f"--format={'%x00'.join(_FIELDS)}%x00",
    "--encoding=UTF-8",
    "--no-abbrev",
    "--root",
    # Of the decorations only `grafted` is wanted, which marks where a shallow clone ends.
    "--decorate-refs=refs/none",
    "--diff-merges=first-parent",
    "--no-relative",
    "--no-color",
    # These run programs that the repository's configuration names.
    "--no-show-signature",
    "--no-ext-diff",
    "--no-textconv",
    "--no-mailmap",
)
# Only exact renames: the others need file contents, which a partial clone would have to download.
_WITH_FILES = ("--raw", "-M100%")
_WITHOUT_FILES = ("--no-patch",)
_NO_COMMITS = "does not have any commits yet"
_NOT_FETCHED = "promisor remote"
_NO_REPOSITORY = ("not a git repository", "dubious ownership", "cannot change to", "cannot use bare repository")
_MOVES = (b"R", b"C")  # statuses with two paths
_CHUNK = 1 << 20
_LONGEST = 1 << 20  # bytes of one message or path


class MissingObjects(UnreadableFile):
    """A partial clone lacks what was asked for, and nothing is fetched for a reader."""


class Commit(Struct, frozen=True):
    """A commit as git's log shows it.

    Attributes:
        email: the author's.
        authored: `None` where git cannot read the date.
        committer: who made this commit of the author's work, such as GitHub.
        committed: `None` where git cannot read the date.
        files: the paths that changed, of a moved file the new one, and whether the first parent lacks them.
        is_cut: a shallow clone ends here: parents and files are unknown, not absent.
        has_files: whether the files are known.
    """

    sha: str
    parents: tuple[str, ...]
    author: str
    email: str
    authored: datetime | None
    committer: str
    committer_email: str
    committed: datetime | None
    message: str
    files: Mapping[str, bool]
    is_cut: bool
    has_files: bool


def read_log(
    root: Path,
    revisions: str | None = None,
    limit: int | None = None,
    *,
    is_named_bare: bool = False,
    with_files: bool = True,
) -> Iterator[Commit]:
    """Yield the commits of a repository, newest first, while git still writes them; none where it has none.

    Args:
        root: any folder in the working tree.
        revisions: one revision or range, as `git log` takes it; never read as an option.
        limit: read at most so many commits.
        is_named_bare: `root` is a bare repository that the user named.
        with_files: read which files changed; a treeless clone has not got them.

    Raises:
        NotARepository: git is missing, or does not take the folder for a repository.
        InvalidValue: git does not know the revisions.
        MissingObjects: a clone without trees has no files.
        UnreadableFile: git cannot read its own history.
    """
    import subprocess
    import tempfile

    count = () if limit is None else (f"--max-count={limit}",)
    files = _WITH_FILES if with_files else _WITHOUT_FILES
    arguments = (*_LOG, *files, *count, "--end-of-options", *(() if revisions is None else (revisions,)), "--")
    with tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(
                reading_command("-C", str(root), *arguments, is_named_bare=is_named_bare),
                stdout=subprocess.PIPE,
                stderr=messages,
                env=reading_environment(root),
            )
        except (GitFailed, OSError) as error:
            raise NotARepository("git cannot be started", "install git, or add its folder to PATH") from error
        except ValueError:
            raise _bad_revisions(str(revisions), "it holds a character that no revision has") from None
        with process:
            assert process.stdout is not None  # noqa: S101 (PIPE was asked for; this tells the type checker)
            yield from _commits(process.stdout, with_files)
        if process.returncode:
            messages.seek(0)
            _explain(messages.read(_CHUNK).decode(errors="replace"), root, revisions)


def _commits(stream: IO[bytes], with_files: bool) -> Iterator[Commit]:
    """Yield a commit for each run of fields and changed files, as soon as the next one begins."""
    tokens: list[bytes] = []
    for batch in _tokens(stream):
        tokens += batch
        start = 0
        while (read := _files(tokens, start + len(_FIELDS)))[0] < len(tokens):
            end, files = read
            yield _commit(tokens[start : start + len(_FIELDS)], files, with_files)
            start = end
        del tokens[:start]
    # Where git breaks off within the fields, its exit code says why.
    if len(tokens) >= len(_FIELDS):
        _, files = _files(tokens, len(_FIELDS))
        yield _commit(tokens[: len(_FIELDS)], files, with_files)


def _tokens(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """Yield the texts between NUL bytes. No message or path can hold one, so none is taken for structure."""
    pieces: list[bytes] = []
    size = 0
    while chunk := stream.read(_CHUNK):
        first, *others = chunk.split(b"\0")
        # Of one text that goes on and on the beginning is kept, and nothing is copied twice.
        if size < _LONGEST:
            pieces.append(first[: _LONGEST - size])
            size += len(first)
        if others:
            last = others.pop()
            yield [b"".join(pieces), *others]
            pieces, size = [last], len(last)


def _files(tokens: list[bytes], at: int) -> tuple[int, dict[str, bool]]:
    """Return where the next commit begins, if all of this one is there, else at least the size; and the files."""
    files: dict[str, bool] = {}
    size = len(tokens)
    while at < size:
        # An entry is `:<modes> <ids> <status>`, and its paths are the next texts.
        entry = tokens[at].lstrip(b"\n")
        if entry.startswith(b":"):
            status = entry[entry.rfind(b" ") + 1 :][:1]
            at += 3 if status in _MOVES else 2
            if at <= size:
                files[tokens[at - 1].decode(errors="replace")] = status == b"A"
        elif entry:
            break
        else:
            at += 1
    return at, files


def _commit(tokens: list[bytes], files: dict[str, bool], with_files: bool) -> Commit:
    fields = [token.decode(errors="replace") for token in tokens]
    sha, parents, author, email, authored, committer, committer_email, committed, decorations, message = fields
    is_cut = "grafted" in decorations
    return Commit(
        sha=sha.lstrip("\n"),
        parents=tuple(parents.split()),
        author=author,
        email=email,
        authored=_date(authored),
        committer=committer,
        committer_email=committer_email,
        committed=_date(committed),
        message=message,
        # Where a shallow clone ends git shows every file of the tree, for want of a parent.
        files={} if is_cut else files,
        is_cut=is_cut,
        has_files=with_files and not is_cut,
    )


def _date(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _explain(messages: str, root: Path, revisions: str | None) -> None:
    """Raise what git's own words amount to; a repository without commits is no mistake."""
    fatal = [line.removeprefix("fatal: ") for line in messages.splitlines() if line.startswith("fatal: ")]
    reason = _printable(fatal[0] if fatal else messages)
    if revisions is None and _NO_COMMITS in reason:
        return
    if any(words in reason for words in _NO_REPOSITORY):
        raise NotARepository(
            f"git does not take {root} for a repository: {reason}",
            trust_hint(messages) or "give the path of a working tree",
        )
    if _NOT_FETCHED in messages:
        raise MissingObjects(
            f"{root} is a partial clone: {reason}", "run `git fetch --refetch --filter=blob:none` there"
        )
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
