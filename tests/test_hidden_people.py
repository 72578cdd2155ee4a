"""Where people are hidden, nothing that others read names the person who made a pull request with an agent."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from pr_sessions.core.models import PullRequest
from pr_sessions.core.runs import run_key
from scene import START, Clock, committed, look, minute, overview, tracker_at

PERSON = "adalovelace"
RUN = "session_01AbCdEfGhIjKlMnOpQrStUv"
ITS_SESSION = f"claude-code-{run_key(RUN)[:10]}"
SETTINGS = "track: agents\npeople: hidden\nkeep_days: 30\n"
ASSISTED = PullRequest(
    number="1",
    title="Fix by adalovelace",
    body="Ask @adalovelace",
    author=PERSON,
    author_id=7,
    branch="adalovelace/fix",
    commit_messages=(f"Fix\n\nClaude-Session: https://claude.ai/code/{RUN}",),
    commit_authors=("adalovelace@example.com",),
    created=START,
)


def written_of(root: Path) -> list[str]:
    """The files of our own that name the person."""
    ours = {path: content for path, (content, _) in look(root).items() if not path.startswith(".git/objects")}
    return [path for path, content in ours.items() if PERSON.encode() in content.lower()]


@pytest.mark.parametrize("imported", [True, False])
def test_no_file_names_the_person_and_the_run_is_one_session(tmp_path: Path, clock: Clock, imported: bool) -> None:
    clone = committed(tmp_path / "clone")
    config = clone / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(SETTINGS)
    tracker = tracker_at(clone, clock, AUTO_PR_SESSION_AUTHOR="importer")
    prs = [replace(ASSISTED, number=str(n), created=minute(45 * (n - 1))) for n in (1, 2, 3)]
    for pr in prs:
        clock.set(45 * (int(pr.number) - 1))
        if imported:
            tracker.record_all([pr])
        else:
            tracker.record(pr, use_workspace_session=False)

    assert overview(tracker) == {ITS_SESSION: (("1", "2", "3"), "")}
    assert written_of(clone) == []
    clock.set(60 * 24 * 60)
    tracker.cleanup()
    assert any("archive" in path for path in look(clone))
    assert written_of(clone) == []
