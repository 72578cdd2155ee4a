"""Random words on the command line: done, a message with a way out, or wrong usage; never a traceback, nothing lost."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.command import run_command
from fuzz.hostile import WORDS, hostile
from pr_sessions.cli.commands import SECTIONS
from pr_sessions.cli.main import pr_sessions
from pr_sessions.tracker import Tracker
from scene import Clock, auto, committed, on_disk, tracker_at

# One starts a whole story, and one answers until it is interrupted.
APART = ("demo", "serve")
COMMANDS = [name for section in SECTIONS.values() for name in section if name not in APART]


def options_of(name: str) -> list[str]:
    context = click.Context(pr_sessions)
    command = pr_sessions.get_command(context, name)
    assert command is not None
    return [text for parameter in command.params for text in (*parameter.opts, *parameter.secondary_opts)]


OPTIONS = {name: [text for text in options_of(name) if text.startswith("-")] for name in COMMANDS}


@st.composite
def arguments(draw: st.DrawFn) -> list[str]:
    """A command, mostly one that there is, with its own options and any words."""
    name = draw(st.sampled_from(COMMANDS))
    own = st.sampled_from([*OPTIONS[name], "--json", "--help"])
    words = draw(st.lists(st.one_of(own, WORDS), max_size=6))
    return [draw(WORDS), *words] if draw(st.integers(0, 20)) == 0 else [name, *words]


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    return tracker_at(committed(tmp_path_factory.mktemp("words") / "clone"), Clock(), AUTO_PR_SESSION_AUTHOR="ada")


@hostile
@given(words=arguments())
def test_any_words(tracker: Tracker, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(tracker.repository.root)
    on_disk(tracker.repository.paused).unlink(missing_ok=True)
    tracker.record(auto(1))
    code, said = run_command(words)
    assert code in (0, 1, 2), said
    assert "Traceback" not in said
    on_disk(tracker.repository.paused).unlink(missing_ok=True)
    assert "1" in {number for session in tracker.sessions() for number in session.prs}


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) | set(APART) == {name for section in SECTIONS.values() for name in section}
