"""What a step leaves for the runner: its outputs, its summary and its annotations, in GitHub's formats.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_hex

from msgspec import json

from pr_sessions.live.judgement import Judgement
from pr_sessions.stores.files import MIB, append_bytes

# GitHub takes no more of a step's summary.
MOST_SUMMARY = MIB
CUT = "\n\n(The rest is too long for GitHub.)\n"


def step_outputs(judgement: Judgement) -> Mapping[str, str]:
    """The documented outputs, by name."""
    standing, decision = judgement.standing, judgement.decision
    return {
        "is_auto_pr": _word(standing.is_auto),
        "session_id": standing.session_id or "",
        "should_skip_scoring": _word(decision.skip),
        "would_skip": _word(decision.postpone),
        "session_completed": _word(standing.trigger is not None),
        "gate": judgement.policy.gate if judgement.is_policy_known else "",
        "prs": json.encode(judgement.view.session.prs if judgement.view else ()).decode(),
    }


def output_lines(values: Mapping[str, str], random: Callable[[], str] = lambda: token_hex(16)) -> str:
    """The lines of an outputs file. Each value stands between two delimiters that nobody can foresee.

    Args:
        values: by name; whatever somebody wrote may stand in them.
        random: gives a new word at each call.
    """
    return "".join(_between(name, value, random) for name, value in values.items())


def write_outputs(path: Path, values: Mapping[str, str]) -> None:
    """Adds outputs to the file that the runner reads.

    Raises:
        CannotWrite: the jobs after this one would not know what was decided.
    """
    append_bytes(path, output_lines(values).encode("utf-8", "replace"))


def append_summary(path: Path, markdown: str) -> None:
    """Adds to the step's summary as much as GitHub takes.

    Raises:
        CannotWrite: nobody can read there why the checks run.
    """
    used = path.stat().st_size if path.is_file() else 0
    append_bytes(path, _within(markdown, MOST_SUMMARY - used).encode("utf-8", "replace"))


def annotation(level: str, title: str, message: str) -> str:
    """A workflow command that shows a message beside the run.

    Args:
        level: `notice`, `warning` or `error`.
        title: a few words.
        message: may hold whatever somebody wrote; it cannot end the command or begin another.
    """
    return f"::{level} title={_escaped(title).replace(':', '%3A').replace(',', '%2C')}::{_escaped(message)}"


def _word(holds: bool) -> str:
    return "true" if holds else "false"


def _between(name: str, value: str, random: Callable[[], str]) -> str:
    delimiter = random()
    while delimiter in value:
        delimiter = random()
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _within(markdown: str, room: int) -> str:
    """Whole lines that need at most so many bytes; nothing where even the word about it has no room."""
    if len(markdown.encode("utf-8", "replace")) <= room:
        return markdown
    left, kept = room - len(CUT), []
    for line in markdown.splitlines(keepends=True):
        left -= len(line.encode("utf-8", "replace"))
        if left < 0:
            break
        kept.append(line)
    return "".join(kept) + CUT if room >= len(CUT) else ""


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
