"""Which coding agents opened a pull request or assisted in it, by signatures: accounts, branches, trailers, marks.

The pull request itself (its author, its body) shows who opened it. Its commits show who assisted. Names that people
choose for themselves prove nothing and are not used.
"""

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from msgspec import Struct

from pr_sessions.core.agent_names import UNKNOWN_AGENT, agent_named
from pr_sessions.core.agents import Agent, Confidence, Evidence, Role, merge_agents
from pr_sessions.core.evidence_text import OwnText, own_text
from pr_sessions.core.models import PullRequest
from pr_sessions.core.patterns import Finding, find_in
from pr_sessions.core.signature import Kind, Signature
from pr_sessions.core.signature_index import Account, Index, account, identity, index_of

# Who they name is an agent with a part in it by the address alone.
_CREDITS = ("co-authored-by", "assisted-by", "generated-by")
_REFS = "refs/heads/"
_BOLD = "*"
_KNOWN = "known-agent}"
_WORD = re.compile(r"[A-Za-z0-9_-]+")


class Signs(Struct, frozen=True):
    """What signatures show of a pull request.

    Attributes:
        agents: those with a part in it, by name, with evidence and the vendors' ids of their runs.
        runs: agent and vendor's id, each once. The first one opened it: its footer stands in the description, or it is
            the last that commits name.
    """

    agents: tuple[Agent, ...] = ()
    runs: tuple[tuple[str, str], ...] = ()


class _Compared(Struct, frozen=True):
    """What signatures are compared with.

    Attributes:
        commits: whose they are, the first commit's first: e-mail addresses without upper case, or accounts.
        texts: the description and the messages, oldest first.
        description: what may show who opened it; empty where it lists the messages of several commits.
        messages: what shows who assisted.
        is_from_git: the description is the message of a commit.
    """

    title: str
    branch: str
    author: Account
    commits: tuple[str | Account, ...]
    co_authors: tuple[str | Account, ...]
    texts: tuple[OwnText, ...]
    description: tuple[str, ...]
    messages: tuple[str, ...]
    comments: tuple[str, ...]
    labels: frozenset[str]
    is_from_git: bool


class _Sign(Struct, frozen=True):
    """A signature that fits.

    Attributes:
        agent: whom it shows; `None` for the account that wrote the commits.
    """

    signature: Signature
    agent: str | None
    role: Role
    runs: frozenset[str] = frozenset()


def find_signs(pull_request: PullRequest, signatures: Iterable[Signature]) -> Signs:
    """Return the agents that the signatures show and the runs of which it holds ids; none for a dependency bot's."""
    index = index_of(tuple(signatures))
    compared = _compared(pull_request)
    if any(index.people[Kind.DEPENDENCY_BOT].signatures_of(person) for person in _who_may_be_a_bot(compared)):
        return Signs()
    signs = [*_by_people(index, compared), *_by_texts(index, compared), *_by_trailers(index, compared)]
    writer = _writer(signs)
    agents = merge_agents(_agent(sign, writer) for sign in signs)
    return Signs(agents, _in_order(agents, signs, compared.texts))


def find_agents(pull_request: PullRequest, signatures: Iterable[Signature]) -> tuple[Agent, ...]:
    """Return the agents that the signatures show, by name, with evidence; none for a dependency bot's."""
    return find_signs(pull_request, signatures).agents


def recognize(pull_request: PullRequest, signatures: Iterable[Signature]) -> tuple[Agent, ...]:
    """Return the agents that the source names, and those that the signatures show."""
    return merge_agents(pull_request.agents, find_agents(pull_request, signatures))


def _compared(pr: PullRequest) -> _Compared:
    description = own_text(pr.body, pr.title if pr.author_is_name else "")
    messages = tuple(map(own_text, pr.commit_messages))
    texts = (description, *messages)
    # Only git's own text lists commits: a description may hold a list as well.
    is_list = pr.author_is_name and description.is_squashed
    pairs = (pair for text in texts for paragraph in text.trailers for pair in paragraph)
    # `Name <address>`, of which anybody chooses the name.
    addresses = [value.rpartition("<")[2].partition(">")[0].strip() for key, value in pairs if key in _CREDITS]
    return _Compared(
        title=pr.title.strip().casefold(),
        branch=(pr.branch or "").removeprefix(_REFS),
        author=Account() if pr.author_is_name else account(pr.author, pr.author_id),
        commits=tuple(filter(None, map(identity, dict.fromkeys(pr.commit_authors)))),
        co_authors=tuple(filter(None, map(identity, addresses))),
        texts=texts,
        description=() if is_list else description.lines,
        messages=tuple(line for text in (texts if is_list else messages) for line in text.lines),
        comments=description.comments,
        labels=frozenset(label.casefold() for label in pr.labels),
        is_from_git=pr.author_is_name,
    )


def _beginnings(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the lines without Markdown before them, and those that begin with a link from its address on, too."""
    plain = [line.replace(_BOLD, "").lstrip("-#•_ \t").rstrip() for line in lines]
    return tuple(dict.fromkeys((*plain, *filter(None, map(_linked, plain)))))


def _linked(line: str) -> str:
    """Return the line from the address on, where it begins with a link in Markdown or HTML."""
    if not line.startswith(("<", "[")):
        return ""
    for opening in ("<p>", "<div>", "<sub>"):
        line = line.removeprefix(opening)
    if line.startswith('<a href="'):
        return line.removeprefix('<a href="')
    return line.partition("](")[2] if line.startswith("[") else ""


def _who_may_be_a_bot(compared: _Compared) -> Sequence[str | Account]:
    """Return the author, and whose first commit it is only where no login is known."""
    return (compared.author,) if compared.author.login else compared.commits[:1]


def _by_people(index: Index, compared: _Compared) -> Iterator[_Sign]:
    people = index.people
    for signature in people[Kind.AUTHOR].signatures_of(compared.author):
        yield _Sign(signature, signature.agent, signature.role)
    for place, person in enumerate(compared.commits):
        for signature in people[Kind.COMMIT_AUTHOR].signatures_of(person):
            # Where somebody else wrote the first commit, it helped.
            yield _Sign(signature, signature.agent, signature.role if place == 0 else Role.ASSISTED)
    for person in compared.co_authors:
        for signature in people[Kind.CO_AUTHOR].signatures_of(person):
            yield _Sign(signature, signature.agent, signature.role)


def _by_texts(index: Index, compared: _Compared) -> Iterator[_Sign]:
    yield from _fitting(index, Kind.BRANCH, (compared.branch,))
    yield from _fitting(index, Kind.COMMENT, compared.comments)
    yield from _fitting(index, Kind.BODY, compared.description)
    yield from _fitting(index, Kind.BODY, compared.messages, Role.ASSISTED)
    # Agents end messages with the same link as descriptions: in git's own text it does not show who opened it.
    yield from _fitting(index, Kind.LINE, compared.description, Role.ASSISTED if compared.is_from_git else None)
    yield from _fitting(index, Kind.LINE, compared.messages, Role.ASSISTED)
    if compared.title.startswith(index.starts[Kind.TITLE]):
        for start, signature in index.texts[Kind.TITLE]:
            if compared.title.startswith(start):
                yield _Sign(signature, signature.agent, signature.role)
    for label, signature in index.texts[Kind.LABEL]:
        if label in compared.labels:
            yield _Sign(signature, signature.agent, signature.role)


def _fitting(index: Index, kind: Kind, lines: Sequence[str], role: Role | None = None) -> Iterator[_Sign]:
    # Most texts hold nothing of a kind at any place: their lines need no reading.
    text = "\n".join(lines)
    if kind is Kind.BODY:
        text = text.replace(_BOLD, "")
    if not text or not any(part in text for part in index.parts[kind]):
        return
    starts = index.starts[kind]
    for line in _beginnings(lines) if kind is Kind.BODY else lines:
        if not line.startswith(starts):
            continue
        for template, signature in index.texts[kind]:
            if finding := find_in(template, line, whole=kind is Kind.LINE):
                yield from _sign(signature, template, finding, role)


def _by_trailers(index: Index, compared: _Compared) -> Iterator[_Sign]:
    for paragraph in (paragraph for text in compared.texts for paragraph in text.trailers):
        for key, value in paragraph:
            for template, signature in index.trailers.get(key, ()):
                finding = find_in(template, value) if template else Finding()
                if finding and signature.run:
                    finding = Finding(frozenset(_runs_of_paragraph(signature.run, paragraph)), finding.agent)
                if finding:
                    yield from _sign(signature, template, finding)


def _runs_of_paragraph(trailer: str, paragraph: Iterable[tuple[str, str]]) -> Iterator[str]:
    wanted, _, template = trailer.partition(": ")
    for key, value in paragraph:
        if key == wanted.casefold() and (finding := find_in(template, value)):
            yield from finding.runs


def _sign(signature: Signature, template: str, finding: Finding, role: Role | None = None) -> Iterator[_Sign]:
    agent = None if signature.agent == UNKNOWN_AGENT else signature.agent
    if finding.agent is not None:
        agent = agent_named(finding.agent)
        if agent is None and _KNOWN in template:
            return
        agent = agent or UNKNOWN_AGENT
    yield _Sign(signature, agent, role or signature.role, finding.runs)


def _writer(signs: Iterable[_Sign]) -> str:
    """Return the agent whose account wrote the commits, or opened the pull request; `unknown` for none or several."""
    for kind in (Kind.COMMIT_AUTHOR, Kind.AUTHOR):
        agents = {sign.signature.agent for sign in signs if sign.signature.kind is kind}
        if agents:
            return agents.pop() if len(agents) == 1 else UNKNOWN_AGENT
    return UNKNOWN_AGENT


def _agent(sign: _Sign, writer: str) -> Agent:
    signature = sign.signature
    role = Role.ASSISTED if signature.confidence is Confidence.HINT else sign.role
    evidence = (Evidence(signature.kind.value, signature.id),)
    return Agent(sign.agent or writer, role, signature.confidence, evidence, tuple(sorted(sign.runs)))


def _in_order(agents: Iterable[Agent], signs: Iterable[_Sign], texts: Sequence[OwnText]) -> tuple[tuple[str, str], ...]:
    """Return the runs, the one that opened it first."""
    agent_of = {run: agent.name for agent in agents for run in agent.runs}
    if len(agent_of) < 2:
        return tuple((agent, run) for run, agent in agent_of.items())
    footers = {run for sign in signs if sign.role is Role.OPENED for run in sign.runs}
    opening = _last_named(texts[:1], footers) or _last_named(texts, agent_of)
    return tuple((agent_of[run], run) for run in sorted(agent_of, key=lambda run: (run != opening, run)))


def _last_named(texts: Sequence[OwnText], runs: Container[str]) -> str | None:
    """Return the run that the last line with one names: of the last message, else of the description."""
    for line in (line for text in reversed(texts) for line in reversed(text.lines)):
        for word in reversed(_WORD.findall(line)):
            if word in runs:
                return str(word)
    return None
