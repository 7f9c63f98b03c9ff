"""Which score leads, and which severity a finding shows: the vendor's word first, all others kept beside it."""

from __future__ import annotations

from collections.abc import Iterable

from shindan.model.advisory import Vector
from shindan.model.result import Cvss
from shindan.model.severity import Severity, from_score, from_vendor

_VERSION_ORDER = {"3.1": 0, "3.0": 1, "4.0": 2, "2.0": 3}
_NVD = "nvd"


def leading(vectors: Iterable[Vector]) -> Cvss | None:
    """The vector that stands for a CVE: the newest version that policies are written for, NVD's before others'."""
    best = min(
        vectors,
        key=lambda v: (_VERSION_ORDER.get(v.version, 9), v.source != _NVD, -v.score, v.source, v.vector),
        default=None,
    )
    return None if best is None else Cvss(best.score, best.version, best.vector, best.source)


def nvd_severity(vectors: Iterable[Vector]) -> Severity:
    """NVD's own rating, Undefined where NVD scored nothing."""
    best = leading([vector for vector in vectors if vector.source == _NVD])
    return from_score(best.score if best else None)


def severity(vendor_words: Iterable[str], cvss: Cvss | None) -> tuple[Severity, str]:
    """The severity to show and the vendor's word behind it ("" where the score decided)."""
    for word in vendor_words:
        vendor = from_vendor(word) if word else "Undefined"
        if vendor != "Undefined":
            return vendor, word
    return from_score(cvss.score if cvss else None), ""
