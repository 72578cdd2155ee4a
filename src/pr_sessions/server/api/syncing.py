"""The operation by which a clone and the server bring each other to the same sessions."""

from msgspec import Raw

from pr_sessions.errors import NewerVersion, UnreadableFile
from pr_sessions.io.files import MIB
from pr_sessions.server.api import requests, samples, schemas
from pr_sessions.server.api.operations import Call, Operation
from pr_sessions.server.api.problems import RequestRefused
from pr_sessions.server.viewer import Refused, Right
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.merge import merge_file
from pr_sessions.storage.sql.repositories import ensure_repository
from pr_sessions.storage.sql.store import SqlStore

# As large as a session file that a clone reads.
MOST = 48 * MIB


def sync(call: Call, where: requests.OneRepository, given: requests.SyncWanted) -> schemas.SyncAnswer:
    """Merge a session file into the server's sessions; return what both know. To send it again changes nothing."""
    name, viewer = requests.repository_of(where), call.viewer
    engine = call.services.engine
    if engine is None or where.owner == "-":
        raise RequestRefused(409, "this server keeps no sessions of this repository", "sync with a team's server")
    if not viewer.may_change(name):
        raise Refused(f"{viewer.name} may not change the sessions of {name}", "use a token that may")
    sessions = _read(bytes(given.sessions))
    with writing(engine) as connection:
        ensure_repository(connection, name, call.now)
    store = call.tracker(name).store
    if not isinstance(store, SqlStore):
        raise RequestRefused(409, "a sync begins in any state: it merges", "leave out If-Match")
    merged = merge_file(store, sessions, call.now, viewer.name)
    return schemas.SyncAnswer(
        received=merged.received, sent=merged.sent, changed=merged.changed, sessions=Raw(merged.sessions.to_bytes())
    )


def _read(data: bytes) -> FileSessions:
    try:
        sessions = FileSessions(parse(data, "the session file"))
        tuple(sessions)  # What cannot be decoded must not get into the database unseen.
    except NewerVersion as error:
        raise RequestRefused(409, str(error), "upgrade the server first") from None
    except UnreadableFile as error:
        raise RequestRefused(422, str(error), error.hint) from None
    return sessions


OPERATIONS = (
    Operation(
        id="sync_sessions",
        method="POST",
        path="/repositories/{owner}/{name}/sync",
        tag="sync",
        summary="Merge the sessions of a clone, and get what both know",
        right=Right.WRITE,
        params=requests.OneRepository,
        body=requests.SyncWanted,
        answer=schemas.SyncAnswer,
        run=sync,
        example=samples.SYNCED,
        sample=requests.SyncWanted(sessions=samples.SESSION_FILE),
        most=MOST,
    ),
)
