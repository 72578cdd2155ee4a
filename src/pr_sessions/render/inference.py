"""What is inferred of sessions without a run's id, for a terminal: always with its label and figures."""

from collections.abc import Iterator

from pr_sessions.core.inference import ENOUGH_KNOWN, Group, Learnt
from pr_sessions.core.recorded_inference import RecordedInference
from pr_sessions.core.visible_text import one_line
from pr_sessions.render.terminal import plural

_COMPARED = "Only authors and times were compared: titles and files are not stored."


def inferred_by(learnt: Learnt) -> Iterator[str]:
    """Yield by which rule sessions without a run's id were inferred, and how often it is right here."""
    if not learnt.figures:
        yield f"  Inferred: {_too_few(learnt)}"
        return
    yield f"  Inferred by the rule that is right most often here: {learnt.rule}."
    yield f"  {_figures(learnt)}"


def inferred_session(number: str, group: Group, learnt: Learnt) -> Iterator[str]:
    """Yield with which others a stored pull request is read as one session."""
    if learnt.known < ENOUGH_KNOWN:
        yield f"Inferred, not stored: {_too_few(learnt)}"
        return
    others = [each for each in group.numbers if each != number]
    session = f"{group.id}, with {', '.join(others)}" if others else "a session of its own"
    yield one_line(f"Inferred, not stored: {session}", 200)
    yield from (*inferred_by(learnt), f"  {_COMPARED}")


def inferred_summary(inference: RecordedInference) -> Iterator[str]:
    """Yield a section of a report: how stored pull requests that nothing certain puts together would be grouped."""
    learnt, count, in_no_session = inference.learnt, inference.pull_requests, inference.unattributed
    if not count:
        return
    where = f"{count - in_no_session} alone in their session, {in_no_session} in none"
    yield from ("", "## Inferred, not stored", "")
    yield f"{plural(count, 'pull request')} with an agent and without a known run: {where}."
    if learnt.known < ENOUGH_KNOWN:
        yield f"Inferred: {_too_few(learnt)}"
        return
    sessions = plural(len(inference.groups), "session")
    yield f"Inferred by the rule that is right most often here, {learnt.rule}: {sessions}."
    yield from (_figures(learnt), _COMPARED)


def _too_few(learnt: Learnt) -> str:
    return f"one each, since {plural(learnt.known, 'pull request')} with a known run show too little."


def _figures(learnt: Learnt) -> str:
    figures = ", ".join(f"{rule} {value:.2f}" for rule, value in learnt.figures.items())
    return f"B-cubed F: {figures}; of {learnt.known} with a known run."
