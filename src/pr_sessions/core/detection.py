"""Whether a pull request is automatic, by what evidence, and which agents had part in it."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from pr_sessions.core.agents import Evidence, FoundRun, merge_agents
from pr_sessions.core.evidence_text import find_marks
from pr_sessions.core.models import PullRequest, Verdict
from pr_sessions.core.patterns import matcher
from pr_sessions.core.policy import Policy, Ruleset
from pr_sessions.core.runs import run_key
from pr_sessions.core.signatures import find_signs


def detect(pr: PullRequest, rules: Ruleset) -> Verdict:
    """Return the verdict of all rules, with each piece of evidence for "automatic" once, and the agents by name.

    Raises:
        InvalidValue: one of the team's patterns cannot be used.
    """
    signs = find_signs(pr, rules.signatures)
    runs = tuple(FoundRun(agent, run) for agent, run in signs.runs)
    keyed = tuple(replace(a, runs=tuple(sorted(map(run_key, a.runs)))) if a.runs else a for a in signs.agents)
    agents = merge_agents(pr.agents, keyed) if pr.agents else keyed
    with_agents = replace(pr, agents=agents) if agents else pr
    evidence = tuple(dict.fromkeys(piece for rule in RULES for piece in rule(with_agents, rules.policy)))
    return Verdict(is_auto=bool(evidence), evidence=evidence, agents=agents, runs=runs)


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
