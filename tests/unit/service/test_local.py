"""A host's facts and advisories in, findings and ledger out: the whole of `scan` but its printing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from shindan.facts.fact import Fact
from shindan.model.errors import HostUnreadable
from shindan.model.result import Finding, ScanResult
from shindan.service.hosts import read_host
from shindan.service.local import NoUsableFeed, assess
from worlds import BOOKWORM, TODAY, deb, import_records, record, write_facts, write_json


def assessed(tmp_path: Path, facts: list[Fact], records: list[dict[str, Any]], max_age: float = 7.0) -> ScanResult:
    if records:
        import_records(tmp_path / "data", records)
    host = read_host(facts=str(write_facts(tmp_path / "facts.ndjson", facts)))
    return assess(host, tmp_path / "data", update=False, max_feed_age=max_age)


def only(result: ScanResult) -> Finding:
    (finding,) = result.findings
    return finding


OPENSSL = deb("libssl3", "3.0.11-1~deb12u1", source="openssl")
FLAW = record("CVE-2023-5678", "openssl", "3.0.13-1~deb12u1", urgency="medium")


def test_a_finding_carries_its_whole_reason(tmp_path: Path, noon: datetime) -> None:
    finding = only(assessed(tmp_path, [BOOKWORM, OPENSSL], [FLAW]))
    assert (finding.id, finding.fixed_version, finding.state) == ("CVE-2023-5678", "3.0.13-1~deb12u1", "fixed")
    assert (finding.severity, finding.vendor_severity, finding.rules_package) == ("Medium", "medium", "cve")
    assert finding.package is not None
    assert (finding.package.name, finding.package.version, finding.package.source) == (
        "libssl3", "3.0.11-1~deb12u1", "openssl",
    )  # fmt: skip
    assert finding.reason.inventory.startswith("deb package libssl3 3.0.11-1~deb12u1 (amd64), source openssl")
    assert finding.reason.comparison == "3.0.11-1~deb12u1 < 3.0.13-1~deb12u1 by dpkg's order"
    assert finding.feed is not None
    assert (finding.feed.name, finding.feed.age_days, finding.feed.stale) == ("osv", 1.5, False)
    assert finding.feed.generation[:12] in finding.reason.record


def test_an_updated_package_yields_nothing_and_stands_in_the_ledger(tmp_path: Path, noon: datetime) -> None:
    result = assessed(tmp_path, [BOOKWORM, deb("openssl", "3.0.13-1~deb12u1")], [FLAW])
    assert result.findings == ()
    assert [(judged.feed.name, judged.packages) for judged in result.ledger.judged] == [("osv", 1)]
    assert result.ledger.not_judged == ()


def test_no_feed_for_the_release_is_an_error_and_never_zero_findings(tmp_path: Path) -> None:
    with pytest.raises(NoUsableFeed, match=r"no feed speaks for Debian GNU/Linux 12 .*nothing was judged"):
        assessed(tmp_path, [BOOKWORM, OPENSSL], [record("CVE-1", "openssl", "9", ecosystem="Debian:11")])


def test_an_empty_database_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(NoUsableFeed):
        assessed(tmp_path, [BOOKWORM, OPENSSL], [])


def test_a_stale_feed_is_used_and_shown_as_stale(tmp_path: Path, noon: datetime) -> None:
    result = assessed(tmp_path, [BOOKWORM, OPENSSL], [FLAW], max_age=1.0)
    finding = only(result)
    assert finding.feed is not None
    assert finding.feed.stale
    assert [feed.name for feed in result.ledger.stale] == ["osv"]


def test_packages_of_a_third_party_are_not_judged_and_say_so(tmp_path: Path) -> None:
    docker = Fact(
        "repository",
        "https://download.docker.com/linux/debian bookworm stable",
        {"url": "https://download.docker.com/linux/debian", "suite": "bookworm", "origin": "Docker", "enabled": True},
    )
    foreign = deb("openssl", "3.0.1", repository=docker.subject)
    result = assessed(tmp_path, [BOOKWORM, docker, foreign, deb("bash", "5.2-1")], [FLAW])
    assert result.findings == ()
    (why,) = result.ledger.not_judged
    assert (why.reason, why.packages, why.examples) == ("foreign-origin", 1, ("openssl",))
    assert "Docker" in why.text
    assert result.ledger.assumed_own == 1


def test_gaps_of_the_host_stand_in_the_ledger(tmp_path: Path) -> None:
    gap = Fact("gap", "dpkg", {"reason": "2 damaged entries", "kinds": ["package"]})
    result = assessed(tmp_path, [BOOKWORM, OPENSSL, gap], [FLAW])
    assert result.ledger.gaps == (("dpkg", "2 damaged entries"),)


def test_a_kernel_that_does_not_run_is_found_but_inactive(tmp_path: Path) -> None:
    facts = [
        BOOKWORM,
        Fact("kernel", "running", {"release": "6.1.0-40-amd64", "version": "#1 SMP"}),
        deb("linux-image-6.1.0-37-amd64", "6.1.140-1", source="linux-signed-amd64", source_version="6.1.140+1"),
        deb("linux-image-6.1.0-40-amd64", "6.1.153-1", source="linux-signed-amd64", source_version="6.1.153+1"),
    ]
    result = assessed(tmp_path, facts, [record("CVE-2025-1", "linux", "6.1.159-1")])
    assert [(f.package.name, f.active) for f in result.findings if f.package] == [
        ("linux-image-6.1.0-40-amd64", True),
        ("linux-image-6.1.0-37-amd64", False),
    ]
    assert "does not run" in result.findings[1].inactive_reason
    assert result.host.kernel == "6.1.0-40-amd64"


def test_a_release_past_its_end_is_a_finding_of_the_host(tmp_path: Path, noon: datetime) -> None:
    stretch = Fact("platform", "os", {"id": "debian", "version_id": "9", "name": "Debian GNU/Linux 9 (stretch)"})
    result = assessed(tmp_path, [stretch, deb("bash", "4.4-5")], [record("CVE-1", "bash", "4.3", ecosystem="Debian:9")])
    finding = only(result)
    assert (finding.package, finding.state, finding.severity) == (None, "end_of_life", "High")
    assert result.host.end_of_life == finding.title == "Debian 9 (stretch) is out of support since 2022-06-30"


def test_a_rejected_id_is_gone_and_counted(tmp_path: Path) -> None:
    from shindan.service.feeds import FeedDesk

    nvd = {"id": "CVE-2024-23252", "vulnStatus": "Rejected", "lastModified": TODAY, "metrics": {}}
    FeedDesk(tmp_path / "data").import_("nvd", write_json(tmp_path / "nvd.json", {"vulnerabilities": [{"cve": nvd}]}))
    records = [FLAW, record("CVE-2024-23252", "openssl", "3.0.14-1")]
    result = assessed(tmp_path, [BOOKWORM, OPENSSL], records)
    assert only(result).id == "CVE-2023-5678"
    assert any("CVE-2024-23252" in note for note in result.ledger.notes)


def test_scores_of_vendor_and_nvd_stand_side_by_side(tmp_path: Path) -> None:
    from shindan.service.feeds import FeedDesk

    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
    metric = {"source": "nvd@nist.gov", "type": "Primary", "cvssData": {"version": "3.1", "vectorString": vector}}
    nvd = {"id": "CVE-2023-5678", "lastModified": TODAY, "metrics": {"cvssMetricV31": [metric]}}
    desk = FeedDesk(tmp_path / "data")
    desk.import_("nvd", write_json(tmp_path / "nvd.json", {"vulnerabilities": [{"cve": nvd}]}))
    (tmp_path / "epss.csv").write_text(
        "#model_version:v2025,score_date:2026-11-22T00:00:00Z\ncve,epss,percentile\nCVE-2023-5678,0.91,0.99\n"
    )
    desk.import_("epss", tmp_path / "epss.csv")
    kev = {"cveID": "CVE-2023-5678", "dateAdded": "2026-01-02", "dueDate": "2026-01-23", "vulnerabilityName": "x"}
    desk.import_("kev", write_json(tmp_path / "kev.json", {"vulnerabilities": [kev]}))
    finding = only(assessed(tmp_path, [BOOKWORM, OPENSSL], [FLAW]))
    assert (finding.severity, finding.nvd_severity, finding.vendor_severity) == ("Medium", "High", "medium")
    assert finding.cvss is not None
    assert (finding.cvss.score, finding.cvss.source) == (7.5, "nvd")
    assert finding.epss is not None
    assert (finding.epss.score, finding.epss.date) == (0.91, "2026-11-22")
    assert finding.kev is not None
    assert finding.kev.due == "2026-01-23"


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ([OPENSSL], "the platform of .* could not be read"),
        ([BOOKWORM], "no package list of .* could be read"),
        ([BOOKWORM, Fact("gap", "dpkg", {"reason": "permission denied"})], r"dpkg: permission denied"),
    ],
    ids=["no platform", "no package", "a gap instead of packages"],
)
def test_a_host_that_cannot_be_read_is_refused(tmp_path: Path, facts: list[Fact], says: str) -> None:
    with pytest.raises(HostUnreadable, match=says):
        read_host(facts=str(write_facts(tmp_path / "facts.ndjson", facts)))


@pytest.mark.parametrize(("content", "says"), [("", "x holds no facts"), ("garbage\n", "no facts of a host: line 1: ")])
def test_a_file_that_is_no_facts_at_all_is_told_as_such(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "x").write_text(content)
    with pytest.raises(HostUnreadable, match=says) as refused:
        read_host(facts=str(tmp_path / "x"))
    assert "shindan collect" in refused.value.remedy


def test_lines_that_are_no_facts_are_left_out_and_named(tmp_path: Path) -> None:
    path = write_facts(tmp_path / "facts.ndjson", [BOOKWORM, OPENSSL])
    path.write_bytes(path.read_bytes() + b"{nonsense\n")
    import_records(tmp_path / "data", [FLAW])
    result = assess(read_host(facts=str(path)), tmp_path / "data", update=False, max_feed_age=7.0)
    assert len(result.findings) == 1
    assert any("left out of the facts file: 1 line, such as line 3" in note for note in result.ledger.notes)
