"""Why a pull request is in its session, or in none: every basis that was evaluated."""

from litestar import get
from litestar.handlers import BaseRouteHandler

from pr_sessions.core.explain import BASES, Outcome, involvement_clause, source
from pr_sessions.core.ids import check_number
from pr_sessions.core.models import PullRequestRecord
from pr_sessions.core.sign_counts import SignCounts
from pr_sessions.look.explanation import explain_stored
from pr_sessions.render.explanation import attribution_clause, evidence_clauses, no_session_clause
from pr_sessions.render.inference import inferred_session
from pr_sessions.render.sessions import role
from pr_sessions.render.table import plain_lines
from pr_sessions.server.pages import links
from pr_sessions.server.pages.changes import done_notice
from pr_sessions.server.pages.forms import Text
from pr_sessions.server.pages.pages import AnyRequest, Html, Pages, Step, need
from pr_sessions.server.viewer import Right

OUTCOMES = {
    Outcome.DECIDED: "decided",
    Outcome.STRONGER: "stronger; it would move it",
    Outcome.WEAKER: "weaker",
    Outcome.EVALUATED: "asked",
}


def pull_request_routes(pages: Pages) -> list[BaseRouteHandler]:
    """Return the handler of a pull request."""

    @get("/pull-request", sync_to_thread=True)
    def pull_request(request: AnyRequest, number: Text, repository: Text = "", done: Text = "") -> Html:
        need(request, Right.READ, repository)
        number = check_number(number)
        tracker = pages.backend.tracker(repository)
        explanation = explain_stored(tracker, number)
        session = explanation.session
        record = session.pull_requests.get(number) if session else tracker.sessions().unattributed(number)
        title = f"Pull request {_name(number)}"
        return pages.show(
            request,
            "pull_request.html",
            title,
            _trail(repository, explanation.session_id, title),
            repository=repository,
            number=number,
            explanation=explanation,
            session=session,
            record=record or PullRequestRecord(),
            address=links.on_forge(pages.backend.pull_request_page(repository), number, pages.services.settings.web),
            why=attribution_clause(explanation.attribution) if session else no_session_clause(explanation),
            evidence=evidence_clauses(explanation.evidence),
            involvement=involvement_clause(explanation.agents, SignCounts(), str),
            bases=explanation.bases,
            meanings=BASES,
            outcomes=OUTCOMES,
            role=role,
            source=source,
            inferred=list(plain_lines(inferred_session(number, *explanation.inferred))) if explanation.inferred else [],
            notice=done_notice(pages, repository, done),
        )

    return [pull_request]


def _name(number: str) -> str:
    return number if "#" in number else f"#{number}"


def _trail(repository: str, session_id: str | None, title: str) -> list[Step]:
    steps = [Step("Sessions", links.address("/sessions", repository=repository))]
    if session_id:
        steps.append(Step(session_id, links.session_page(repository, session_id)))
    return [*steps, Step(title)]
