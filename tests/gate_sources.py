"""Commits and wheels from which the gate's action installs pr-sessions."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pr_sessions

ROOT = Path(__file__).parents[1]
WHEEL = "pr_sessions-0.1.0-py3-none-any.whl"
_NEEDED = ("pyproject.toml", "README.md", "LICENSE", "hatch_build.py", "package.json", "package-lock.json")
# Made when the package is built; no commit holds it.
_STATIC = "server/static/"


def package_files() -> dict[str, bytes]:
    """The files of the package that runs, by their path in it."""
    package = Path(pr_sessions.__file__).parent
    found = (path for path in package.rglob("*") if "__pycache__" not in path.parts and path.is_file())
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in found}


def wheel(folder: Path, files: Mapping[str, bytes] | None = None, name: str = WHEEL) -> Path:
    """A wheel of the package that runs, with further files or other ones."""
    folder.mkdir(parents=True, exist_ok=True)
    package = {f"pr_sessions/{path}": data for path, data in package_files().items()}
    with ZipFile(folder / name, "w") as archive:
        for path, data in {**package, "pr_sessions-0.1.0.dist-info/METADATA": b"", **(files or {})}.items():
            archive.writestr(path, data)
    return folder / name


def repository(folder: Path, files: Mapping[str, bytes] | None = None) -> str:
    """A git repository of the package that runs, and its one commit, as `--from` names them."""
    files_of_git = {path: data for path, data in package_files().items() if not path.startswith(_STATIC)}
    package = {f"src/pr_sessions/{path}": data for path, data in files_of_git.items()}
    around = {name: (ROOT / name).read_bytes() for name in _NEEDED}
    for path, data in {**package, **around, **(files or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["-c", "core.autocrlf=false", "add", "--force", "."],
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "All of it"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return f"git+{folder.as_uri()}@{commit.stdout.strip()}"
