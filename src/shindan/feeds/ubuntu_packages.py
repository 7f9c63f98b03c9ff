"""Ubuntu's per-series feed of packages (`com.ubuntu.jammy.pkg.json`), which the Ubuntu Pro client evaluates.

Source: https://security-metadata.canonical.com/oval/ and the client's reading of it: for each source package every
published version with its pocket, and for each CVE id the fixed source version and a status.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from shindan.feeds.containers import read_all
from shindan.feeds.ubuntu_series import SERIES, entitled
from shindan.model.advisory import Advisory, Affected, Condition, State
from shindan.model.errors import FeedError

FILE = re.compile(r"^com\.ubuntu\.(?:([a-z-]+)_)?([a-z]+)\.pkg\.json(?:\.\w+)?$")
"""Name of such a file: a service (`fips`, `fips-updates`) and the series."""

_DESCRIPTION = 2000
_MAX_FILE = 1024**3
_FIXED_BY_ESM = re.compile(r"[+~]esm\d*$")
_STATES: dict[str, State] = {
    "not-vulnerable": "not_affected",
    "ignored": "will_not_fix",
    "deferred": "deferred",
    "in-triage": "under_investigation",
    "needs-triage": "under_investigation",
}


class _Published(msgspec.Struct):
    pocket: str = ""


class _Verdict(msgspec.Struct):
    source_fixed_version: str | None = None
    status: str = ""


class _Package(msgspec.Struct):
    source_versions: dict[str, _Published] = {}
    cves: dict[str, _Verdict] = {}


class _Issue(msgspec.Struct):
    description: str | None = None
    published_at: str | None = None
    ubuntu_priority: str | None = None
    priority: str | None = None


class _Issues(msgspec.Struct):
    cves: dict[str, _Issue] = {}


class _File(msgspec.Struct):
    packages: dict[str, msgspec.Raw]
    security_issues: _Issues = msgspec.field(default_factory=_Issues)
    release: str = ""
    published_at: str = ""


_DECODER = msgspec.json.Decoder(_File)
_PACKAGE = msgspec.json.Decoder(_Package)


class _Row(NamedTuple):
    """A row before it is known to which advisory it belongs; a feed has some hundred thousand."""

    package: str
    fixed: str
    status: str
    pocket: str


def advisories(path: Path) -> Iterator[Advisory]:
    """One advisory for each CVE id of a series. Raises FeedError for what is no such file."""
    named = FILE.match(path.name)
    try:
        said = _DECODER.decode(read_all(path, _MAX_FILE))
        rows = _rows(said)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(f"{path.name} is no package feed of Ubuntu's: {error}") from error
    series = said.release.rpartition("/")[2] or (named[2] if named else "")
    if series not in SERIES:
        raise FeedError(f"{path.name} speaks of an unknown series: {series!r}")
    service = entitled((named[1] or "") if named else said.release.rpartition("/")[0])
    for id_, found in rows.items():
        issue = said.security_issues.cves.get(id_, _Issue())
        priority = issue.ubuntu_priority or issue.priority or ""
        yield Advisory(
            id=id_,
            feed="ubuntu",
            affected=tuple(_affected(f"ubuntu:{SERIES[series]}", row, priority, service) for row in found),
            cves=(id_,) if id_.startswith("CVE-") else (),
            severity=priority,
            description=(issue.description or "")[:_DESCRIPTION],
            published=issue.published_at or "",
            modified=said.published_at,
        )


def _rows(said: _File) -> dict[str, list[_Row]]:
    rows: dict[str, list[_Row]] = {}
    for name, raw in said.packages.items():
        package = _PACKAGE.decode(raw)
        for id_, verdict in package.cves.items():
            fixed = verdict.source_fixed_version or ""
            published = package.source_versions.get(fixed)
            # Some fixing versions are missing from the list; their names tell those that need a subscription.
            pocket = published.pocket if published else "esm" if _FIXED_BY_ESM.search(fixed) else ""
            rows.setdefault(id_, []).append(_Row(name, fixed, verdict.status, pocket))
    return rows


def _affected(platform: str, row: _Row, priority: str, service: tuple[Condition, ...]) -> Affected:
    return Affected(
        platform=platform,
        package=row.package,
        scheme="deb",
        fixed=row.fixed,
        state="fixed" if row.fixed else _STATES.get(row.status, "affected"),
        vendor_state=row.status,
        names="source",
        severity=priority,
        only_if=service or (entitled(row.pocket) if row.fixed else ()),
    )
