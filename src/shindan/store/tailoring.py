"""What accounts want otherwise of rules, their files of zones, and what runs were judged with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from shindan.model.tailoring import Entry, entry_of
from shindan.store.database import upsert
from shindan.store.tables import run_tailoring, tailoring, zones


def entries(connection: Connection, account: str) -> list[Entry]:
    """An account's entries in the order in which they were made."""
    rows = connection.execute(select(tailoring).where(tailoring.c.account == account).order_by(tailoring.c.number))
    return [entry_of({**row.entry, "id": row.id}) for row in rows]


def add(connection: Connection, account: str, new: Sequence[Entry], at: int) -> None:
    """Keeps entries behind those that there are."""
    rows = [{"id": one.id, "account": account, "entry": _kept(one), "created_at": at} for one in new]
    if rows:
        connection.execute(insert(tailoring), rows)


def remove(connection: Connection, account: str, id_: str) -> bool:
    """Lets go of an entry; False where the account has none of that id."""
    mine = (tailoring.c.account == account) & (tailoring.c.id == id_)
    return connection.execute(delete(tailoring).where(mine).returning(tailoring.c.id)).first() is not None


def clear(connection: Connection, account: str) -> None:
    """Lets go of all of an account's entries."""
    connection.execute(delete(tailoring).where(tailoring.c.account == account))


def zones_text(connection: Connection, account: str) -> str:
    """An account's file of zones (TOML); "" where it has none."""
    found = connection.execute(select(zones.c.text).where(zones.c.account == account)).scalar_one_or_none()
    return found or ""


def set_zones(connection: Connection, account: str, text: str, at: int) -> None:
    """Keeps an account's file of zones; "" lets go of it."""
    if text:
        row = {"account": account, "text": text, "changed_at": at}
        upsert(connection, zones, [row], key=("account",), update=("text", "changed_at"))
    else:
        connection.execute(delete(zones).where(zones.c.account == account))


def note_run(connection: Connection, run_id: str, said: dict[str, Any]) -> None:
    """Keeps what a run is judged with; the first word counts, for a run that goes on after a crash."""
    upsert(connection, run_tailoring, [{"run": run_id, "said": said}], key=("run",), update=())


def of_run(connection: Connection, run_id: str) -> dict[str, Any]:
    """What a run was judged with; {} where nothing was wanted otherwise."""
    found = connection.execute(select(run_tailoring.c.said).where(run_tailoring.c.run == run_id)).scalar_one_or_none()
    return dict(found or {})


def _kept(one: Entry) -> dict[str, Any]:
    return {name: value for name, value in one.as_json().items() if name != "id"}
