"""Pull requests whose session is known from the vendor's id in the body, and what is left once every id is cut out."""

import re
from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.models import PullRequest

# Devin's: the address of the session, https://app.devin.ai/sessions/ and 32 hexadecimal digits.
_ID = re.compile(r"\bapp\.devin\.ai/sessions/([0-9a-f]{32})(?![0-9a-f])", re.IGNORECASE)
_ADDRESS = re.compile(r"\S*devin\.ai\S*", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{8,}(?:-[0-9a-f]{4,})*", re.IGNORECASE)
_SHORTEST = 8


class Case(Struct, frozen=True):
    """One pull request with its true session, and what a rule may see of it.

    Attributes:
        repository: `owner/name`.
        session: repository and vendor's id; a session of ours lies in one repository.
        seen: the pull request without any vendor's id.
    """

    repository: str
    session: str
    seen: PullRequest


def known(pull_requests: Iterable[PullRequest]) -> tuple[Case, ...]:
    """Those whose body names exactly one vendor's session, with every id cut out of everything, also others' ids."""
    told = [(pr, session) for pr in pull_requests if (session := session_of(pr))]
    hide = hider({session for _, session in told})
    return tuple(_case(pr, session, hide) for pr, session in told)


def session_of(pull_request: PullRequest) -> str | None:
    """The vendor's id in its body; `None` without one, and where there are several."""
    ids = {found.casefold() for found in _ID.findall(pull_request.body)}
    return ids.pop() if len(ids) == 1 else None


def hider(ids: Iterable[str]) -> Callable[[str], str]:
    """A function that cuts the ids out of a text: in addresses, alone, shortened, with dashes, in any case."""
    beginnings = {each[:length] for each in ids for length in range(_SHORTEST, len(each) + 1)}

    def cut(found: re.Match[str]) -> str:
        digits = found[0].replace("-", "").casefold()
        return "" if digits[:32] in beginnings or digits[:_SHORTEST] in beginnings else found[0]

    return lambda text: _HEX.sub(cut, _ADDRESS.sub("", text))


def _case(pull_request: PullRequest, session: str, hide: Callable[[str], str]) -> Case:
    repository = pull_request.number.rpartition("#")[0].casefold()
    seen = replace(
        pull_request,
        title=hide(pull_request.title),
        body=hide(pull_request.body),
        branch=hide(pull_request.branch) if pull_request.branch else None,
        base=hide(pull_request.base) if pull_request.base else None,
        labels=tuple(map(hide, pull_request.labels)),
        commit_messages=tuple(map(hide, pull_request.commit_messages)),
        agents=(),
    )
    return Case(repository, f"{repository}:{session}", seen)
