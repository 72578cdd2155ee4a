"""One run with several keys: its vendor has one id of it on the machine and another one in its cloud.

The second id is often written when hooks and pull requests have shown the first. The order makes no difference once all
of it is known and the pull requests are read again.
"""

from collections.abc import Collection, Iterator
from typing import TypeVar

from msgspec.structs import replace

from pr_sessions.core.agents import Run, merge_runs
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.merge import merge_sessions
from pr_sessions.core.models import Session, held_runs
from pr_sessions.core.runs import run_id_base

L = TypeVar("L", bound=SessionCollection)


def with_one_run(sessions: L, agent: str, keys: Collection[str]) -> L:
    """Return the sessions where each one that holds one of the keys holds all; themselves where each does already.

    Sessions that the run itself made become one, which has the ids of both, unless they are different people's or of
    different repositories. One that a person or a hook began stays apart: new pull requests of the run go there.

    Args:
        sessions: as they are known.
        agent: whose run it is.
        keys: of one run.
    """
    holders = {s.id: s for key in keys for s in sessions.for_run(key) if (agent, key) in held_runs(s)}
    holding = [_with_keys(session, agent, keys) for _, session in sorted(holders.items())]
    sessions = sessions.put(*holding)
    made = [session for session in holding if session.inferred]
    while made:
        whole, *others = made
        made = []
        for session in others:
            if whole.repositories == session.repositories and _have_people_in_common(whole, session):
                whole = merge_sessions(whole, session)
            else:
                made.append(session)
        free = [name for name in _names(whole, agent, keys) if sessions.get(name) is None]
        whole = replace(whole, aliases=tuple(sorted({*whole.aliases, *free})))
        sessions = sessions.put(whole, absorbed=[name for name in whole.aliases if name in holders])
    return sessions


def with_known_keys(sessions: SessionCollection, run: Run) -> Run:
    """Return the run with the keys that sessions know of it besides its own."""
    runs = [each for session in sessions.for_run(run.id) for each in session.runs if each.agent == run.agent]
    keys = run.keys.union(*(each.keys for each in runs if run.id in each.keys))
    first, *others = sorted(keys)
    return replace(run, id=first, also=tuple(others))


def _with_keys(session: Session, agent: str, keys: Collection[str]) -> Session:
    runs = session.runs
    if not runs and session.started:
        # Version 0.1.0 kept no runs of a session that one made.
        last = session.latest or session.started
        runs = tuple(Run(name, key, session.started, last) for name, key in sorted(held_runs(session)))
    first, *others = sorted(keys)
    same = [run for run in runs if run.agent == agent and not run.keys.isdisjoint(keys)]
    links = [Run(agent, first, run.started, run.last_activity, also=tuple(others)) for run in same]
    return replace(session, runs=merge_runs(runs, links))


def _have_people_in_common(left: Session, right: Session) -> bool:
    people = [{s.author, *(record.author for record in s.pull_requests.values())} - {""} for s in (left, right)]
    return not all(people) or not people[0].isdisjoint(people[1])


def _names(session: Session, agent: str, keys: Collection[str]) -> Iterator[str]:
    """Yield the ids that the session would have by the other keys, so that it is found under each."""
    bases = [run_id_base(agent, key) for key in keys]
    for name in (session.id, *session.aliases):
        for base in bases:
            if name.startswith(base):
                yield from (each + name.removeprefix(base) for each in bases if each != base)
