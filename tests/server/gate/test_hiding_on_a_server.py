"""A configuration that hides people hides them in what the server has stored already."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from pr_sessions.core.people import HIDDEN
from pr_sessions.server.gate.configuration import store_configuration, store_organisation
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.store import SqlStore
from scene import START
from server.gate.served import add_repository

FROM: dict[str, Callable[[Engine, int], object]] = {
    "the repository's file": lambda engine, key: store_configuration(engine, key, b"people: hidden\n", START),
    "the organisation's file": lambda engine, _: store_organisation(
        engine, "ada", b"settings:\n  people: hidden\n", START
    ),
}


@pytest.mark.parametrize("store_file", FROM.values(), ids=FROM)
def test_what_was_stored_is_hidden(database: Engine, store_file: Callable[[Engine, int], object]) -> None:
    key = add_repository(database)
    store = SqlStore(database, key)
    with store.transaction(START) as work:
        work.commit(work.sessions, AuditEntry(START, "mallory", "note"))

    store_file(database, key)

    assert [entry.by for entry in store.audit_log().entries] == [HIDDEN]
