"""Transactions, constraints and the schema, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import func, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from shindan.model.errors import StoreError, StoreUnavailable
from shindan.store.database import Database, open_database, upsert
from shindan.store.schema_version import HEAD, check, current, migrate
from shindan.store.tables import metadata, setting, usage
from stores import BACKENDS, databases


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    yield from databases(request.param, tmp_path)


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        found = inspect(connection)
        for table in metadata.sorted_tables:
            assert {index["name"] for index in found.get_indexes(table.name)} >= {i.name for i in table.indexes}


def test_the_newest_migration_is_the_one_that_is_looked_for(database: Database) -> None:
    folder = Path(__file__).parents[3] / "src/shindan/store/migrations/versions"
    assert max(path.name.split("_")[0] for path in folder.glob("*.py")) == HEAD == current(database)
    migrate(database)
    check(database)


def test_an_empty_database_is_told_from_a_newer_one(tmp_path: Path) -> None:
    empty = open_database(None, tmp_path)
    with pytest.raises(StoreError, match="has no tables"):
        check(empty)
    migrate(empty)
    with empty.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for function in (check, migrate):
        with pytest.raises(StoreError, match="newer Shindan"):
            function(empty)


def test_a_transaction_is_whole_or_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(insert(setting).values(key="a", value=1))
        raise ZeroDivisionError
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(setting)).scalar() == 0


def test_a_broken_constraint_is_the_callers_to_explain(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(setting).values(key="a", value=1))
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(setting).values(key="a", value=2))


def test_upsert_replaces_what_it_is_told_to(database: Database) -> None:
    row = {"account": "1", "month": "2026-11", "meter": "host", "units": 1}
    key = ("account", "month", "meter")
    with database.write() as connection:
        upsert(connection, usage, [row], key=key, update=("units",))
        upsert(connection, usage, [{**row, "units": 5}], key=key, update=("units",))
        upsert(connection, usage, [{**row, "units": 9}], key=key, update=())
        upsert(connection, usage, [], key=key, update=())
    with database.read() as connection:
        assert connection.execute(select(usage.c.units)).scalar() == 5


def test_writers_take_turns(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(setting).values(key="n", value=0))

    def add() -> None:
        for _ in range(20):
            with database.write() as connection:
                number = connection.execute(select(setting.c.value).with_for_update()).scalar_one()
                connection.execute(setting.update().values(value=number + 1))

    threads = [Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(select(setting.c.value)).scalar() == 80


def test_an_unreachable_database_is_told_with_a_remedy(tmp_path: Path) -> None:
    gone = Database(f"postgresql://shindan@/nowhere?host={tmp_path}")
    with pytest.raises(StoreError, match="cannot be used") as caught, gone.read():
        pass
    assert "SHINDAN_DATABASE_URL" in caught.value.remedy


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    for database in databases("sqlite", tmp_path):
        with pytest.raises(StoreUnavailable, match="full") as told, database.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite's own word for a disk of that size
            connection.exec_driver_sql("CREATE TABLE much AS SELECT randomblob(1000000) AS piece")
        assert "make room" in told.value.remedy


def test_what_may_work_later_is_told_from_what_never_will(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as wrong, database.read() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    assert type(wrong.value) is StoreError
    for away in ("postgresql://nobody@127.0.0.1:9/nothing", f"sqlite:///{tmp_path / 'no' / 'folder'}"):
        with pytest.raises(StoreUnavailable), Database(away).read():
            pass


def test_a_connection_that_is_kept_begins_anew_each_time(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.read():
        raise ZeroDivisionError
    with database.read() as first:
        assert first.execute(select(func.count()).select_from(setting)).scalar() == 0
        with database.write() as connection:
            connection.execute(insert(setting).values(key="a", value=1))
        with database.read() as second:  # one within another has its own
            assert second is not first
            assert second.execute(select(func.count()).select_from(setting)).scalar() == 1
        if database.is_sqlite:
            assert first.execute(select(func.count()).select_from(setting)).scalar() == 0
    with database.read() as third:
        assert third.execute(select(func.count()).select_from(setting)).scalar() == 1
        third.execute(insert(setting).values(key="b", value=1))
    with database.read() as fourth:
        assert fourth.execute(select(func.count()).select_from(setting)).scalar() == 1


def test_who_must_not_wait_reads_beside_a_writer_and_writes_nothing(tmp_path: Path) -> None:
    for database in databases("sqlite", tmp_path):
        with database.write() as connection:
            connection.execute(insert(setting).values(key="a", value=1))
            with database.hurried():
                with database.read() as reading:
                    assert reading.execute(select(func.count()).select_from(setting)).scalar() == 0
                with pytest.raises(StoreUnavailable), database.write():
                    pass
        with database.write() as connection:
            connection.execute(insert(setting).values(key="b", value=1))
        with database.hurried(), database.read() as reading:
            assert reading.execute(select(func.count()).select_from(setting)).scalar() == 2


def test_threads_that_read_at_once_have_connections_of_their_own(database: Database) -> None:
    seen: list[int] = []

    def look() -> None:
        for _ in range(20):
            with database.read() as connection:
                rows = select(setting.c.key).order_by(setting.c.key)
                seen.append(len(connection.execute(rows).all()) + len(connection.execute(rows).all()))

    with database.write() as connection:
        connection.execute(insert(setting).values(key="a", value=1))
    threads = [Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [2] * 160


def test_many_that_write_at_once_take_turns(database: Database) -> None:
    at_work, most = [0], [0]

    def write(number: int) -> None:
        for turn in range(5):
            with database.write() as connection:
                at_work[0] += 1
                most[0] = max(most[0], at_work[0])
                connection.execute(insert(setting).values(key=f"{number} {turn}", value=1))
                at_work[0] -= 1

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(write, range(24)))
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(setting)).scalar() == 120
    assert most[0] == 1 or not database.is_sqlite


@pytest.mark.parametrize("url", ["nonsense", "mysql://a:secret@b/c", "oracle+nothing://x", "postgresql://[::1/x"])
def test_an_address_that_is_none_is_told_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no address of a database") as caught:
        open_database(url, tmp_path)
    assert "secret" not in str(caught.value) and "postgresql://" in caught.value.remedy
