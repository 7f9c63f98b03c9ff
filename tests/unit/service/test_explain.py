"""`explain` shows each step so that a person believes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shindan.facts.fact import Fact
from shindan.service.explain import explained
from shindan.service.hosts import read_host
from worlds import BOOKWORM, deb, import_records, record, write_facts

FACTS = [BOOKWORM, deb("libssl3", "3.0.11-1~deb12u1", source="openssl"), deb("bash", "5.2-1")]
RECORDS = [
    record("CVE-2023-5678", "openssl", "3.0.13-1~deb12u1"),
    record("CVE-2023-0001", "openssl", "3.0.10-1"),
    record("DSA-5532-1", "openssl", "3.0.11-1~deb12u2", aliases=["CVE-2023-5363"]),
]


def explain(tmp_path: Path, id_: str, package: str | None = None, facts: list[Fact] = FACTS) -> tuple[bool, str]:
    import_records(tmp_path / "data", RECORDS)
    host = read_host(facts=str(write_facts(tmp_path / "facts.ndjson", facts)))
    known, lines = explained(host, tmp_path / "data", id_, package)
    return known, "\n".join(lines)


def test_an_affected_package_line_by_line(tmp_path: Path) -> None:
    known, text = explain(tmp_path, "cve-2023-5678")
    assert known
    for part in (
        "deb package libssl3 3.0.11-1~deb12u1 (amd64), source openssl",
        "CVE-2023-5678 of osv, generation ",
        "3.0.11-1~deb12u1 < 3.0.13-1~deb12u1 by dpkg's order",
        "=> AFFECTED, fixed in 3.0.13-1~deb12u1",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("id_", "package", "says"),
    [
        ("CVE-2023-0001", None, "=> not affected: resolved at this version"),
        ("CVE-2023-5678", "bash", "=> not affected: osv: no row for CVE-2023-5678 and this package"),
        ("CVE-2023-5678", "nginx", "has no package 'nginx' installed"),
        ("DSA-5532-1", None, "DSA-5532-1 is CVE-2023-5363"),
    ],
    ids=["resolved", "a package that is not named", "a package that is not there", "an alias"],
)
def test_what_is_not_found_is_explained_as_well(tmp_path: Path, id_: str, package: str | None, says: str) -> None:
    known, text = explain(tmp_path, id_, package)
    assert known
    assert says in text


def test_an_unknown_id_says_what_is_at_hand(tmp_path: Path) -> None:
    known, text = explain(tmp_path, "CVE-1999-0001")
    assert not known
    assert "no advisory at hand knows this id" in text
    assert "at hand: osv" in text


def test_what_was_not_judged_says_why(tmp_path: Path) -> None:
    foreign = deb("libssl3", "3.0.11-1~deb12u1+deb.sury.org+1", source="openssl")
    _, text = explain(tmp_path, "CVE-2023-5678", facts=[BOOKWORM, foreign])
    assert "=> not judged: not the distribution's own" in text
