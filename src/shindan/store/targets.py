"""Assessment targets: names of resource groups to assess."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import BigInteger, Connection, bindparam, delete, func, select, tuple_, update

from shindan.model.assessment import Target
from shindan.store.database import inserted
from shindan.store.patterns import like
from shindan.store.tables import target

Place = tuple[int, str]
"""Where a target stands in a list: when it was created, and its id."""


_COLUMNS = [target.c[name] for name in ("id", "account", "name", "resource_group", "created_at", "updated_at")]

# Built once: putting a statement together takes longer than answering it.
_NAMED = select(*_COLUMNS).where(
    target.c.account == bindparam("of_account"), target.c.id.in_(bindparam("ids", expanding=True))
)
_LISTED = select(*_COLUMNS).where(target.c.account == bindparam("of_account"))
_LISTED = _LISTED.order_by(target.c.created_at.desc(), target.c.id.desc()).limit(bindparam("most"))
_BEHIND = _LISTED.where(
    tuple_(target.c.created_at, target.c.id) < tuple_(bindparam("at", type_=BigInteger), bindparam("id"))
)


def add(connection: Connection, new: Target) -> bool:
    """Keeps a new target; False where the account has one of this name."""
    row = {
        "id": new.id,
        "account": new.account,
        "name": new.name,
        "resource_group": new.group,
        "created_at": new.created_at,
        "updated_at": new.updated_at,
    }
    return inserted(connection, target, row, unless=("account", "name"))


def named(connection: Connection, account: str, ids: Collection[str]) -> dict[str, Target]:
    """The account's targets among these ids, by id."""
    rows = connection.execute(_NAMED, {"of_account": account, "ids": list(ids)})
    return {row.id: Target(*row) for row in rows}


def get(connection: Connection, account: str, id_: str) -> Target | None:
    """The account's target of an id."""
    return named(connection, account, [id_]).get(id_)


def lock(connection: Connection, account: str, id_: str) -> bool:
    """Holds a target until the transaction ends: nothing is added below it; False where there is none."""
    mine = select(target.c.id).where(target.c.account == account, target.c.id == id_)
    return connection.execute(mine.with_for_update()).one_or_none() is not None


def replace(connection: Connection, id_: str, name: str, group: str | None, at: int) -> None:
    """Gives a target another name and group. Raises IntegrityError where the account has one of this name."""
    connection.execute(update(target).where(target.c.id == id_).values(name=name, resource_group=group, updated_at=at))


def remove(connection: Connection, id_: str) -> None:
    """Removes a target and all that belongs to it: templates, subscriptions, runs and what they found."""
    connection.execute(delete(target).where(target.c.id == id_))


def count(connection: Connection, account: str) -> int:
    """How many targets the account has."""
    return connection.execute(select(func.count()).select_from(target).where(target.c.account == account)).scalar_one()


def listed(
    connection: Connection, account: str, *, name_pattern: str | None = None, after: Place | None = None, limit: int
) -> list[Target]:
    """The account's targets, newest first, from behind `after` on."""
    statement = _LISTED if after is None else _BEHIND
    if name_pattern is not None:
        statement = statement.where(like(connection, target.c.name, name_pattern))
    place = {} if after is None else {"at": after[0], "id": after[1]}
    rows = connection.execute(statement, {"of_account": account, "most": limit, **place})
    return [Target(*row) for row in rows]
