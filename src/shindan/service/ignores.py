"""Ignore files: which findings somebody has decided about, why, and until when.

Our form is TOML, one `[[ignore]]` table a decision:

    [[ignore]]
    cve = "CVE-2026-0001"        # or a list; any id of a finding or one of its aliases
    package = "openssl*"         # glob over the package's or its source's name; without it, every package
    reason = "not reachable: the port is closed"
    owner = "ops@example.org"
    expires = 2027-06-30         # the last day on which it holds
    status = "accepted"          # or "not_affected", "fixed"

OpenVEX documents are taken too: their `not_affected` and `fixed` statements about packages by purl. An ignore
deletes nothing: the finding stays, with the reason, and does not count.
"""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Iterable, Sequence
from pathlib import Path

from shindan.engine.clock import now
from shindan.model.errors import IgnoreFileError
from shindan.model.result import Finding, Package, ScanResult
from shindan.service import ignores_openvex, ignores_toml
from shindan.service.ignore import Ignore

__all__ = ["Ignore", "applied", "apply", "load"]

LARGEST = 64 * 1024 * 1024
"""Bytes of an ignore file; vendors' OpenVEX feeds have some tens of MB."""


def load(path: Path) -> tuple[Ignore, ...]:
    """The entries of a file in either form, told by its content. Raises IgnoreFileError with line and reason."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise IgnoreFileError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > LARGEST:
        raise IgnoreFileError(f"{path} is larger than {LARGEST // 2**20} MB")
    if data.lstrip().startswith(b"{"):
        return ignores_openvex.parse(data, str(path))
    try:
        return ignores_toml.parse(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise IgnoreFileError(f"{path}, line {line}: it is no UTF-8") from error


def applied(result: ScanResult, entries: Sequence[Ignore]) -> ScanResult:
    """`apply` as of today; without entries the result is as it was."""
    return apply(result, entries, now().date()) if entries else result


def apply(result: ScanResult, entries: Sequence[Ignore], today: datetime.date) -> ScanResult:
    """The result with ignored findings marked; the first entry that fits gives the reason.

    Expired entries are not applied: they, and entries that fit nothing, are named in the ledger's notes.
    """
    in_force = [entry for entry in entries if not entry.has_expired(today)]
    index = _Index(in_force)
    findings = tuple(index.marked(finding) for finding in result.findings)
    idle = [entry for number, entry in enumerate(in_force) if number not in index.fitted]
    notes = (*result.ledger.notes, *_notes(entries, idle, today))
    return result._replace(findings=findings, ledger=result.ledger._replace(notes=notes))


class _Index:
    """Entries by id: a vendor's document may have a hundred thousand. `fitted` are the numbers of those that fitted."""

    def __init__(self, entries: Sequence[Ignore]) -> None:
        self._entries = entries
        self._by_id: dict[str, list[int]] = {}
        self._of_any = [number for number, entry in enumerate(entries) if not entry.ids]
        for number, entry in enumerate(entries):
            for id_ in entry.ids:
                self._by_id.setdefault(id_, []).append(number)
        self.fitted: set[int] = set()

    def marked(self, finding: Finding) -> Finding:
        """The finding, ignored by the first entry that fits."""
        ids = (id_.upper() for id_ in (finding.id, *finding.aliases))
        numbers = {number for id_ in ids for number in self._by_id.get(id_, ())}.union(self._of_any)
        fitting = [number for number in sorted(numbers) if _fits(self._entries[number], finding.package)]
        self.fitted.update(fitting)
        if not fitting:
            return finding
        entry = self._entries[fitting[0]]
        return finding._replace(ignored=_reason(entry), ignored_as=entry.status)


def _reason(entry: Ignore) -> str:
    owner = f" ({entry.owner})" if entry.owner else ""
    until = f", until {entry.expires.isoformat()}" if entry.expires else ""
    return f"{entry.reason}{owner}{until}"


def _fits(entry: Ignore, package: Package | None) -> bool:
    """Whether an entry means this package; None is the host itself."""
    if package is None:
        return not entry.package and entry.purl is None
    if entry.purl is not None:
        return _is_meant(entry, package)
    names = (package.name, package.source)
    return not entry.package or any(fnmatch.fnmatchcase(name, entry.package) for name in names if name)


def _is_meant(entry: Ignore, package: Package) -> bool:
    """Whether a purl means the package, or the source that it was built from; a version or architecture binds."""
    purl = entry.purl
    if purl is None or purl.type != package.type or purl.arch not in ("", package.arch, "source"):
        return False
    as_binary = purl.name == package.name and purl.version in ("", package.version)
    as_source = purl.name == package.source and purl.version in ("", package.source_version)
    return as_binary or as_source


def _notes(entries: Sequence[Ignore], idle: Iterable[Ignore], today: datetime.date) -> list[str]:
    notes = [
        f"the ignore at {entry.where} has expired on {entry.expires}: {entry.about}; it is not applied any more"
        for entry in entries
        if entry.has_expired(today)
    ]
    # A vendor's OpenVEX speaks of much that a host does not have: only our own form promises to fit.
    unused = [entry for entry in idle if entry.purl is None]
    return notes + [f"the ignore at {entry.where} fits no finding: {entry.about}" for entry in unused]
