"""Which job waits under a key, and which have begun: what makes a second one of a key superfluous."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shindan.store.tables import job_key


def reserve(connection: Connection, key: str, job: str) -> bool:
    """Has `job` wait under a key; False where another does.

    The row of that other is held until the transaction ends, so that it does not begin before what the transaction
    writes can be seen.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(job_key).values(key=key, job=job)
    statement = statement.on_conflict_do_update(index_elements=["key"], set_={"key": statement.excluded.key})
    return bool(connection.execute(statement.returning(job_key.c.job)).scalar_one() == job)


def begin(connection: Connection, key: str, job: str) -> bool:
    """Frees the key for the next one, since this job begins (or began and was killed); False for one taken back."""
    begun = _begun(job)
    mine = (job_key.c.key == key) & (job_key.c.job == job)
    if connection.execute(update(job_key).where(mine).values(key=begun).returning(job_key.c.job)).first():
        return True
    return connection.execute(select(job_key.c.job).where(job_key.c.key == begun)).first() is not None


def end(connection: Connection, job: str) -> None:
    """Forgets a job that is done."""
    connection.execute(delete(job_key).where(job_key.c.key == _begun(job)))


def release(connection: Connection, key: str) -> None:
    """Takes back the job that waits under a key."""
    connection.execute(delete(job_key).where(job_key.c.key == key))


def _begun(job: str) -> str:
    return f"begun {job}"
