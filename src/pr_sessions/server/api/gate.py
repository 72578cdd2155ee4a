"""Operations about the gate: what it decided, and what it could not do on the forge."""

from pr_sessions.errors import NotFound
from pr_sessions.server.api import encoders, requests, samples, schemas
from pr_sessions.server.api.operations import Call, Operation
from pr_sessions.server.viewer import Right


def list_decisions(call: Call, where: requests.RepositoryPage, _: None) -> schemas.PageOf[schemas.DecisionItem]:
    """Return a part of what the gate decided last about each pull request, the newest first."""
    lines = call.backend.decisions(call.repository(where), where.cursor, where.limit)
    return encoders.page(lines, encoders.decision_item)


def count_decisions(call: Call, where: requests.OneRepository, _: None) -> schemas.DecisionDays:
    """Return how it decided on each day of the last week."""
    days = call.backend.decision_days(call.repository(where))
    return schemas.DecisionDays(items=tuple(map(encoders.decision_day, days)))


def list_given_up(call: Call, wanted: requests.GivenUpWanted, _: None) -> schemas.PageOf[schemas.GivenUpItem]:
    """Return a part of what was given up, the newest first."""
    name = requests.text_of(wanted.repository)
    # Who sees some repositories names one of them.
    if call.viewer.repositories is not None and not call.viewer.sees(name):
        raise NotFound(f"no repository {name[:200]}", "name one that you may see: `?repository=OWNER/NAME`")
    lines = call.backend.given_up(name, wanted.cursor, wanted.limit)
    return encoders.page(lines, encoders.given_up_item)


def try_again(call: Call, which: requests.OneGivenUp, _: requests.Nothing) -> schemas.GivenUpItem:
    """Have something that was given up done after all."""
    line = call.backend.try_again(which.entry_id, call.viewer.name, call.viewer.repositories)
    return encoders.given_up_item(line)


OPERATIONS = (
    Operation(
        id="list_decisions",
        method="GET",
        path="/repositories/{owner}/{name}/decisions",
        tag="gate",
        summary="List what the gate decided last about each pull request, the newest first",
        right=Right.READ,
        params=requests.RepositoryPage,
        answer=schemas.PageOf[schemas.DecisionItem],
        run=list_decisions,
        example=schemas.PageOf(items=(samples.DECISION,), next=None),
    ),
    Operation(
        id="count_decisions",
        method="GET",
        path="/repositories/{owner}/{name}/decision-days",
        tag="gate",
        summary="Count what the gate decided on each day of the last week",
        right=Right.READ,
        params=requests.OneRepository,
        answer=schemas.DecisionDays,
        run=count_decisions,
        example=schemas.DecisionDays(items=(samples.DECISION_DAY,)),
    ),
    Operation(
        id="list_given_up",
        method="GET",
        path="/given-up",
        tag="gate",
        summary="List what was to be done on the forge and was given up, the newest first",
        right=Right.ADMIN,
        params=requests.GivenUpWanted,
        answer=schemas.PageOf[schemas.GivenUpItem],
        run=list_given_up,
        example=schemas.PageOf(items=(samples.GIVEN_UP,), next=None),
    ),
    Operation(
        id="try_again",
        method="POST",
        path="/given-up/{entry_id}/try-again",
        tag="gate",
        summary="Have something that was given up done after all",
        right=Right.ADMIN,
        params=requests.OneGivenUp,
        body=requests.Nothing,
        answer=schemas.GivenUpItem,
        run=try_again,
        example=samples.GIVEN_UP,
        sample=requests.Nothing(),
    ),
)
