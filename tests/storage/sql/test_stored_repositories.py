"""Repositories keep what they hold when they are renamed or transferred; a name may go to another one."""

import threading

from msgspec.structs import replace
from sqlalchemy import Connection, Engine

from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.repositories import (
    StoredRepository,
    all_repositories,
    ensure_repository,
    find_by_forge_id,
    find_repository,
    remove_repository,
    set_mode,
    touch,
)
from scene import minute


def ensure(engine: Engine, name: str, forge_id: int | None = None, **values: bool) -> StoredRepository:
    with writing(engine) as connection:
        return ensure_repository(connection, name, minute(0), forge_id=forge_id, **values)


def names(engine: Engine) -> list[tuple[int | None, str, str]]:
    with reading(engine) as connection:
        return [(each.forge_id, each.name, each.state) for each in all_repositories(connection)]


def test_a_new_repository_is_private_off_and_empty(database: Engine) -> None:
    made = ensure(database, "Ada/Tool", 7)
    assert made == StoredRepository(
        id=made.id,
        forge_id=7,
        name="Ada/Tool",
        installation_id=None,
        state="active",
        is_private=True,
        configuration="",
        mode="off",
        revision=0,
        changed_at=minute(0),
    )


def test_it_is_the_same_by_number_and_by_name_in_any_case(database: Engine) -> None:
    made = ensure(database, "Ada/Tool", 7)
    assert ensure(database, "Ada/Tool", 7) == made
    with reading(database) as connection:
        assert find_repository(connection, "aDA/tOOL") == made == find_by_forge_id(connection, 7)
        assert (find_repository(connection, "ada/other"), find_by_forge_id(connection, 8)) == (None, None)


def test_one_that_a_clone_synced_gets_its_number_later(database: Engine) -> None:
    synced = ensure(database, "ada/tool")
    assert ensure(database, "ada/tool", 7) == replace(synced, forge_id=7)
    assert ensure(database, "ada/tool").forge_id == 7


def test_a_renamed_or_transferred_repository_keeps_what_it_holds(database: Engine) -> None:
    made = ensure(database, "ada/tool", 7)
    assert ensure(database, "bob/machine", 7) == replace(made, name="bob/machine")
    assert names(database) == [(7, "bob/machine", "active")]


def test_a_name_that_was_given_to_another_repository_is_that_ones(database: Engine) -> None:
    old = ensure(database, "ada/tool", 7)
    ensure(database, "ada/tool", 8)
    assert names(database) == [(8, "ada/tool", "active"), (7, f"ada/tool~{old.id}", "removed")]
    ensure(database, "ada/renamed", 7)
    assert names(database) == [(7, "ada/renamed", "active"), (8, "ada/tool", "active")]


def test_two_repositories_that_swap_their_names_stay_apart(database: Engine) -> None:
    ensure(database, "ada/a", 1)
    ensure(database, "ada/b", 2)
    ensure(database, "ada/b", 1)
    ensure(database, "ada/a", 2)
    assert names(database) == [(2, "ada/a", "active"), (1, "ada/b", "active")]


def test_a_removed_repository_stays_and_comes_back(database: Engine) -> None:
    made = ensure(database, "ada/tool", 7)
    with writing(database) as connection:
        remove_repository(connection, made.id, minute(1))
    assert names(database) == [(7, "ada/tool", "removed")]
    ensure(database, "ada/tool", 7)
    assert names(database) == [(7, "ada/tool", "active")]


def test_mode_and_the_time_of_the_last_change_are_kept(database: Engine) -> None:
    made = ensure(database, "ada/tool", 7)
    with writing(database) as connection:
        set_mode(connection, made.id, "shadow", minute(1))
        touch(connection, made.id, minute(2))
    with reading(database) as connection:
        assert find_repository(connection, "ada/tool") == replace(made, mode="shadow", changed_at=minute(2))


def test_two_that_make_it_at_once_get_the_same_one(database: Engine) -> None:
    begin, ids = threading.Barrier(2), []

    def make(connection: Connection) -> int:
        return ensure_repository(connection, "ada/tool", minute(0), forge_id=7).id

    def work() -> None:
        begin.wait(20)
        with writing(database) as connection:
            ids.append(make(connection))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(ids), len(set(ids)), len(names(database))) == (2, 1, 1)
