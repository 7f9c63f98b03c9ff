"""One CSAF VEX document of Red Hat → the advisory of one CVE id, with every state that Red Hat knows.

Rows that name a fix name binary packages; where a document lists only source packages or whole builds, they name those.
Rows without a fix name what Red Hat calls the component: a source package, or a binary one of the same standing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from shindan.feeds.csaf import (
    Csaf,
    Products,
    Vulnerability,
    by_product,
    description_of,
    products_of,
    vectors_of,
)
from shindan.feeds.redhat_products import Package, Place, package, place
from shindan.model.advisory import Advisory, Affected, Condition, Names, State

_DESCRIPTION = 2000
_REFERENCES = 10
STATES: dict[str, State] = {
    "affected": "affected",
    "will not fix": "will_not_fix",
    "fix deferred": "deferred",
    "out of support scope": "end_of_life",
    "under investigation": "under_investigation",
}
"""What Red Hat plans for a component, in its own words (lower case), in VEX documents and OVAL alike."""

_STATUSES: dict[str, State] = {
    "fixed": "fixed",
    "known_affected": "affected",
    "known_not_affected": "not_affected",
    "under_investigation": "under_investigation",
}


class _Row(NamedTuple):
    """A row without its architectures."""

    place: Place
    package: str
    version: str
    module: str
    names: Names
    state: State
    vendor_state: str
    severity: str


def advisories_of(document: Csaf) -> Iterator[Advisory]:
    """One advisory for each vulnerability of a document; Red Hat's have one."""
    products = products_of(document)
    head, tracking = document.document, document.document.tracking
    for vulnerability in document.vulnerabilities:
        errata = (remark.url for remark in vulnerability.remediations if "/errata/" in remark.url)
        references = (*errata, *(reference.url for reference in vulnerability.references))
        id_ = vulnerability.cve or tracking.id
        yield Advisory(
            id=id_,
            feed="redhat",
            title=vulnerability.title or head.title,
            affected=tuple(_affected(_rows(vulnerability, products))),
            cves=(vulnerability.cve,) if vulnerability.cve else (),
            severity=head.aggregate_severity.text,
            vectors=vectors_of("redhat", vulnerability),
            description=description_of(vulnerability, document)[:_DESCRIPTION],
            references=tuple(dict.fromkeys(references))[:_REFERENCES],
            published=vulnerability.release_date or tracking.initial_release_date,
            modified=tracking.current_release_date,
            withdrawn=tracking.status == "deleted",
        )


def _rows(vulnerability: Vulnerability, products: Products) -> dict[_Row, dict[str, None]]:
    """Rows → the architectures that they are said of."""
    impacts = by_product(vulnerability.threats, "impact")
    fixes = by_product(vulnerability.remediations, "vendor_fix")
    plans = by_product(vulnerability.remediations, "none_available", "no_fix_planned", "fix_planned")
    flags = by_product(vulnerability.flags)
    rows: dict[_Row, dict[str, None]] = {}
    for status, ids in vulnerability.product_status.items():
        for id_ in ids if status in _STATUSES else ():
            found = _package(id_, products)
            if found is None:
                continue
            where, what = found
            if id_ in fixes and status == "fixed":
                said = fixes[id_].url.rpartition("/")[2]
            elif id_ in flags and status == "known_not_affected":
                said = flags[id_].label
            else:
                said = plans[id_].details if id_ in plans else status.replace("_", " ").removeprefix("known ")
            state = STATES.get(said.lower(), _STATUSES[status]) if status == "known_affected" else _STATUSES[status]
            impact = impacts[id_].details if id_ in impacts else ""
            version = what.version if status == "fixed" else ""
            row = _Row(where, what.name, version, what.module, _names(what, version), state, said, impact)
            rows.setdefault(row, {})[what.arch if version else ""] = None
    return rows


def _package(id_: str, products: Products) -> tuple[Place, Package] | None:
    """Where and what a product id means, None where rpm has no part in it."""
    resolved = products.resolved(id_)
    if resolved is None:
        return None
    component, product = resolved
    where, what = place(product.cpe), package(component.purl, component.product_id)
    if where is None or what is None:
        return None
    if what.module and (":" not in what.module or what.module.endswith(":flatpak")):
        # Flatpaks bundle packages that rpm on the host knows nothing of.
        return Place(where.platform.replace("rhel:", "rhel-flatpak:", 1), where.only_if), what
    return where, what


def _names(what: Package, version: str) -> Names:
    """What Red Hat's name names: a component without architecture is a source, or a binary of that name."""
    if what.arch == "src":
        return "source"
    return "binary" if version and what.arch else "any"


def _affected(rows: dict[_Row, dict[str, None]]) -> Iterator[Affected]:
    binary = {(row.place, _release(row.version)) for row in rows if row.names == "binary"}
    for row, architectures in rows.items():
        if row.names == "source" and row.version and (row.place, _release(row.version)) in binary:
            continue  # its binaries are listed, some with epochs of their own
        bare = {arch for arch in architectures if arch not in ("", "src", "noarch")}
        free = not bare or "noarch" in architectures
        guards = (
            *(() if free else (Condition("arch", tuple(sorted(bare))),)),
            *((Condition("module", (row.module,)),) if ":" in row.module else ()),
            *row.place.only_if,
        )
        yield Affected(
            platform=row.place.platform,
            package=row.package,
            scheme="rpm",
            fixed=row.version,
            state=row.state,
            vendor_state=row.vendor_state,
            names=row.names,
            severity=row.severity,
            only_if=guards,
        )


def _release(version: str) -> str:
    """Version and release without the epoch."""
    return version.rpartition(":")[2]
