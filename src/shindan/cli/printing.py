"""How records are printed: moments for people, JSON for programs."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import typer

from shindan.cli.tables import show


def rows_out(form: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str) -> None:
    """Rows as a table with some of their columns, or whole as JSON."""
    if form == "json":
        typer.echo(json.dumps(list(rows), indent=2, default=plain))
    else:
        show([{name: shown(row.get(name)) for name in columns} for row in rows], columns, empty)


def record_out(form: str, record: Any) -> None:
    """One record, a line a field; or as JSON."""
    fields = fields_of(record)
    if form == "json":
        typer.echo(json.dumps(fields, indent=2, default=plain))
        return
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        typer.echo(f"{name:{width}}  {shown(value)}")


def arn_out(form: str, arn: str) -> None:
    """The name of what was made, alone; or as JSON."""
    typer.echo(json.dumps({"arn": arn}) if form == "json" else arn)


def fields_of(record: Any) -> dict[str, Any]:
    """A record's fields; moments (milliseconds) as ISO 8601, pairs as an object."""
    fields = asdict(record) if is_dataclass(record) and not isinstance(record, type) else dict(record)
    return {name: _field(name, value) for name, value in fields.items()}


def moment(value: float | None) -> str | None:
    """Milliseconds since the epoch as ISO 8601, to the second."""
    if value is None:
        return None
    then = datetime.datetime.fromtimestamp(value / 1000, datetime.UTC)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(value: Any) -> Any:
    """A value as people read it in a cell."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" if item is not None else str(key) for key, item in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(shown(item)) for item in value)
    return "" if value is None else value


def plain(value: Any) -> Any:
    """What JSON does not know, as something that it does."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def pairs(texts: Sequence[str] | None, option: str) -> list[tuple[str, str | None]]:
    """`key=value` texts as pairs; a key alone has no value. Raises a usage error for an empty key."""
    found: list[tuple[str, str | None]] = []
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not key:
            raise typer.BadParameter(f"{text!r} is no KEY=VALUE", param_hint=option)
        found.append((key, value if equals else None))
    return found


def _field(name: str, value: Any) -> Any:
    if name in ("tags", "attributes") and isinstance(value, tuple | list):
        return dict(value)
    if (name.endswith("_at") or name in ("last_seen", "at", "first_observed", "last_observed")) and isinstance(
        value, int
    ):
        return moment(value)
    return value
