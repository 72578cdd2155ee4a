"""A database is opened by its URL, read beside a writer, written one at a time, and fails in words."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text

from postgres import Cluster
from pr_sessions.errors import Busy, CannotWrite, DatabaseFailed, InvalidValue, NotFound, PrSessionsError
from pr_sessions.storage.sql.engine import database_url, open_engine, reading, writing
from pr_sessions.storage.sql.schema import settings


def names(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(settings.c.name).order_by(settings.c.name)))


def add(engine: Engine, name: str) -> None:
    with writing(engine) as connection:
        connection.execute(insert(settings).values(name=name, value="x"))


def test_what_is_written_is_read(database: Engine) -> None:
    add(database, "a")
    assert names(database) == ["a"]


def test_an_error_stores_nothing(database: Engine) -> None:
    def write() -> None:
        with writing(database) as connection:
            connection.execute(insert(settings).values(name="a", value="x"))
            connection.execute(insert(settings).values(name="b", value=str(1 // 0)))

    with pytest.raises(ZeroDivisionError):
        write()
    assert names(database) == []


def test_a_reader_sees_what_was_stored_while_another_one_writes(database: Engine) -> None:
    add(database, "a")
    with writing(database) as connection:
        connection.execute(insert(settings).values(name="b", value="x"))
        assert names(database) == ["a"]
    assert names(database) == ["a", "b"]


def test_a_reader_sees_one_moment(database: Engine) -> None:
    add(database, "a")
    with reading(database) as connection:
        before = connection.scalars(select(settings.c.name)).all()
        add(database, "b")
        assert connection.scalars(select(settings.c.name)).all() == before == ["a"]


def test_a_reader_that_stays_disturbs_no_writer(database: Engine) -> None:
    add(database, "a")
    with reading(database) as connection:
        connection.execute(select(settings))
        add(database, "b")
    assert names(database) == ["a", "b"]


def test_writers_of_sqlite_wait_for_each_other(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'team.db'}")
    settings.create(engine)
    ready = threading.Event()

    def write() -> None:
        ready.set()
        with writing(engine) as connection:
            count = len(connection.execute(select(settings)).all())
            connection.execute(insert(settings).values(name=f"second of {count + 1}", value="x"))

    with writing(engine) as connection:
        thread = threading.Thread(target=write)
        thread.start()
        assert ready.wait(10)
        connection.execute(insert(settings).values(name="first", value="x"))
    thread.join()
    assert names(engine) == ["first", "second of 2"]
    engine.dispose()


def test_what_sqlite_confirmed_is_on_the_disk(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'team.db'}")
    with reading(engine) as connection:
        pragmas = [
            connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    engine.dispose()
    assert pragmas == ["wal", 2, 1, 15000]


def test_a_new_sqlite_file_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    engine = open_engine(f"sqlite:///{path}")
    settings.create(engine)
    modes = {each.name: oct(each.stat().st_mode & 0o777) for each in tmp_path.iterdir()}
    engine.dispose()
    assert modes == {"team.db": "0o600", "team.db-wal": "0o600", "team.db-shm": "0o600"}


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_the_same_driver(scheme: str) -> None:
    url = database_url(f"{scheme}://app:secret@db.example/team?sslmode=require")
    assert url.render_as_string() == "postgresql+psycopg://app:***@db.example/team?sslmode=require"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "the URL of the database cannot be read"),
        ("team.db", "the URL of the database cannot be read"),
        ("postgresql://app:secret@db:port/team", "the URL of the database cannot be read"),
        ("mysql://app:secret@db/team", "no database of the kind 'mysql' can be used"),
        ("sqlite://", "the URL of the database names no file"),
        ("sqlite:///:memory:", "the URL of the database names no file"),
        ("sqlite:///file:team.db?uri=true", "the URL of the database names no file"),
    ],
)
def test_a_url_of_no_database_is_refused_without_its_password(url: str, message: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        open_engine(url)
    hint = "use sqlite:////var/lib/pr-sessions/team.db or postgresql://user@host/database"
    assert (str(caught.value), caught.value.hint) == (message, hint)


def failure(engine: Engine, use: Callable[[Engine], object] = names) -> PrSessionsError:
    try:
        with pytest.raises(PrSessionsError) as caught:
            use(engine)
    finally:
        engine.dispose()
    assert "secret" not in f"{caught.value}{caught.value.hint}"
    assert caught.value.hint
    return caught.value


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=f"cannot make the database {tmp_path}/none/team.db: No such file"):
        open_engine(f"sqlite:///{tmp_path}/none/team.db")


def test_a_missing_file_is_not_made_where_it_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"there is no database .*/team\.db"):
        open_engine(f"sqlite:///{tmp_path}/team.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_sqlite_file_that_went_away_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    engine = open_engine(f"sqlite:///{path}")
    path.unlink()
    assert str(failure(engine)) == f"the database {path} cannot be opened"
    assert not path.exists()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "team.db"
    path.write_bytes(b"no database" * 100)
    assert str(failure(open_engine(f"sqlite:///{path}"))) == f"{path} is no database, or it is damaged"
    assert path.read_bytes() == b"no database" * 100


def test_a_database_without_tables_says_how_it_gets_them(empty_database_url: str) -> None:
    error = failure(open_engine(empty_database_url))
    assert isinstance(error, DatabaseFailed)
    assert "has other tables than this version" in str(error)
    assert error.hint == "bring it up to date: pr-sessions database upgrade --database URL"


def test_a_server_that_is_gone_is_named(tmp_path: Path) -> None:
    error = failure(open_engine(f"postgresql://app:secret@/team?host={tmp_path}"))
    assert str(error) == f"the database team at {tmp_path} cannot be reached"


def test_a_port_without_a_server_is_named() -> None:
    error = failure(open_engine("postgresql://app:secret@127.0.0.1:1/team"))
    assert str(error) == "the database team at 127.0.0.1 cannot be reached"


def test_a_database_that_is_missing_is_named(postgres: Cluster) -> None:
    error = failure(open_engine(postgres.url("none", "app:secret")))
    assert str(error) == f"there is no database or user for none at {postgres.folder}"


def test_a_user_without_rights_is_named(postgres: Cluster) -> None:
    url = postgres.new()
    name = url.split("@/")[1].split("?")[0]
    postgres.run("DROP ROLE IF EXISTS reader")
    postgres.run("CREATE ROLE reader LOGIN")
    with_rights = open_engine(url)
    settings.create(with_rights)
    with_rights.dispose()
    error = failure(open_engine(postgres.url(name, "reader")))
    assert (str(error), error.hint) == (
        f"the user reader may not change {name} at {postgres.folder}",
        "let this user create and change tables there",
    )


def test_a_full_disk_is_named_and_what_was_there_stays(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'team.db'}")
    settings.create(engine)
    add(engine, "a")

    def fill(engine: Engine) -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 4")
            connection.execute(insert(settings).values(name="b", value="x" * 100_000))

    error = failure(engine, fill)
    assert (type(error), str(error)) == (CannotWrite, f"the disk of the database {tmp_path}/team.db is full")
    assert names(engine) == ["a"]
    engine.dispose()


def test_a_writer_that_takes_too_long_is_busy(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    add(database, "a")

    url = database.url.render_as_string(hide_password=False)
    monkeypatch.setattr("pr_sessions.storage.sql.engine.WAIT", 0.01)
    impatient = open_engine(url)
    with writing(database) as connection:
        connection.execute(settings.update().values(value="y"))

        def change(engine: Engine) -> None:
            with writing(engine) as other:
                other.execute(settings.update().values(value="z"))

        error = failure(impatient, change)
    assert (type(error), str(error)) == (Busy, "another process has been writing to the database for too long")
