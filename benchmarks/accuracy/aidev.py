"""A folder of agents' pull requests laid out as the AIDev data set: `<agent>/prs.csv`, `<agent>/pr_commits.csv`."""

import csv
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from io import StringIO
from pathlib import Path

from msgspec import Struct

from pr_sessions.core.ids import check_number
from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.times import read_time
from pr_sessions.errors import InvalidValue, NotFound, UnreadableFile
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import followed

PULL_REQUESTS, COMMITS = "prs.csv", "pr_commits.csv"
_LAYOUT = f"a folder for each agent, with {PULL_REQUESTS} and {COMMITS}, as in the AIDev data set"
_PR_COLUMNS = ("id", "number", "title", "user", "user_id", "created_at", "closed_at", "merged_at", "repo_url", "body")
_COMMIT_COLUMNS = ("pr_id", "sha", "author", "committer", "message")


class Commit(Struct, frozen=True):
    """One commit of a pull request; author and committer are logins."""

    sha: str
    author: str
    committer: str
    message: str


class Record(Struct, frozen=True, kw_only=True):
    """One pull request as the folder tells it.

    Attributes:
        agent: name of the folder it stands in.
        repository: `owner/name`.
        pull_request: its number says the repository too.
    """

    agent: str
    repository: str
    pull_request: PullRequest
    commits: tuple[Commit, ...] = ()


class Archive(Struct, frozen=True):
    """What a folder holds.

    Attributes:
        agents: pull requests by the name of the agent's folder, in the order of names and of the file.
        broken: where a line could not be used, and why.
        digest: SHA-256 over the names and bytes of all files that were read.
    """

    agents: Mapping[str, tuple[Record, ...]]
    broken: tuple[str, ...]
    digest: str


def read_archive(folder: Path) -> Archive:
    """Reads everything; a line that cannot be used is left out and named.

    Raises:
        NotFound: there is no such folder, or no agent's in it.
        UnreadableFile: a file of it cannot be read, or lacks a column.
    """
    names = _agents(folder)
    broken: list[str] = []
    digest = sha256()
    agents: dict[str, tuple[Record, ...]] = {}
    for name in names:
        texts = {file: read_bytes(followed(folder / name / file)) or b"" for file in (PULL_REQUESTS, COMMITS)}
        for file, data in texts.items():
            digest.update(f"{name}/{file} {len(data)}\n".encode() + data)
        commits = _commits(texts[COMMITS], f"{name}/{COMMITS}", broken)
        agents[name] = tuple(_records(name, texts[PULL_REQUESTS], commits, broken))
    return Archive(agents, tuple(broken), digest.hexdigest())


def _agents(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise NotFound(f"no such folder: {folder}", f"name one that holds {_LAYOUT}")
    names = sorted(path.parent.name for path in folder.glob(f"*/{PULL_REQUESTS}"))
    if not names:
        raise NotFound(f"no pull requests in {folder}", f"what is read is {_LAYOUT}")
    return names


def _commits(data: bytes, place: str, broken: list[str]) -> Mapping[str, tuple[Commit, ...]]:
    """The commits of each pull request, by its id; none where there is no such file."""
    found: dict[str, list[Commit]] = {}
    for _, row in _rows(data, place, _COMMIT_COLUMNS, broken) if data else ():
        found.setdefault(row["pr_id"], []).append(Commit(*(row[column] for column in _COMMIT_COLUMNS[1:])))
    return {key: tuple(commits) for key, commits in found.items()}


def _records(agent: str, data: bytes, commits: Mapping[str, tuple[Commit, ...]], broken: list[str]) -> Iterator[Record]:
    seen: set[str] = set()
    for place, row in _rows(data, f"{agent}/{PULL_REQUESTS}", _PR_COLUMNS, broken):
        try:
            record = _record(agent, row, commits.get(row["id"], ()))
        except InvalidValue as error:
            broken.append(f"{place}: {error}")
            continue
        if record.pull_request.number in seen:
            broken.append(f"{place}: {record.pull_request.number} stands there twice")
            continue
        seen.add(record.pull_request.number)
        yield record


def _rows(
    data: bytes, place: str, columns: tuple[str, ...], broken: list[str]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each row with where it ends in the file; csv itself refuses a field of more than 128 Ki characters."""
    reader = csv.reader(StringIO(data.decode("utf-8-sig", "replace"), newline=""), strict=True)
    header: list[str] | None = None
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            broken.append(f"{place}, line {reader.line_num}: {error}")
            continue
        if header is None:
            header = _header(cells or [], place, columns)
        elif cells is None:
            return
        elif len(cells) != len(header):
            broken.append(f"{place}, line {reader.line_num}: {len(cells)} columns instead of {len(header)}")
        else:
            yield f"{place}, line {reader.line_num}", dict(zip(header, cells, strict=True))


def _header(cells: list[str], place: str, columns: tuple[str, ...]) -> list[str]:
    missing = [column for column in columns if column not in cells]
    if missing:
        raise UnreadableFile(f"{place} lacks the columns {', '.join(missing)}", f"what is read is {_LAYOUT}")
    return cells


def _record(agent: str, row: Mapping[str, str], commits: tuple[Commit, ...]) -> Record:
    repository = "/".join(row["repo_url"].rstrip("/").rsplit("/", 2)[-2:])
    pull_request = PullRequest(
        number=check_number(f"{repository}#{row['number']}"),
        title=row["title"],
        body=row["body"],
        author=row["user"],
        author_id=_id(row["user_id"]),
        commits=tuple(commit.sha for commit in commits),
        commit_messages=tuple(commit.message for commit in commits),
        commit_authors=tuple(commit.author for commit in commits),
        state=State.MERGED if row["merged_at"] else State.CLOSED if row["closed_at"] else State.OPEN,
        created=read_time(row["created_at"]),
        closed=read_time(row["closed_at"]) if row["closed_at"] else None,
        merged=read_time(row["merged_at"]) if row["merged_at"] else None,
    )
    return Record(agent=agent, repository=repository, pull_request=pull_request, commits=commits)


def _id(said: str) -> int | None:
    return int(said) if re.fullmatch(r"[0-9]{1,18}", said, re.ASCII) else None
