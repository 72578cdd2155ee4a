"""One command proposes to every repository of an organisation that its workflows ask the team's server."""

from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from asking import fake, no_credentials
from fake_github import TOKEN, FakeGitHub, Repository
from gate_sources import wheel
from pr_sessions.cli.gate_move import Moved, move
from pr_sessions.core.policy import GateMode
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.repository import CONFIG
from pr_sessions.setup.gate_files import gate_files
from pr_sessions.setup.gate_move import ADVISORY, MOVED, NO_WORKFLOWS
from pr_sessions.setup.gate_source import Source, find_source

__all__ = ["fake", "no_credentials"]
SERVER = "https://sessions.example.com"
CHECK = ".github/workflows/pr-sessions-check.yml"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return wheel(tmp_path / "dist")


def lay(repository: Repository, source: Source, mode: GateMode = GateMode.ENFORCE, server: str = "") -> None:
    """A repository with the workflows of `init --github`."""
    files = gate_files(version("pr-sessions"), source, mode, dashboard=not server, server=server)
    repository.contents |= {("main", path): data for path, data in files.items()}
    repository.contents["main", CONFIG] = f"gate: {mode}\n".encode()


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(fake: FakeGitHub, source: Path) -> None:
    lay(fake, find_source(str(source)))
    fake.add_repository("ada/plain")
    lay(fake.add_repository("ada/moved"), find_source(str(source)), server=SERVER)
    lay(fake.add_repository("ada/calm"), find_source(str(source)), GateMode.ADVISORY)
    fake.add_repository("ada/old").is_archived = True

    assert run(fake, source, write=False) == (
        Moved("ada/shop", "would change 4 files"),
        Moved("ada/plain", "left as it is", notes=(NO_WORKFLOWS,)),
        Moved("ada/moved", "left as it is", notes=(MOVED,)),
        Moved("ada/calm", "would change 3 files", notes=(ADVISORY,)),
    )
    assert [each for each in fake.asked if not each.startswith("GET")] == []


def test_the_proposal_changes_all_files_together_and_keeps_the_required_check(
    fake: FakeGitHub,
    source: Path,
) -> None:
    lay(fake, find_source(str(source)))
    (moved,) = run(fake, source, write=True)
    assert moved.did == "proposed"

    (changed,) = fake.proposed.values()
    after = {path: data for (_, path), data in fake.contents.items()} | changed
    present = {path: data for path, data in after.items() if data is not None and path != CONFIG}
    assert present == gate_files(version("pr-sessions"), find_source(str(source)), GateMode.ENFORCE, server=SERVER)
    assert CHECK not in changed
    assert yaml.safe_load(present[CHECK])["jobs"]["check"]["permissions"]["checks"] == "write"


def test_a_second_time_the_same_proposal_is_named(fake: FakeGitHub, source: Path) -> None:
    lay(fake, find_source(str(source)))
    run(fake, source, write=True)
    run(fake, source, write=True)

    assert (len(fake.pulls), len(fake.proposed)) == (1, 1)


def test_files_that_somebody_changed_are_left(fake: FakeGitHub, source: Path) -> None:
    lay(fake, find_source(str(source)))
    fake.contents["main", CHECK] += b"# ours\n"
    (left,) = run(fake, source, write=True)

    assert left.notes == (f"somebody changed {CHECK}: run `init --github` in a clone",)
    assert fake.proposed == {}


def test_a_repository_that_refuses_keeps_no_other_from_moving(fake: FakeGitHub, source: Path) -> None:
    lay(fake, find_source(str(source)))
    fake.forbidden = {"git/create-ref"}
    (failed,) = run(fake, source, write=True)

    assert failed.did == "failed"
    assert fake.pulls == {}


def test_without_a_token_nothing_is_asked(fake: FakeGitHub, source: Path) -> None:
    with pytest.raises(PrSessionsError, match="nothing can be moved without a token"):
        move("ada", SERVER, str(source), write=True, environ={"GITHUB_API_URL": fake.url})


def run(fake: FakeGitHub, source: Path, *, write: bool) -> tuple[Moved, ...]:
    return move("ada", SERVER, str(source), write=write, environ={"GITHUB_API_URL": fake.url, "GH_TOKEN": TOKEN})
