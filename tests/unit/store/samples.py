"""Records that the store's tests share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from shindan.model.advisory import (
    Advisory,
    Affected,
    Condition,
    Coverage,
    Enrichment,
    Epss,
    Generation,
    Kev,
    Knows,
    Note,
    Record,
    Vector,
)
from shindan.store.advisories import AdvisoryStore

CREATED = "2026-11-24T12:00:00Z"

LDB = Affected(
    platform="debian:12",
    package="samba",
    scheme="deb",
    fixed="2:4.17.12+dfsg-0+deb12u1",
    state="fixed",
    vendor_state="resolved",
    severity="medium",
)
GUARDED = Affected(
    platform="rhel:8",
    package="nginx",
    scheme="rpm",
    introduced="1:1.14.0-1",
    last_affected="1:1.16.1-1",
    names="binary",
    vendor_state="Affected",
    only_if=(Condition("module", ("nginx:1.16", "nginx:1.18")), Condition("arch", ("x86_64",))),
)
SAMBA = Advisory(
    id="DSA-5477-1",
    feed="debian",
    title="samba security update",
    affected=(LDB, GUARDED),
    cves=("CVE-2023-34966", "CVE-2023-34967"),
    aliases=("GHSA-aaaa-bbbb-cccc",),
    severity="high",
    vectors=(Vector("nvd", "3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5),),
    description="An infinite loop in mdssvc.",
    references=("https://example.org/a", "https://example.org/b"),
    published="2023-08-14",
    modified="2023-08-15T10:00:00Z",
)
ENRICHED = Enrichment(
    id="CVE-2023-34966",
    vectors=SAMBA.vectors,
    epss=Epss(0.25, 0.9, "2026-08-16"),
    kev=Kev("2025-01-02", "2025-01-23", "Samba loop", "Patch.", ransomware=True),
    description="A loop.",
    references=("https://example.org/c",),
    published="2023-07-20",
    modified="2024-01-01",
    rejected=False,
)
COVERED = Coverage("debian:12", "samba", "deb", "2:4.17.12+dfsg-0+deb12u1", examined=False)
NOTE = Note("releases' Sources were not given")


def advisory(number: int, *affected: Affected, cves: tuple[str, ...] = ()) -> Advisory:
    """A small advisory of its own number, about samba unless told otherwise."""
    return Advisory(id=f"A-{number}", feed="osv", affected=affected or (LDB,), cves=cves)


def write(
    folder: Path,
    records: Iterable[Record],
    *,
    feed: str = "osv",
    label: str = "",
    knows: Knows = "states",
    created: str = CREATED,
) -> Generation:
    """Import records, impatiently."""
    store = AdvisoryStore(folder, patience=0.2)
    return store.write(feed, label, records, knows=knows, created=created)


def ids(folder: Path) -> list[str]:
    """The ids of samba's advisories on Debian 12, over all generations in force."""
    with AdvisoryStore(folder).open() as reader:
        return [row.advisory for row in reader.rows("debian:12", {"samba"}).get("samba", [])]


def left(folder: Path) -> list[str]:
    """What lies in the folder besides the lock and the catalogue."""
    return sorted(path.name for path in folder.iterdir() if path.name not in ("lock", "current.json"))
