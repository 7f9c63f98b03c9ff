"""What was used: assessed hosts, per account, month and meter."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from shindan.store.tables import usage


def count(connection: Connection, account: str, month: str, meter: str, units: int) -> None:
    """Adds units to a meter."""
    if not units:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(usage).values(account=account, month=month, meter=meter, units=units)
    more = {"units": usage.c.units + statement.excluded.units}
    connection.execute(statement.on_conflict_do_update(index_elements=["account", "month", "meter"], set_=more))


def of_account(connection: Connection, account: str) -> list[tuple[str, str, int]]:
    """(month, meter, units), oldest first."""
    mine = select(usage).where(usage.c.account == account).order_by(usage.c.month, usage.c.meter)
    return [(row.month, row.meter, row.units) for row in connection.execute(mine)]
