"""Which platforms are proven: by a recorded host and one verdict about it; any other is identified only.

The table is `proven.csv`. `docs/platforms.md` is made of it, the ledger of a host says where its platform is not in it,
and a test judges each row's host by its row's record, before and after the fix.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    """One platform by its key; `*` stands for releases that share their form with the recorded one.

    `host` is a folder of `tests/hosts` ("" where the platform is identified only), `record` a file below `tests` in the
    publisher's form, which `feed` reads. The verdict: `package` of that host is affected by `cve` until `fixed` (""
    where no fix is named yet).
    """

    platform: str
    name: str
    host: str = ""
    feed: str = ""
    record: str = ""
    package: str = ""
    cve: str = ""
    fixed: str = ""


def table(lines: Iterable[str]) -> tuple[Row, ...]:
    """The rows of the table. Raises ValueError for a row that lacks a part of its proof."""
    rows = tuple(Row(**row) for row in csv.DictReader(lines, strict=True))
    for row in rows:
        if len({bool(part) for part in row[2:7]}) != 1:
            raise ValueError(f"{row.platform} has a part of a proof only")
    return rows


_ROWS = table(Path(__file__).with_name("proven.csv").read_text("utf-8").splitlines())

PROVEN: tuple[Row, ...] = tuple(row for row in _ROWS if row.host)
"""In the order in which people see them."""

IDENTIFIED: tuple[Row, ...] = tuple(row for row in _ROWS if not row.host)
"""Platforms that are recognised and not proven, as far as they have names here; so is every other without a proof."""


@lru_cache(maxsize=4096)
def proof_of(platform: str) -> Row | None:
    """The proof of a platform's key, or None where it is identified only."""
    return next((row for row in PROVEN if fnmatchcase(platform, row.platform)), None)
