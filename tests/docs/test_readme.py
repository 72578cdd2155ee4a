"""What the README shows is what the tool prints."""

import json
import os
import re
from pathlib import Path

import pytest

import scene
from fake_github import TOKEN, FakeGitHub
from pr_sessions.cli.main import run

README = Path(__file__).parents[2] / "README.md"
SHOWN = re.compile(r"^```console\n\$ pr-sessions (?P<command>[^\n]*)\n(?P<printed>.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = {shown["command"]: shown["printed"] for shown in SHOWN.finditer(README.read_text("utf-8"))}

EMAILS = {"cursor-bot": "cursoragent@cursor.com", "codex-bot": "codex@openai.com", "Ann": "ann@example.org"}
MORNING = (
    ("09:02", "cursor-bot", "auto-pr: billing, the models (#12)", ("billing/models.py", "billing/__init__.py")),
    ("09:04", "cursor-bot", "auto-pr: billing, the views (#13)", ("billing/views.py", "billing/__init__.py")),
    ("09:05", "cursor-bot", "auto-pr: billing, tests (#14)", ("tests/test_billing.py",)),
    ("09:41", "codex-bot", "wip: search index (#15)", ("search/index.py", "settings.py")),
    ("09:52", "codex-bot", "wip: search, ranking (#16)", ("search/rank.py", "search/index.py", "settings.py")),
    ("10:30", "Ann", "Fix the tax on gift cards (#17)", ("billing/models.py",)),
    ("13:15", "cursor-bot", "auto-pr: billing, invoices (#18)", ("billing/invoices.py", "settings.py")),
    ("13:17", "cursor-bot", "auto-pr: billing, invoices by mail (#19)", ("billing/invoices.py", "mail.py")),
)


def test_look_prints_what_the_readme_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = scene.committed(tmp_path / "shop")
    for clock, author, subject, files in MORNING:
        _merge(shop, f"2026-03-02T{clock}:00Z", author, subject, files)
    monkeypatch.chdir(shop)

    code = run(["look"])

    assert (code, _ageless(capsys.readouterr().out)) == (0, _ageless(BLOCKS["look"]))


def test_the_gate_prints_what_the_readme_shows(
    fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, clock in ((12, "09:02"), (13, "09:04")):
        fake.add_pull(number, "auto-pr: billing", f"2026-03-02T{clock}:00Z")
    fake.permissions["bot"] = "write"
    event = {"action": "opened", "number": 13, "pull_request": fake.pulls[13], "repository": {"full_name": "ada/shop"}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    monkeypatch.chdir(tmp_path)
    for name, value in {"GITHUB_API_URL": fake.url, "GITHUB_TOKEN": TOKEN}.items():
        monkeypatch.setenv(name, value)
    for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    command = "gate decide --event event.json"

    assert (run(command.split()), capsys.readouterr().out) == (0, BLOCKS[command])


def test_every_block_with_output_is_run() -> None:
    assert sorted(BLOCKS) == ["gate decide --event event.json", "look"]


def _ageless(text: str) -> str:
    """Without what differs from day to day and from clone to clone."""
    return re.sub(r"at [0-9a-f]{10}, \d+ days old", "at ..., ... days old", text)


def _merge(root: Path, when: str, author: str, subject: str, files: tuple[str, ...]) -> None:
    """A pull request as a forge squashes it."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{subject}\n")
    dates = {
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
        "GIT_AUTHOR_NAME": author,
        "GIT_AUTHOR_EMAIL": EMAILS[author],
    }
    scene.git(root, "add", "--all")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in dates.items():
            patch.setitem(os.environ, name, value)
        scene.git(root, "commit", "-q", "-m", subject)
