"""Operations about the server itself: repositories, the audit log, storage, deliveries, tokens, the viewer."""

from datetime import UTC, datetime, time, timedelta

from msgspec import convert
from sqlalchemy import Engine

from pr_sessions.errors import NotFound
from pr_sessions.server.api import encoders, requests, samples, schemas
from pr_sessions.server.api.operations import Call, Operation
from pr_sessions.server.auth.tokens import TokenLine, create_token, list_tokens, revoke_token
from pr_sessions.server.backend import RepositoryFilter
from pr_sessions.server.evidence.listing import list_evidence
from pr_sessions.server.viewer import Right


def list_repositories(
    call: Call, wanted: requests.RepositoriesWanted, _: None
) -> schemas.PageOf[schemas.RepositoryAnswer]:
    """Return a part of the repositories that the viewer may see, by name."""
    chosen = RepositoryFilter(text=wanted.text, repositories=call.viewer.repositories)
    lines = call.backend.repositories(chosen, wanted.cursor, wanted.limit)
    return encoders.page(lines, lambda line: encoders.repository(line, call.viewer))


def get_repository(call: Call, where: requests.OneRepository, _: None) -> schemas.RepositoryAnswer:
    """Return one repository and its health."""
    return encoders.repository(call.backend.repository(call.repository(where)), call.viewer)


def list_audit(call: Call, where: requests.RepositoryPage, _: None) -> schemas.PageOf[schemas.AuditItem]:
    """Return a part of what was changed in a repository, the newest first."""
    repository = call.repository(where)
    return encoders.page(call.backend.audit(repository, where.cursor, where.limit), encoders.audit_item)


def list_storage(call: Call, wanted: requests.RepositoryWanted, _: None) -> schemas.StorageList:
    """Return where everything is stored."""
    lines = call.backend.storage(requests.text_of(wanted.repository))
    return schemas.StorageList(items=tuple(map(encoders.storage_item, lines)))


def list_deliveries(call: Call, wanted: requests.DeliveriesWanted, _: None) -> schemas.PageOf[schemas.DeliveryItem]:
    """Return a part of the deliveries, the newest first."""
    repository = requests.text_of(wanted.repository)
    lines = call.backend.deliveries(repository, wanted.state, wanted.cursor, wanted.limit)
    return encoders.page(lines, encoders.delivery_item)


def redeliver(call: Call, which: requests.OneDelivery, _: requests.Nothing) -> schemas.DeliveryItem:
    """Put a delivery that was given up back to those that wait."""
    return encoders.delivery_item(call.backend.redeliver(which.delivery_id, call.viewer.name))


def read_tokens(call: Call, _: requests.Nothing, __: None) -> schemas.TokenList:
    """Return all tokens."""
    return schemas.TokenList(items=tuple(map(_token, list_tokens(_database(call)))))


def new_token(call: Call, _: requests.Nothing, wanted: requests.TokenWanted) -> schemas.NewToken:
    """Create a token."""
    lifetime = timedelta(days=wanted.days)
    line, secret = create_token(
        _database(call), wanted.name, wanted.scopes, wanted.repositories, lifetime, call.viewer.name, call.now
    )
    return schemas.NewToken(token=_token(line), secret=secret.reveal())


def end_token(call: Call, which: requests.OneToken, _: requests.Nothing) -> schemas.TokenItem:
    """Revoke a token at once."""
    return _token(revoke_token(_database(call), which.token_id, call.viewer.name, call.now))


def read_evidence(call: Call, wanted: requests.EvidenceWanted, _: None) -> schemas.PageOf[schemas.EvidenceItem]:
    """Return a part of the merged pull requests of agents, by repository and time of the merge."""
    since = datetime.combine(wanted.since, time(), UTC)
    page = list_evidence(
        _database(call), wanted.organisation, since, call.viewer.repositories, wanted.cursor, wanted.limit
    )
    # The fields are the same: the rules keep them in this order for the digest.
    items = (convert(row, schemas.EvidenceItem, from_attributes=True) for row in page.items)
    return schemas.PageOf(items=tuple(items), next=page.next or None)


def get_viewer(call: Call, _: requests.Nothing, __: None) -> schemas.ViewerAnswer:
    """Return who asks."""
    viewer = call.viewer
    return schemas.ViewerAnswer(
        name=viewer.name,
        source=viewer.source,
        rights=tuple(right for right in Right if viewer.may(right)),
        repositories=None if viewer.repositories is None else tuple(sorted(viewer.repositories)),
    )


def _database(call: Call) -> Engine:
    if call.services.engine is None:
        raise NotFound("there is no database: this server shows the files of a clone", "use `serve --database URL`")
    return call.services.engine


def _token(line: TokenLine) -> schemas.TokenItem:
    return schemas.TokenItem(
        id=line.id,
        name=line.name,
        scopes=line.scopes,
        repositories=line.repositories,
        made_by=line.made_by,
        made_at=line.made_at,
        expires_at=line.expires_at,
        revoked_at=line.revoked_at,
        used_at=line.used_at,
    )


OPERATIONS = (
    Operation(
        id="list_repositories",
        method="GET",
        path="/repositories",
        tag="repositories",
        summary="List repositories with their health",
        right=Right.READ,
        params=requests.RepositoriesWanted,
        answer=schemas.PageOf[schemas.RepositoryAnswer],
        run=list_repositories,
        example=schemas.PageOf(items=(samples.REPOSITORY,), next=None),
    ),
    Operation(
        id="get_repository",
        method="GET",
        path="/repositories/{owner}/{name}",
        tag="repositories",
        summary="Get a repository with its health",
        right=Right.READ,
        params=requests.OneRepository,
        answer=schemas.RepositoryAnswer,
        run=get_repository,
        revision=True,
        example=samples.REPOSITORY,
    ),
    Operation(
        id="list_audit",
        method="GET",
        path="/repositories/{owner}/{name}/audit",
        tag="repositories",
        summary="List what was changed in a repository, the newest first",
        right=Right.READ,
        params=requests.RepositoryPage,
        answer=schemas.PageOf[schemas.AuditItem],
        run=list_audit,
        example=schemas.PageOf(items=(samples.ENTRY,), next=None),
    ),
    Operation(
        id="list_storage",
        method="GET",
        path="/storage",
        tag="server",
        summary="Say where everything is stored",
        right=Right.ADMIN,
        params=requests.RepositoryWanted,
        answer=schemas.StorageList,
        run=list_storage,
        example=schemas.StorageList(items=(samples.PLACE,)),
    ),
    Operation(
        id="list_deliveries",
        method="GET",
        path="/deliveries",
        tag="server",
        summary="List deliveries of the forge, the newest first",
        right=Right.ADMIN,
        params=requests.DeliveriesWanted,
        answer=schemas.PageOf[schemas.DeliveryItem],
        run=list_deliveries,
        example=schemas.PageOf(items=(samples.DELIVERY,), next=None),
    ),
    Operation(
        id="redeliver",
        method="POST",
        path="/deliveries/{delivery_id}/redeliver",
        tag="server",
        summary="Put a delivery that was given up back to those that wait",
        right=Right.ADMIN,
        params=requests.OneDelivery,
        body=requests.Nothing,
        answer=schemas.DeliveryItem,
        run=redeliver,
        example=samples.DELIVERY,
        sample=requests.Nothing(),
    ),
    Operation(
        id="list_tokens",
        method="GET",
        path="/tokens",
        tag="tokens",
        summary="List tokens, without their secrets",
        right=Right.ADMIN,
        answer=schemas.TokenList,
        run=read_tokens,
        example=schemas.TokenList(items=(samples.TOKEN,)),
    ),
    Operation(
        id="create_token",
        method="POST",
        path="/tokens",
        tag="tokens",
        summary="Create a token; its secret is shown this once",
        right=Right.ADMIN,
        body=requests.TokenWanted,
        answer=schemas.NewToken,
        run=new_token,
        status=201,
        example=samples.NEW_TOKEN,
        sample=requests.TokenWanted(name="ci-of-the-shop", scopes=(Right.READ,), repositories=("shop/web",)),
    ),
    Operation(
        id="revoke_token",
        method="POST",
        path="/tokens/{token_id}/revoke",
        tag="tokens",
        summary="Revoke a token at once",
        right=Right.ADMIN,
        params=requests.OneToken,
        body=requests.Nothing,
        answer=schemas.TokenItem,
        run=end_token,
        example=samples.TOKEN,
        sample=requests.Nothing(),
    ),
    Operation(
        id="list_evidence",
        method="GET",
        path="/evidence",
        tag="evidence",
        summary="List merged pull requests of agents: who asked, approved and merged, and what was checked",
        right=Right.AUDIT,
        params=requests.EvidenceWanted,
        answer=schemas.PageOf[schemas.EvidenceItem],
        run=read_evidence,
        example=schemas.PageOf(items=(samples.EVIDENCE_ITEM,), next=None),
    ),
    Operation(
        id="get_viewer",
        method="GET",
        path="/viewer",
        tag="server",
        summary="Say who asks, and what that person or program may do",
        right=Right.READ,
        answer=schemas.ViewerAnswer,
        run=get_viewer,
        example=samples.VIEWER,
    ),
)
