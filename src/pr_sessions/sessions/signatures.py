"""Which coding agents had part in a pull request, by signatures that are data: accounts, branches, trailers, marks.

What the pull request itself shows (who opened it, its head branch, its body) tells who opened it. What its commits
say tells who helped. Names that people choose for themselves prove nothing and are never looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from msgspec import Struct

from pr_sessions.sessions.agent import Agent, Evidence, Role, join_agents
from pr_sessions.sessions.pr_text import comments, own_lines, trailers
from pr_sessions.sessions.session import PullRequest
from pr_sessions.sessions.signature import Kind, Signature
from pr_sessions.sessions.templates import runs_in, start

_NO_REPLY = "@users.noreply.github.com"
_CO_AUTHOR = "co-authored-by"
_REFS = "refs/heads/"
_APP = "app/"

Runs = frozenset[str]
NOTHING: Runs = frozenset()


class Account(Struct, frozen=True):
    """Somebody's login and number on the forge, as far as they are known; logins are without upper case."""

    login: str = ""
    number: int | None = None


class _Seen(Struct, frozen=True):
    """What signatures are compared with.

    Attributes:
        commits: whose they are, the first commit's first: e-mail addresses without upper case, or accounts.
        lines: of the body, as they are and without what makes a link of them.
    """

    title: str
    branch: str
    author: Account
    commits: tuple[str | Account, ...]
    co_authors: tuple[str | Account, ...]
    trailers: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
    comments: tuple[str, ...]
    labels: frozenset[str]


def find_agents(pull_request: PullRequest, signatures: Iterable[Signature]) -> tuple[Agent, ...]:
    """All agents that the signatures show, with their evidence, by name; none for a dependency bot's pull request."""
    seen = _look(pull_request)
    found: list[Agent] = []
    for signature in signatures:
        runs = FINDERS[signature.kind](signature, seen)
        if runs is None:
            continue
        if signature.kind is Kind.DEPENDENCY_BOT:
            return ()
        found.append(_agent(signature, seen, runs))
    return join_agents(found)


def recognised(pull_request: PullRequest, signatures: Iterable[Signature]) -> tuple[Agent, ...]:
    """What the source tells of agents, and what the signatures find."""
    return join_agents(pull_request.agents, find_agents(pull_request, signatures))


def account(text: str, number: int | None = None) -> Account:
    """An account by `login` or `login#id`; `app/name`, as GitHub's command line says it, is `name[bot]`."""
    login, _, told = text.partition("#")
    login = login.casefold()
    if login.startswith(_APP):
        login = f"{login.removeprefix(_APP)}[bot]"
    return Account(login, int(told) if told.isdecimal() else number)


def _agent(signature: Signature, seen: _Seen, runs: Runs) -> Agent:
    role = signature.role
    if signature.kind is Kind.COMMIT_AUTHOR and not _is_any(signature.any, seen.commits[:1]):
        role = Role.ASSISTED  # Somebody else began it.
    evidence = (Evidence(signature.kind.value, signature.id),)
    return Agent(signature.agent, role, signature.confidence, evidence, tuple(sorted(runs)))


def _look(pr: PullRequest) -> _Seen:
    said = [pair for text in (pr.body, *pr.commit_messages) for pair in trailers(text)]
    lines = tuple(map(_undecorated, own_lines(pr.body)))
    return _Seen(
        title=pr.title.strip().casefold(),
        branch=(pr.branch or "").removeprefix(_REFS),
        author=Account() if pr.author_is_name else account(pr.author, pr.author_id),
        commits=tuple(filter(None, map(_identity, dict.fromkeys(pr.commit_authors)))),
        co_authors=tuple(filter(None, (_identity(_address(value)) for key, value in said if key == _CO_AUTHOR))),
        trailers=tuple(said),
        lines=tuple(dict.fromkeys((*lines, *filter(None, map(_link, lines))))),
        comments=comments(pr.body),
        labels=frozenset(label.casefold() for label in pr.labels),
    )


def _address(value: str) -> str:
    """`Name <address>` without the name, which anybody chooses."""
    return value.rpartition("<")[2].partition(">")[0].strip()


def _identity(text: str) -> str | Account | None:
    """Whose commit it is: an address, or the account in a forge's own address, or a login without address."""
    address = text.strip().casefold()
    if not address.endswith(_NO_REPLY):
        return address if "@" in address else account(address) if address else None
    number, plus, login = address.removesuffix(_NO_REPLY).partition("+")
    return Account(login, int(number)) if plus and number.isdecimal() and len(number) <= 18 else None


def _undecorated(line: str) -> str:
    return line.replace("*", "").lstrip("-#• \t").rstrip()


def _link(line: str) -> str:
    """The line from the address on, where it begins with a link in Markdown or HTML."""
    for opening in ("<p>", "<div>", "<sub>"):
        line = line.removeprefix(opening)
    if line.startswith('<a href="'):
        return line.removeprefix('<a href="')
    return line.partition("](")[2] if line.startswith("[") else ""


class _People(Struct, frozen=True):
    """The accounts and addresses of a signature, quick to look into.

    Attributes:
        renamable: logins of which no number is known.
    """

    addresses: frozenset[str]
    numbers: frozenset[int]
    logins: frozenset[str]
    renamable: frozenset[str]

    def holds(self, one: str | Account) -> bool:
        """Whether it is one of them; a number counts more than a login, which can change hands."""
        if isinstance(one, str):
            return one in self.addresses
        if one.number is None:
            return bool(one.login) and one.login in self.logins
        return one.number in self.numbers or (bool(one.login) and one.login in self.renamable)


@cache
def _people(texts: tuple[str, ...]) -> _People:
    known = [account(text) for text in texts if "@" not in text]
    return _People(
        addresses=frozenset(text.casefold() for text in texts if "@" in text),
        numbers=frozenset(one.number for one in known if one.number is not None),
        logins=frozenset(one.login for one in known),
        renamable=frozenset(one.login for one in known if one.number is None),
    )


def _is_any(texts: tuple[str, ...], people: Iterable[str | Account]) -> bool:
    return any(map(_people(texts).holds, people))


def _author(signature: Signature, seen: _Seen) -> Runs | None:
    return NOTHING if _is_any(signature.any, [seen.author]) else None


def _dependency_bot(signature: Signature, seen: _Seen) -> Runs | None:
    """By who opened it; by its first commit only where no login is known."""
    return NOTHING if _is_any(signature.any, [seen.author] if seen.author.login else seen.commits[:1]) else None


def _branch(signature: Signature, seen: _Seen) -> Runs | None:
    return _fitting(signature.any, [seen.branch])


def _commit_author(signature: Signature, seen: _Seen) -> Runs | None:
    return NOTHING if _is_any(signature.any, seen.commits) else None


def _co_author(signature: Signature, seen: _Seen) -> Runs | None:
    return NOTHING if _is_any(signature.any, seen.co_authors) else None


def _trailer(signature: Signature, seen: _Seen) -> Runs | None:
    wanted = [(key.casefold(), template) for key, _, template in (value.partition(": ") for value in signature.any)]
    values = [
        runs
        for key, template in wanted
        for said, value in seen.trailers
        if said == key and (runs := runs_in(template, value) if template else NOTHING) is not None
    ]
    return NOTHING.union(*values) if values else None


def _body(signature: Signature, seen: _Seen) -> Runs | None:
    return _fitting(signature.any, seen.lines)


def _comment(signature: Signature, seen: _Seen) -> Runs | None:
    return _fitting(signature.any, seen.comments)


def _title(signature: Signature, seen: _Seen) -> Runs | None:
    return NOTHING if seen.title.startswith(tuple(text.casefold() for text in signature.any)) else None


def _label(signature: Signature, seen: _Seen) -> Runs | None:
    return NOTHING if any(text.casefold() in seen.labels for text in signature.any) else None


def _fitting(templates: tuple[str, ...], texts: Iterable[str]) -> Runs | None:
    starts = _starts(templates)
    near = [text for text in texts if text.startswith(starts)]
    found = list(_all_runs(templates, near)) if near else ()
    return NOTHING.union(*found) if found else None


@cache
def _starts(templates: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(start, templates))


def _all_runs(templates: tuple[str, ...], texts: Iterable[str]) -> Iterator[Runs]:
    for text in texts:
        for template in templates:
            runs = runs_in(template, text)
            if runs is not None:
                yield runs


FINDERS: Mapping[Kind, Callable[[Signature, _Seen], Runs | None]] = {
    Kind.AUTHOR: _author,
    Kind.DEPENDENCY_BOT: _dependency_bot,
    Kind.BRANCH: _branch,
    Kind.COMMIT_AUTHOR: _commit_author,
    Kind.CO_AUTHOR: _co_author,
    Kind.TRAILER: _trailer,
    Kind.BODY: _body,
    Kind.COMMENT: _comment,
    Kind.TITLE: _title,
    Kind.LABEL: _label,
}
