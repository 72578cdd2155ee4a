"""Keys of agents' runs: vendors' ids stay private, and everything that is shared holds a hash in their place."""

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from pr_sessions.core.agents import Agent
from pr_sessions.core.ids import next_id, safe_author
from pr_sessions.core.models import Session

_KEY = re.compile(r"[0-9a-f]{20}", re.ASCII)
_RUN = re.compile(r"run ([^\s,]{1,100} [^\s,]{1,500}(?:, [^\s,]{1,100} [^\s,]{1,500}(?=,|$))*)")
_PREFIX = b"pr-sessions run\0"


def run_key(run_id: str) -> str:
    """Return the key of a vendor's id: the first 20 hex digits of a SHA-256, the same for everybody who sees the id."""
    from hashlib import sha256  # Loads a library in C: most commands meet no run.

    return sha256(_PREFIX + run_id.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def stored_key(text: str) -> str:
    """Return the key of what a file holds: a key, or in files of version 0.1.0 the vendor's id itself."""
    return text if _KEY.fullmatch(text) else run_key(text)


def without_ids(detail: str, key_of: Callable[[str], str] = stored_key) -> str:
    """Return the detail of an attribution by a run, which version 0.1.0 wrote with the vendor's id, with keys."""

    def keyed(match: re.Match[str]) -> str:
        pairs = (pair.split(" ") for pair in match[1].split(", "))
        return "run " + ", ".join(f"{agent} {key_of(run_id)}" for agent, run_id in pairs)

    return _RUN.sub(keyed, detail, count=1)


def run_session_id(agent: str, key: str, author: str, repository: str, is_taken: Callable[[str], bool]) -> str:
    """Return the id of a session that a run makes: `<agent>-<first 10 digits of its key>`.

    It depends neither on the order nor on the clock. Another repository's name is appended. If a
    session that the pull request may not join has the id, the author's name is, too.

    Args:
        agent: whose run it is.
        key: of the run.
        author: of the pull request.
        repository: as `repository_of` names it; "" for this clone's.
        is_taken: whether another session has an id.
    """
    base = run_id_base(agent, key)
    if repository:
        base += f"-{safe_author(repository)[:60]}"
    authored = f"{base}-{safe_author(author)[:60]}"
    return next((name for name in (base, authored) if not is_taken(name)), None) or next_id(authored, is_taken)


def run_id_base(agent: str, key: str) -> str:
    """Return how the ids of sessions that a run makes begin."""
    return f"{safe_author(agent)[:60]}-{key[:10]}"


def agents_with_ids(agents: Iterable[Agent], run_ids: Mapping[str, str]) -> tuple[Agent, ...]:
    """Return agents for the user's own terminal: with the vendors' ids of their runs, where these are known here."""
    return tuple(
        replace(agent, runs=tuple(run_ids.get(key, key) for key in agent.runs)) if agent.runs else agent
        for agent in agents
    )


def session_with_ids(session: Session, run_ids: Mapping[str, str]) -> Session:
    """Return a session for the user's own terminal: with the vendors' ids of its runs, where these are known here."""
    records = {
        number: replace(record, agents=agents_with_ids(record.agents, run_ids)) if record.agents else record
        for number, record in session.pull_requests.items()
    }
    runs = tuple(
        replace(run, id=run_ids.get(run.id, run.id), also=tuple(run_ids.get(key, key) for key in run.also))
        for run in session.runs
    )
    return replace(session, pull_requests=records, runs=runs)
