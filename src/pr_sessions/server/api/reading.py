"""Operations that read sessions, pull requests and the inbox."""

from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.core.summary import SessionSummary
from pr_sessions.errors import NotFound
from pr_sessions.look.explanation import explain_stored
from pr_sessions.server.api import encoders, requests, samples, schemas
from pr_sessions.server.api.operations import Call, Operation
from pr_sessions.server.backend import InboxFilter
from pr_sessions.server.viewer import Right
from pr_sessions.storage.queries import PullRequestFilter, SessionFilter


def list_sessions(call: Call, wanted: requests.SessionsWanted, _: None) -> schemas.PageOf[schemas.SessionItem]:
    """Return a part of the sessions, the latest activity first."""
    chosen = SessionFilter(
        repository=requests.text_of(wanted.repository),
        is_active=requests.truth_of(wanted.is_active),
        author=wanted.author,
        agent=wanted.agent,
        repositories=call.viewer.repositories,
    )
    return encoders.page(call.backend.queries.sessions(chosen, wanted.cursor, wanted.limit), encoders.session_item)


def search_sessions(call: Call, wanted: requests.Searched, _: None) -> schemas.PageOf[schemas.SessionItem]:
    """Return the sessions that fit a text, the best first."""
    repository = requests.text_of(wanted.repository)
    lines = call.backend.queries.search(wanted.text, repository, wanted.limit, call.viewer.repositories)
    return schemas.PageOf(items=tuple(map(encoders.session_item, lines)), next=None)


def count_sessions(call: Call, wanted: requests.RepositoryWanted, _: None) -> schemas.CountsAnswer:
    """Return how many sessions and pull requests there are."""
    counts = call.backend.queries.counts(requests.text_of(wanted.repository), call.viewer.repositories)
    return schemas.CountsAnswer(
        active=counts.active,
        completed=counts.completed,
        pull_requests=counts.pull_requests,
        unattributed=counts.unattributed,
    )


def get_session(call: Call, where: requests.OneSession, _: None) -> schemas.SessionAnswer:
    """Return a session by its id or an alias."""
    repository = call.repository(where)
    session = call.backend.queries.session(repository, where.session_id)
    if session is None:
        raise NotFound(f"no session {where.session_id} in {repository}", "`GET /api/v1/sessions` lists all of them")
    return _session(call, repository, session)


def get_session_of_pull_request(call: Call, where: requests.OnePullRequest, _: None) -> schemas.SessionAnswer:
    """Return the session that holds a pull request."""
    repository, number = call.repository(where), requests.number_of(where.number)
    session = call.backend.queries.holder(repository, number)
    if session is None:
        raise NotFound(f"no session of {repository} holds pull request {number}")
    return _session(call, repository, session)


def list_pull_requests(
    call: Call, wanted: requests.PullRequestsWanted, _: None
) -> schemas.PageOf[schemas.PullRequestItem]:
    """Return a part of the pull requests, those that were opened last first."""
    chosen = PullRequestFilter(
        repository=requests.text_of(wanted.repository),
        state=requests.text_of(wanted.state),
        agent=wanted.agent,
        is_attributed=requests.truth_of(wanted.is_attributed),
        repositories=call.viewer.repositories,
    )
    lines = call.backend.queries.pull_requests(chosen, wanted.cursor, wanted.limit)
    return encoders.page(lines, encoders.pull_request_item)


def get_pull_request(call: Call, where: requests.OnePullRequest, _: None) -> schemas.PullRequestAnswer:
    """Return what is kept of a pull request."""
    repository, number = call.repository(where), requests.number_of(where.number)
    session = call.backend.queries.holder(repository, number)
    if session is not None:
        record = session.pull_requests.get(number, PullRequestRecord())
        return encoders.pull_request(repository, number, record, session.id)
    unattributed = call.backend.tracker(repository).sessions().unattributed(number)
    if unattributed is None:
        raise NotFound(f"nothing is known of pull request {number} of {repository}")
    return encoders.pull_request(repository, number, unattributed, None)


def explain_pull_request(call: Call, where: requests.OnePullRequest, _: None) -> schemas.WhyAnswer:
    """Return why a pull request is where it is, by every basis."""
    repository, number = call.repository(where), requests.number_of(where.number)
    return encoders.why(repository, explain_stored(call.backend.tracker(repository), number))


def list_inbox(call: Call, wanted: requests.InboxPage, _: None) -> schemas.PageOf[schemas.InboxRow]:
    """Return a part of the rows of the inbox."""
    rows = call.backend.inbox(_rows(call, wanted), wanted.cursor, wanted.limit)
    return encoders.page(rows, lambda stored: encoders.inbox_row(stored.repository, stored.row))


def summarise_inbox(call: Call, wanted: requests.InboxWanted, _: None) -> schemas.InboxSummary:
    """Return the inbox without its rows."""
    inbox = call.backend.inbox_summary(_rows(call, wanted))
    return schemas.InboxSummary(
        made=inbox.made,
        source=inbox.source or None,
        unknowns=inbox.unknowns,
        counts={str(section): count for section, count in inbox.counts.items()},
    )


def _rows(call: Call, wanted: requests.InboxPage | requests.InboxWanted) -> InboxFilter:
    return InboxFilter(
        repository=requests.text_of(wanted.repository),
        login=wanted.login,
        repositories=call.viewer.repositories,
    )


def _session(call: Call, repository: str, session: Session) -> schemas.SessionAnswer:
    summary = SessionSummary(session, call.backend.tracker(repository).policy, call.now)
    linked = call.backend.queries.linked(repository, session.id, call.viewer.repositories)
    return encoders.session(repository, summary, linked)


OPERATIONS = (
    Operation(
        id="list_sessions",
        method="GET",
        path="/sessions",
        tag="sessions",
        summary="List sessions, the latest activity first",
        right=Right.READ,
        params=requests.SessionsWanted,
        answer=schemas.PageOf[schemas.SessionItem],
        run=list_sessions,
        example=schemas.PageOf(items=(samples.ITEM,), next=None),
    ),
    Operation(
        id="search_sessions",
        method="GET",
        path="/sessions/search",
        tag="sessions",
        summary="Find sessions by the beginning of an id or alias, or by a pull request",
        right=Right.READ,
        params=requests.Searched,
        answer=schemas.PageOf[schemas.SessionItem],
        run=search_sessions,
        example=schemas.PageOf(items=(samples.ITEM,), next=None),
    ),
    Operation(
        id="count_sessions",
        method="GET",
        path="/counts",
        tag="sessions",
        summary="Count sessions and pull requests",
        right=Right.READ,
        params=requests.RepositoryWanted,
        answer=schemas.CountsAnswer,
        run=count_sessions,
        example=schemas.CountsAnswer(active=2, completed=15, pull_requests=360, unattributed=0),
    ),
    Operation(
        id="get_session",
        method="GET",
        path="/repositories/{owner}/{name}/sessions/{session_id}",
        tag="sessions",
        summary="Get a session with its pull requests",
        right=Right.READ,
        params=requests.OneSession,
        answer=schemas.SessionAnswer,
        run=get_session,
        revision=True,
        example=samples.SESSION,
    ),
    Operation(
        id="get_session_of_pull_request",
        method="GET",
        path="/repositories/{owner}/{name}/pull-requests/{number}/session",
        tag="sessions",
        summary="Get the session that holds a pull request",
        right=Right.READ,
        params=requests.OnePullRequest,
        answer=schemas.SessionAnswer,
        run=get_session_of_pull_request,
        revision=True,
        example=samples.SESSION,
    ),
    Operation(
        id="list_pull_requests",
        method="GET",
        path="/pull-requests",
        tag="pull requests",
        summary="List pull requests, those that were opened last first",
        right=Right.READ,
        params=requests.PullRequestsWanted,
        answer=schemas.PageOf[schemas.PullRequestItem],
        run=list_pull_requests,
        example=schemas.PageOf(items=(samples.PULL_REQUEST_ITEM,), next=None),
    ),
    Operation(
        id="get_pull_request",
        method="GET",
        path="/repositories/{owner}/{name}/pull-requests/{number}",
        tag="pull requests",
        summary="Get what is kept of a pull request",
        right=Right.READ,
        params=requests.OnePullRequest,
        answer=schemas.PullRequestAnswer,
        run=get_pull_request,
        revision=True,
        example=samples.PULL_REQUEST,
    ),
    Operation(
        id="explain_pull_request",
        method="GET",
        path="/repositories/{owner}/{name}/pull-requests/{number}/why",
        tag="pull requests",
        summary="Explain why a pull request is in its session",
        right=Right.READ,
        params=requests.OnePullRequest,
        answer=schemas.WhyAnswer,
        run=explain_pull_request,
        revision=True,
        example=samples.WHY,
    ),
    Operation(
        id="list_inbox",
        method="GET",
        path="/inbox",
        tag="inbox",
        summary="List the rows of the inbox, the most urgent first",
        right=Right.READ,
        params=requests.InboxPage,
        answer=schemas.PageOf[schemas.InboxRow],
        run=list_inbox,
        example=schemas.PageOf(items=(samples.ROW,), next=None),
    ),
    Operation(
        id="summarise_inbox",
        method="GET",
        path="/inbox/summary",
        tag="inbox",
        summary="Say how much is in the inbox, and what could not be read",
        right=Right.READ,
        params=requests.InboxWanted,
        answer=schemas.InboxSummary,
        run=summarise_inbox,
        example=samples.INBOX,
    ),
)
