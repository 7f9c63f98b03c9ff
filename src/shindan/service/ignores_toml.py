"""Ignore files in our own form, TOML; see `service.ignores`."""

from __future__ import annotations

import datetime
import re
import tomllib
from typing import Any, get_args

from shindan.model.errors import IgnoreFileError
from shindan.service.ignore import Ignore, Status

_KEYS = ("cve", "id", "package", "reason", "owner", "expires", "status")
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*(?:ignore|\"ignore\"|'ignore')[ \t]*\]\]", re.MULTILINE)
_REMEDY = "an entry is [[ignore]] with reason, and cve, id or package; also owner, expires and status"


def parse(text: str, name: str) -> tuple[Ignore, ...]:
    """The entries. Raises IgnoreFileError that names file, line and reason."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise IgnoreFileError(f"{name}: it is no TOML: {error}", remedy=_REMEDY) from error
    except RecursionError:
        raise IgnoreFileError(f"{name}: it is nested too deeply", remedy=_REMEDY) from None
    for key in document.keys() - {"ignore"}:
        raise IgnoreFileError(f"{name}, line {_line_of(text, key)}: unknown key {key!r}", remedy=_REMEDY)
    entries = document.get("ignore", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise IgnoreFileError(
            f"{name}, line {_line_of(text, 'ignore')}: entries are written [[ignore]]", remedy=_REMEDY
        )
    lines = [text.count("\n", 0, match.start()) + 1 for match in _HEADER.finditer(text)]
    exact = len(lines) == len(entries)
    places = [f"line {line}" for line in lines] if exact else [f"entry {n}" for n in range(1, len(entries) + 1)]
    return tuple(_entry(entry, f"{name}, {place}") for entry, place in zip(entries, places, strict=True))


def _line_of(text: str, key: str) -> int:
    match = re.search(rf"^[ \t]*\[*[ \t]*[\"']?{re.escape(key)}", text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def _entry(entry: dict[str, Any], where: str) -> Ignore:
    unknown = sorted(entry.keys() - set(_KEYS))
    if unknown:
        raise IgnoreFileError(f"{where}: unknown key {unknown[0]!r}", remedy=f"known are {', '.join(_KEYS)}")
    ids = frozenset(id_ for key in ("cve", "id") for id_ in _ids(entry.get(key, []), key, where))
    package, reason = _text(entry, "package", where), _text(entry, "reason", where)
    if not reason:
        raise IgnoreFileError(f"{where}: it gives no reason", remedy=_REMEDY)
    if not ids and not package:
        raise IgnoreFileError(f"{where}: it names neither a flaw nor a package", remedy=_REMEDY)
    return Ignore(
        ids=ids,
        reason=reason,
        where=where,
        package=package,
        owner=_text(entry, "owner", where),
        expires=_day(entry.get("expires"), where),
        status=_status(_text(entry, "status", where) or "accepted", where),
    )


def _ids(value: Any, key: str, where: str) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) and one.strip() for one in values):
        raise IgnoreFileError(f"{where}: {key} must be an id or a list of ids", remedy=_REMEDY)
    return [one.strip().upper() for one in values]


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise IgnoreFileError(f"{where}: {key} must be a text in quotes", remedy=_REMEDY)
    return value.strip()


def _status(word: str, where: str) -> Status:
    for status in get_args(Status):
        if word == status:
            return status  # type: ignore[no-any-return]
    raise IgnoreFileError(f"{where}: status {word!r} is none of {', '.join(get_args(Status))}", remedy=_REMEDY)


def _day(value: Any, where: str) -> datetime.date | None:
    """A TOML date, date and time, or a date in quotes."""
    if value is None:
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise IgnoreFileError(f"{where}: expires must be a day, such as 2027-06-30", remedy=_REMEDY) from None
