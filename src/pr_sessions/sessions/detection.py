"""Whether a pull request is automatic, and by what evidence."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from pr_sessions.sessions.agent import Evidence
from pr_sessions.sessions.patterns import matcher
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.pr_text import find_marks
from pr_sessions.sessions.session import PullRequest, Verdict
from pr_sessions.sessions.signatures import recognised


def with_agents(pr: PullRequest, policy: Policy) -> PullRequest:
    """The pull request with the agents that the policy's signatures show, beside those that its source tells of."""
    return replace(pr, agents=recognised(pr, policy.signatures))


def detect(pr: PullRequest, policy: Policy) -> Verdict:
    """The verdict of all rules, with everything that speaks for "automatic", each once.

    Raises:
        InvalidValue: one of the team's patterns cannot be used.
    """
    evidence = tuple(dict.fromkeys(found for rule in RULES for found in rule(pr, policy)))
    return Verdict(is_auto=bool(evidence), evidence=evidence)


def _title(pr: PullRequest, policy: Policy) -> Iterator[Evidence]:
    title = pr.title.strip()
    for pattern in policy.auto_pr_patterns:
        if matcher(pattern)(title):
            yield Evidence("title", pattern)
    for mark in find_marks(title, ""):
        yield Evidence("title", mark.form.value)


def _commit_messages(pr: PullRequest, policy: Policy) -> Iterator[Evidence]:
    for message in pr.commit_messages:
        subject = message.strip().partition("\n")[0].rstrip()
        for pattern in policy.auto_pr_patterns:
            if matcher(pattern)(subject):
                yield Evidence("commit message", pattern)


def _body_mark(pr: PullRequest, _policy: Policy) -> Iterator[Evidence]:
    for mark in find_marks("", pr.body):
        yield Evidence("body mark", mark.form.value)


def _agents(pr: PullRequest, _policy: Policy) -> Iterator[Evidence]:
    for agent in pr.agents:
        if agent.opened:
            # That a hook saw it says more than that somebody named the agent.
            yield from (e for e in agent.evidence if e.rule == "hook")
            yield Evidence("agent", agent.name)


def _small_change(pr: PullRequest, policy: Policy) -> Iterator[Evidence]:
    few = policy.min_files_for_manual
    if policy.enable_heuristic_detection and pr.files_changed is not None and pr.files_changed < few:
        yield Evidence("small change", f"fewer than {few} files")


RULES: tuple[Callable[[PullRequest, Policy], Iterator[Evidence]], ...] = (
    _title,
    _commit_messages,
    _body_mark,
    _agents,
    _small_change,
)
