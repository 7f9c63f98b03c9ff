"""One installed version against one affected row, with the comparison in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from shindan.model.advisory import AffectedRow, Names
from shindan.rules.cve.lineage import Lineage, lineage_of, why_apart, why_unplaced
from shindan.rules.cve.subject import Subject
from shindan.versions import SCHEMES, compare, key

Standing = Literal["in", "below", "past", "not_affected", "incomparable"]
"""Where a version stands to a row: in its range, before `introduced`, at or past the fix, cleared by the vendor's
word, or not to be compared."""

_SUSPECT = frozenset({"in", "incomparable"})
_NATIVE = {"deb": "dpkg's order", "rpm": "rpm's order", "apk": "apk's order"}


@dataclass(frozen=True, slots=True)
class Keys:
    """Sortable keys of a subject's binary and source versions; None where one is not a version of its scheme.

    `lineage` is an rpm's; `unplaced` says why the package can be compared with nothing ("" where it can).
    """

    scheme: str
    binary: bytes | None
    source: bytes | None
    lineage: Lineage | None = None
    unplaced: str = ""


def keys_of(subject: Subject) -> Keys:
    """Both keys of a subject under its package type's scheme."""
    scheme = subject.type
    binary = _key(scheme, subject.version)
    source = binary if subject.source_version == subject.version else _key(scheme, subject.source_version)
    if scheme != "rpm":
        return Keys(scheme, binary, source)
    unplaced = why_unplaced(subject.version, subject.module)
    return Keys(scheme, binary, source, lineage_of(subject.installed_version), unplaced)


def means(names: Names, package: str, subject: Subject) -> Literal["source", "binary", ""]:
    """Which of a subject's two names a row's package name means, or "" where the row is about another package.

    Where both names are the same and the row does not say which it means, an rpm's binary is meant: the name of a
    source rpm carries no epoch.
    """
    if names != "binary" and package == subject.source:
        both = names == "any" and subject.type == "rpm" and package == subject.name
        return "binary" if both else "source"
    if names != "source" and package == subject.name:
        return "binary"
    return ""


def suspects(rows: Iterable[AffectedRow], subject: Subject, keys: Keys) -> list[AffectedRow]:
    """The rows that the subject is in, or cannot be compared with: `standing` for many, most of which it is past.

    This is the hot loop of all matching: what is surely past is found without a call.
    """
    scheme, source, binary, lineage = keys.scheme, keys.source, keys.binary, keys.lineage
    least = min(source, binary) if source is not None and binary is not None else None
    if keys.unplaced:
        least = binary = source = None
    found = []
    for row in rows:
        fixed, names = row.fixed_key, row.names
        if fixed is not None:
            version = binary if names == "binary" else least if names == "any" or lineage is not None else source
            if (
                version is not None
                and version >= fixed
                and row.scheme == scheme
                and not row.unreadable
                and (lineage is None or (names == "binary" and lineage_of(row.fixed) == lineage))
            ):
                continue
        if standing(row, subject, keys) in _SUSPECT:
            found.append(row)
    return found


def standing(row: AffectedRow, subject: Subject, keys: Keys) -> Standing:
    """Where the subject's version stands to the row; the row must mean the subject (`means`)."""
    if row.scheme != keys.scheme:
        return "incomparable"
    from_source = means(row.names, row.package, subject) == "source"
    version = keys.source if from_source else keys.binary
    if version is None or row.unreadable:
        return "incomparable"
    since, fixed, last = row.introduced_key, row.fixed_key, row.last_affected_key
    if row.scheme == "rpm":
        if _incomparable(row, subject, keys):
            return "incomparable"
        if from_source and _one_sided_epoch(row, subject):
            version, since, fixed, last = _without_epochs(row, subject)
    if since is not None and version is not None and version < since:
        return "below"
    if fixed is not None and version is not None and version >= fixed:
        return "past"
    if last is not None and version is not None and version > last:
        return "past"
    return "not_affected" if row.state == "not_affected" else "in"


def _incomparable(row: AffectedRow, subject: Subject, keys: Keys) -> str:
    """Why an rpm row is about another lineage than the installed build, or ""."""
    named = row.fixed or row.last_affected
    if keys.unplaced:
        return keys.unplaced
    return why_apart(subject.installed_version, named) if named else ""


def _one_sided_epoch(row: AffectedRow, subject: Subject) -> bool:
    """Whether only one of a source version and the versions that a row names carries an epoch."""
    named = row.fixed or row.last_affected or row.introduced
    return bool(named) and (":" in named) != (":" in subject.source_version)


def _without_epochs(
    row: AffectedRow, subject: Subject
) -> tuple[bytes | None, bytes | None, bytes | None, bytes | None]:
    """Source version, introduced, fixed and last affected as keys without epochs: a SOURCERPM tag has none."""
    versions = (subject.source_version, row.introduced, row.fixed, row.last_affected)
    return tuple(_epochless(version) if version else None for version in versions)  # type: ignore[return-value]


@lru_cache(maxsize=65_536)
def _epochless(version: str) -> bytes | None:
    return _key("rpm", version.partition(":")[2] if ":" in version else version)


def in_words(row: AffectedRow, subject: Subject, stands: Standing) -> str:
    """The comparison as a person checks it: `3.0.19-1 < 3.0.22-1 by dpkg's order`."""
    from_source = means(row.names, row.package, subject) == "source"
    version = subject.source_version if from_source else subject.version
    order = f"by {_NATIVE.get(row.scheme, row.scheme + ' order')}"
    if stands == "incomparable":
        return f"{version} cannot be compared with {_named(row)}: {_why_not(row, subject)}"
    if from_source and row.scheme == "rpm" and _one_sided_epoch(row, subject):
        order += ", epochs left out: a source rpm's name has none"
    if stands == "not_affected":
        return f"{row.package} {version}: the vendor says {row.vendor_state or 'not affected'}"
    if stands == "below":
        return f"{version} < {row.introduced} {order}, where it was introduced"
    if stands == "past":
        reached = row.fixed and (not row.last_affected or compare(row.scheme, version, row.fixed) != -1)
        return f"{version} {f'>= {row.fixed}' if reached else f'> {row.last_affected}'} {order}"
    bounds = [f"{row.introduced} <= {version}"] if row.introduced else []
    if row.fixed:
        bounds.append(f"{version} < {row.fixed}")
    elif row.last_affected:
        bounds.append(f"{version} <= {row.last_affected}")
    if not bounds:
        return f"{row.package} {version}: no fixed version is named, so every version is affected"
    return f"{' and '.join(bounds)} {order}"


def _named(row: AffectedRow) -> str:
    return row.unreadable or row.fixed or row.last_affected or row.introduced or "any version"


def _why_not(row: AffectedRow, subject: Subject) -> str:
    """Why a row cannot be compared, for `in_words`."""
    keys = keys_of(subject)
    if row.scheme != keys.scheme:
        return f"one is a version of {keys.scheme}, the other of {row.scheme}"
    if row.unreadable or (keys.source if means(row.names, row.package, subject) == "source" else keys.binary) is None:
        return f"one of them is no version of {row.scheme}"
    return _incomparable(row, subject, keys)


def _key(scheme: str, version: str) -> bytes | None:
    if scheme not in SCHEMES:
        return None
    try:
        return key(scheme, version)
    except ValueError:
        return None
