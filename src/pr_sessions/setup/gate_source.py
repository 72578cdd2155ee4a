"""Where the gate's action installs pr-sessions from: a commit or a wheel, and never a name of a package index.

Somebody could register the name there. The digest of the package is recorded, and checked before the first import.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from msgspec import Struct

from pr_sessions.errors import InvalidValue, PrSessionsError, UnreadableFile
from pr_sessions.git.commands import run_git
from pr_sessions.io.files import MIB, read_bytes
from pr_sessions.io.places import followed

FORMS = "--from git+https://HOST/OWNER/pr-sessions@COMMIT (40 hex digits), or --from PATH/pr_sessions-VERSION-….whl"
# A user name, password or token in the URL would be committed.
_GIT = re.compile(r"git\+((https|file)://[A-Za-z0-9._~/%:+-]+)@([0-9a-f]{40})", re.ASCII)
_WHEEL = re.compile(r"pr_sessions-[A-Za-z0-9.!+_]{1,60}-py3-none-any\.whl", re.ASCII)
_PACKAGE, _IN_REPOSITORY = "pr_sessions", "src/pr_sessions"
_FILE_MODES = ("100644", "100755")
# What the pages of `serve` load is copied there when the package is built; a commit does not hold it.
_ASSETS = "server/static/"
_MOST_FILES, _MOST_BYTES = 5_000, 64 * MIB


class Commit(Struct, frozen=True):
    """A commit of a git repository.

    Attributes:
        digest: of the package as it is installed from there.
    """

    url: str
    commit: str
    digest: str


class Wheel(Struct, frozen=True):
    """A wheel, which is copied into the repository.

    Attributes:
        digest: of the package as it is installed from there.
    """

    name: str
    data: bytes
    digest: str


Source = Commit | Wheel


def find_source(text: str) -> Source:
    """Return what `--from` names, if it holds the same pr-sessions as the one that runs.

    The workflows and the list of requirements come from the one that runs. So the workflows run only what has been
    installed before, and could be inspected.

    Raises:
        InvalidValue: it is neither a commit nor a wheel of ours, or holds another pr-sessions.
        UnreadableFile: the wheel cannot be read.
        GitFailed: git cannot get the commit.
    """
    path = Path(text)
    if match := _GIT.fullmatch(text):
        url, scheme, commit = match.groups()
        files = _files_of_commit(url, scheme, commit)
        source: Source = Commit(url, commit, package_digest(files))
    elif _WHEEL.fullmatch(path.name):
        data = read_bytes(followed(path), 16 * MIB)
        if data is None:
            build = "build it with: uv build --wheel, or python -m build --wheel"
            raise InvalidValue(f"there is no wheel {path}", build)
        files = dict(_files_of_wheel(path, data))
        source = Wheel(path.name, data, package_digest(files))
    else:
        raise InvalidValue(f"not a commit or a wheel of pr-sessions: {text[:200]}", FORMS)
    if package_digest(_without_assets(files)) != running_digest():
        raise InvalidValue(
            f"{text[:200]} holds another pr-sessions than the one that runs",
            f"install that one first, such as with: uv tool install '{text[:200]}'",
        )
    return source


def package_digest(files: Mapping[str, bytes]) -> str:
    """Return the digest of a package's files by their paths in it; `action.yml` computes the same.

    It is the SHA-256 of a line for each file in the order of the paths: the file's SHA-256, two blanks, the path.
    """
    lines = (f"{sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files))
    return sha256("".join(lines).encode()).hexdigest()


def running_digest() -> str:
    """Return the digest of the package that runs, without Python's caches and what its pages load."""
    import pr_sessions

    package = Path(pr_sessions.__file__).parent
    paths = (path for path in package.rglob("*") if "__pycache__" not in path.parts and path.is_file())
    files = {path.relative_to(package).as_posix(): path.read_bytes() for path in paths}
    return package_digest(_without_assets(files))


def _without_assets(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if not path.startswith(_ASSETS)}


def _files_of_commit(url: str, scheme: str, commit: str) -> dict[str, bytes]:
    only = ("-c", "protocol.allow=never", "-c", f"protocol.{scheme}.allow=always")
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            # Not a bare repository: git runs with `safe.bareRepository=explicit`.
            run_git(folder, "init", "-q", "--template=", ".")
            run_git(folder, *only, "fetch", "-q", "--depth=1", "--no-tags", "--", url, commit)
            return dict(_blobs(folder, commit))
        except PrSessionsError as error:
            raise type(error)(f"{url}@{commit} cannot be read: {error}", error.hint or "check the address") from error


def _blobs(folder: Path, commit: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the package as git stores them; nothing is checked out."""
    listed = run_git(folder, "ls-tree", "-r", "-z", "--full-tree", commit, f"{_IN_REPOSITORY}/").decode().split("\0")
    rows = [row.partition("\t") for row in listed if row]
    if not rows or len(rows) > _MOST_FILES or any(not about.startswith(_FILE_MODES) for about, _, _ in rows):
        raise InvalidValue(f"it holds no {_IN_REPOSITORY} of files", FORMS)
    names = "".join(f"{about.split()[2]}\n" for about, _, _ in rows).encode()
    data = run_git(folder, "cat-file", "--batch", input=names)
    place = 0
    for _, _, path in rows:
        end = data.index(b"\n", place)
        size = int(data[place:end].split()[2])
        yield path.removeprefix(f"{_IN_REPOSITORY}/"), data[end + 1 : end + 1 + size]
        place = end + size + 2


def _files_of_wheel(path: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the package. The wheel must not install anything else, such as a `.pth` that Python runs."""
    from zipfile import BadZipFile, ZipFile
    from zlib import error as not_compressed

    try:
        with ZipFile(BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > _MOST_FILES or sum(info.file_size for info in infos) > _MOST_BYTES:
                raise UnreadableFile(f"{path} unpacks to too much for a wheel of pr-sessions")
            for info in infos:
                top, *rest = PurePosixPath(info.filename).parts
                if top == _PACKAGE and not info.is_dir():
                    yield "/".join(rest), archive.read(info)
                elif top != _PACKAGE and not re.fullmatch(r"pr_sessions-[^/]+\.dist-info", top):
                    raise InvalidValue(f"{path} installs {info.filename[:200]}, too, which is none of ours", FORMS)
    except (BadZipFile, NotImplementedError, EOFError, ValueError, OSError, RuntimeError, not_compressed) as error:
        raise UnreadableFile(f"{path} is no wheel: {error}") from error


_SERVER = re.compile(r"https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]{1,100}){0,5}", re.ASCII)


def server_address(text: str) -> str:
    """Return the address of a team's server as workflows use it, without a slash at its end.

    Raises:
        InvalidValue: it is none that may stand in a workflow.
    """
    address = text.strip().rstrip("/")
    if not _SERVER.fullmatch(address):
        raise InvalidValue("--server is no address of a server", "write it like https://sessions.example.com")
    return address
