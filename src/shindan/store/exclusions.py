"""Exclusions of runs, and previews of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Text, cast, delete, insert, select, update

from shindan.model.arn import new_id
from shindan.model.exclusion import NOTES, Exclusion
from shindan.store.database import inserted
from shindan.store.tables import exclusion, preview, template


def add(connection: Connection, run_id: str, new: Sequence[Exclusion]) -> None:
    """Keeps exclusions of a run."""
    rows = [
        {
            "id": new_id(),
            "run": run_id,
            "code": one.code,
            "scopes": [list(pair) for pair in one.scopes],
            "attributes": [["detail", one.detail]],
        }
        for one in new
    ]
    if rows:
        connection.execute(insert(exclusion), rows)


def listed(
    connection: Connection, run_id: str, *, after: int | None = None, limit: int | None = None
) -> list[tuple[int, str, Exclusion]]:
    """(number, id, exclusion) of a run, in the order they were noted, from behind `after` on."""
    statement = select(exclusion).where(exclusion.c.run == run_id).order_by(exclusion.c.number)
    if after is not None:
        statement = statement.where(exclusion.c.number > after)
    return [(row.number, row.id, _record(row)) for row in connection.execute(statement.limit(limit))]


def named(connection: Connection, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], Exclusion]:
    """Exclusions by (run, id)."""
    runs, ids = {run_id for run_id, _ in places}, {id_ for _, id_ in places}
    rows = connection.execute(select(exclusion).where(exclusion.c.run.in_(runs), exclusion.c.id.in_(ids)))
    return {(row.run, row.id): _record(row) for row in rows}


def of_host(connection: Connection, run_id: str, host_id: str) -> list[Exclusion]:
    """What a run says of one of its hosts, in the order it was noted."""
    about = cast(exclusion.c.scopes, Text).contains(f'"{host_id}"', autoescape=True)
    statement = select(exclusion).where(exclusion.c.run == run_id, about).order_by(exclusion.c.number)
    found = (_record(row) for row in connection.execute(statement))
    return [one for one in found if ("INSTANCE_ID", host_id) in one.scopes]


def any_error(connection: Connection, run_id: str) -> bool:
    """Whether a run has an exclusion that makes it one with errors."""
    statement = select(exclusion.c.number).where(exclusion.c.run == run_id, exclusion.c.code.not_in(sorted(NOTES)))
    return connection.execute(statement.limit(1)).first() is not None


# ── previews ──


def begin_preview(connection: Connection, token: str, template_id: str, at: int) -> None:
    """Keeps a preview that is being made."""
    row = {"token": token, "template": template_id, "status": "WORK_IN_PROGRESS", "exclusions": [], "created_at": at}
    inserted(connection, preview, row, unless=("token",))


def preview_in_progress(connection: Connection, template_id: str, since: int) -> bool:
    """Whether a preview of a template has been in the making since a moment; an older one was given up."""
    going = (preview.c.template == template_id) & (preview.c.status == "WORK_IN_PROGRESS")
    return connection.execute(select(preview.c.token).where(going, preview.c.created_at >= since)).first() is not None


def end_preview(connection: Connection, token: str, found: Sequence[Exclusion]) -> None:
    """Keeps what a preview found."""
    rows = [{"code": one.code, "scopes": [list(pair) for pair in one.scopes], "detail": one.detail} for one in found]
    values = {"status": "COMPLETED", "exclusions": rows}
    connection.execute(update(preview).where(preview.c.token == token).values(**values))


def get_preview(
    connection: Connection, template_id: str, token: str, since: int
) -> tuple[str, tuple[Exclusion, ...]] | None:
    """Status and exclusions of a template's preview; None for one that is unknown, or older than a moment."""
    mine = (preview.c.token == token) & (preview.c.template == template_id) & (preview.c.created_at >= since)
    row = connection.execute(select(preview).where(mine)).one_or_none()
    if row is None:
        return None
    found = tuple(
        Exclusion(one["code"], tuple((key, value) for key, value in one["scopes"]), one["detail"])
        for one in row.exclusions
    )
    return row.status, found


def preview_asked(connection: Connection, token: str) -> tuple[str, int] | None:
    """(Template, since when) of a preview that is being made; None where it is done or unknown."""
    mine = (preview.c.token == token) & (preview.c.status == "WORK_IN_PROGRESS")
    row = connection.execute(select(preview.c.template, preview.c.created_at).where(mine)).one_or_none()
    return None if row is None else (row.template, row.created_at)


def previews_in_progress(connection: Connection) -> list[tuple[str, str]]:
    """(Token, account) of all previews that are being made."""
    statement = select(preview.c.token, template.c.account).join_from(preview, template)
    going = statement.where(preview.c.status == "WORK_IN_PROGRESS").order_by(preview.c.token)
    return [(row.token, row.account) for row in connection.execute(going)]


def remove_previews(connection: Connection, before: int) -> None:
    """Forgets previews made before a moment."""
    connection.execute(delete(preview).where(preview.c.created_at < before))


def _record(row: Row[Any]) -> Exclusion:
    scopes = tuple((key, value) for key, value in row.scopes)
    return Exclusion(row.code, scopes, str(dict(row.attributes).get("detail") or ""))
