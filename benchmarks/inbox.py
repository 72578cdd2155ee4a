"""What a user of `inbox` waits for: 1,000 open pull requests of a GitHub on loopback, and merges that are tried."""

import subprocess
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.clock import in_turns
from benchmarks.past_forge import FakeGitHub, description
from branches import LINES, Branch, changed, make_branches
from fake_github import TOKEN
from pr_sessions.core.conflicts import Conflict, MergeResult
from pr_sessions.git.merge_tree import attempt_merges

OPEN, AUTHORS, FILES = 1_000, 50, 400
SECONDS, MORE_FOR_A_PAGE, A_PAIR = 1.5, 0.3, 0.058
REQUESTS, PULL_REQUESTS_A_REQUEST = 15, 50
PAIRS = 20

Row = tuple[str, float, float, float]


def rows(folder: Path) -> Iterator[Row]:
    """Name, floor, ours and target of each figure; where requests are counted, a thousandth stands for one."""
    forge = _forge()
    page = folder / "inbox.html"
    with forge.running():
        times = in_turns(
            {"text": lambda: _run(forge, folder), "html": lambda: _run(forge, folder, "--html", str(page))}, rounds=5
        )
        forge.asked.clear()
        _run(forge, folder)
    assert not forge.broken, forge.broken[:3]
    most = REQUESTS + 2 * -(-OPEN // PULL_REQUESTS_A_REQUEST)
    yield f"inbox, {OPEN:,} open / {SECONDS} seconds", SECONDS, times["text"], 1
    yield (
        f"inbox --html, what it takes more / {MORE_FOR_A_PAGE} seconds",
        MORE_FOR_A_PAGE,
        times["html"] - times["text"],
        1,
    )
    yield f"inbox, {OPEN:,} open, requests / {most}", most / 1000, len(forge.asked) / 1000, 1
    yield f"inbox, merging a pair / {A_PAIR * 1000:.0f} ms", A_PAIR, _seconds_a_pair(folder / "pairs"), 1


def _forge() -> FakeGitHub:
    """Pull requests of 50 accounts, of which each changes two of 400 files."""
    forge, now = FakeGitHub(description()), datetime.now(UTC).replace(microsecond=0)
    forge.permissions = {f"ann-{n}": "write" for n in range(AUTHORS)}
    for number in range(1, OPEN + 1):
        created = now - timedelta(minutes=5 * (OPEN - number))
        author = f"ann-{number % AUTHORS}"
        forge.add_pull(number, f"auto-pr: step {number}", f"{created:%Y-%m-%dT%H:%M:%SZ}", author)
        forge.files[number] = [forge.file(f"src/{n % FILES}.py") for n in (number, 7 * number)]
        forge.pulls[number]["head"]["sha"] = f"{number:040x}"
    return forge


def _run(forge: FakeGitHub, folder: Path, *options: str) -> None:
    command = Path(sysconfig.get_path("scripts")) / "pr-sessions"
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
        "GITHUB_API_URL": forge.url,
        "GH_TOKEN": TOKEN,
    }
    subprocess.run([command, "inbox", "ada/shop", *options], env=environ, check=True, capture_output=True, cwd=folder)


def _seconds_a_pair(root: Path) -> float:
    """Branches that change one line of a file in two ways, beside 1,000 files."""
    everything: dict[str, str | None] = {f"src/{n % 40}/{n}.py": LINES for n in range(1_000)}
    heads = {str(n): Branch({f"src/{n // 2 % 40}/{n // 2}.py": changed(3, f"by {n}")}) for n in range(2 * PAIRS)}
    shas = make_branches(root, {"main": Branch(everything, start=""), **heads})
    pairs = [Conflict(repository="o/r", numbers=(str(n), str(n + 1)), files=()) for n in range(0, 2 * PAIRS, 2)]
    sides = {("o/r", name): (sha, shas["main"]) for name, sha in shas.items()}

    def merge() -> None:
        attempts = attempt_merges(root / ".git", pairs, sides)
        assert {each.result for each in attempts.values()} == {MergeResult.CONFLICT}

    return in_turns({"merge": merge}, rounds=3)["merge"] / PAIRS
