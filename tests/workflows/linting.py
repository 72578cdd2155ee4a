"""Reads every workflow of ours as strictly as zizmor and jactionlint can. `make lint` runs it."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from repositories import A_WHEEL, lay, lay_own

BIN = Path(sys.executable).parent
CONFIGURATION = Path(__file__).with_name("zizmor.yml")
ZIZMOR = (
    "zizmor",
    "--offline",
    f"--config={CONFIGURATION}",
    "--persona=auditor",
    "--strict-collection",
    "--quiet",
    ".",
)
# Both judge triggers and concurrency: zizmor does so job by job, and takes an ignore together with its reason.
JACTIONLINT = (
    "jactionlint",
    f"--shellcheck={BIN / 'shellcheck'}",
    "--strict-exit",
    "--ignore=dangerous-triggers",
    "--ignore=concurrency-limits",
)


def findings(root: Path) -> str:
    """What the linters say about a repository; empty where they have nothing to say."""
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return "".join(_said(linter, root) for linter in (ZIZMOR, JACTIONLINT))


def _said(linter: tuple[str, ...], root: Path) -> str:
    done = subprocess.run([BIN / linter[0], *linter[1:]], cwd=root, capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr}" if done.returncode else ""


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        team, with_wheel, own = (Path(name) / part for part in ("team", "with-wheel", "own"))
        for folder in (team, with_wheel, own):
            folder.mkdir()
        said = findings(lay(team)) + findings(lay(with_wheel, source=A_WHEEL)) + findings(lay_own(own))
    sys.exit(said or 0)
