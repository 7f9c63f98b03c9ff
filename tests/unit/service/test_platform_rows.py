"""Every platform that is called proven: its recorded host, judged by its publisher's record, before and after the fix."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from fakes import FakeAdvisories, generation
from shindan.collect.collectors import run
from shindan.collect.root import Root
from shindan.facts.fact import Fact
from shindan.facts.platform import FAMILIES, Platform
from shindan.feeds.base import Options
from shindan.feeds.feeds import FEEDS
from shindan.feeds.osv import OsvFeed
from shindan.intake import read
from shindan.model.advisory import Advisory
from shindan.model.inventory import Inventory
from shindan.model.result import ScanResult
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.proven import IDENTIFIED, PROVEN, Row, proof_of, table
from shindan.service.feeds import FeedDesk
from shindan.service.hosts import KINDS, read_host
from shindan.service.local import assess
from support import REPOSITORY, test_data
from unit.collect.test_os_release import CASES
from unit.rules.cve.cases import rpm
from worlds import BOOKWORM, deb, import_records, record, write_facts

TESTS = REPOSITORY / "tests"
FIXED = [proof for proof in PROVEN if proof.fixed]
UNFIXED = [proof for proof in PROVEN if not proof.fixed]


def named(proof: Row) -> str:
    return proof.platform


def collected(proof: Row) -> list[Fact]:
    """What the collectors see of a row's host."""
    return list(run(Root(str(TESTS / "hosts" / proof.host / "root")), KINDS))


def judged(folder: Path, proof: Row, facts: Sequence[Fact]) -> ScanResult:
    """The result of a host by a row's record alone."""
    data = folder / "data"
    FeedDesk(data).import_(proof.feed, TESTS / proof.record)
    host = read_host(facts=str(write_facts(folder / "facts.ndjson", facts)))
    return assess(host, data, update=False, max_feed_age=36_500)


def verdicts(result: ScanResult, proof: Row) -> set[tuple[str | None, str]]:
    """(fix, state) of the findings about a row's package and id."""
    return {
        (finding.fixed_version, finding.state)
        for finding in result.findings
        if finding.id == proof.cve and finding.package is not None and finding.package.name == proof.package
    }


def updated(facts: Sequence[Fact], proof: Row, version: str) -> list[Fact]:
    """The same host with another build of the row's package. The name of a source rpm carries no epoch."""
    source = version.partition(":")[2] if ":" in version and "-" in version and proof.feed != "debian" else version
    return [
        fact._replace(data={**fact.data, "version": version, "source_version": source})
        if (fact.kind, fact.subject) == ("package", proof.package)
        else fact
        for fact in facts
    ]


@pytest.mark.parametrize("proof", FIXED, ids=named)
def test_a_recorded_host_is_affected_until_the_fix(proof: Row, tmp_path: Path, noon: datetime) -> None:
    facts = collected(proof)
    assert verdicts(judged(tmp_path, proof, facts), proof) == {(proof.fixed, "fixed")}
    assert verdicts(judged(tmp_path, proof, updated(facts, proof, proof.fixed)), proof) == set()


@pytest.mark.parametrize("proof", UNFIXED, ids=named)
def test_a_recorded_host_is_affected_as_long_as_no_fix_is_named(proof: Row, tmp_path: Path, noon: datetime) -> None:
    facts = collected(proof)
    for version in (None, "9:9-9.el10"):
        result = judged(tmp_path, proof, updated(facts, proof, version) if version else facts)
        assert {fix for fix, _ in verdicts(result, proof)} == {None}
    other = {
        "type": "rpm",
        "version": "5.2.26-6.el10",
        "arch": "x86_64",
        "source": "bash",
        "source_version": "5.2.26-6.el10",
    }
    result = judged(tmp_path, proof, [facts[0], Fact("package", "bash", other)])
    assert proof.cve not in {finding.id for finding in result.findings}


@pytest.mark.parametrize("proof", PROVEN, ids=named)
def test_a_row_speaks_of_its_own_host(proof: Row) -> None:
    platform = Inventory(collected(proof)).platform
    assert platform is not None
    assert fnmatchcase(platform.key, proof.platform)
    assert proof_of(platform.key) is proof
    assert proof.feed in {feed.name for feed in FEEDS}


# ── what is identified only ──


def test_every_system_that_is_recognised_is_in_one_of_the_tables() -> None:
    known = {row.platform.partition(":")[0] for row in PROVEN} | {row.platform.partition(":")[0] for row in IDENTIFIED}
    assert set(FAMILIES) <= known
    assert [row.platform for row in IDENTIFIED if proof_of(row.platform.replace("*", "0"))] == []
    assert len({row.platform for row in (*PROVEN, *IDENTIFIED)}) == len(PROVEN) + len(IDENTIFIED)


def test_half_a_proof_is_refused() -> None:
    head = "platform,name,host,feed,record,package,cve,fixed"
    assert table([head, "plan9:4,Plan 9,,,,,,"])[0].host == ""
    with pytest.raises(ValueError, match="plan9:4 has a part"):
        table([head, "plan9:4,Plan 9,plan-9,osv,,,,"])


def test_every_case_of_the_platform_collector_has_its_proof_or_is_named_as_identified_only() -> None:
    for files, (id_, version, family) in CASES.values():
        key = Platform(family, id_, version, "Stream" if "Stream" in str(files) else "").key
        if id_ in FAMILIES and proof_of(key) is None:
            assert any(fnmatchcase(key, row.platform) for row in IDENTIFIED) or _is_older(key), key


def _is_older(key: str) -> bool:
    """Whether a release is older than those that are asked for."""
    return key in ("debian:5", "ubuntu:10.04", "centos:5", "ol:5")


@pytest.mark.parametrize(
    ("id_", "version", "note"),
    [
        ("debian", "12", False),
        ("debian", "14", True),
        ("linuxmint", "22", True),
        ("plan9", "4", True),
        ("fedora", "41", False),
    ],
)
def test_the_ledger_says_so(id_: str, version: str, note: bool, tmp_path: Path, noon: datetime) -> None:
    platform = BOOKWORM._replace(data={"id": id_, "version_id": version, "name": f"{id_} {version}"})
    key = Platform("", id_, version).key
    import_records(tmp_path / "data", [record("CVE-2026-1", "bash", "2", ecosystem=f"{id_.title()}:{version}")])
    host = read_host(facts=str(write_facts(tmp_path / "facts.ndjson", [platform, deb("bash", "1")])))
    result = assess(host, tmp_path / "data", update=False, max_feed_age=36_500)
    assert result.host.platform == key
    said = [text for text in result.ledger.notes if text.startswith("identified only:")]
    assert len(said) == note
    assert all(key in text for text in said)


# ── real data ──

OUTDATED = ("alma_9", "debian_11", "debian_12", "ubuntu_2204")
"""Real hosts that have the package of their platform's row, in a build before the fix."""

STREAMS = [
    ("mariadb", "3:10.3.27-3.module_el8.3.0+2028+5e3224e9", "mariadb:10.3", "CVE-2021-27928", True),
    ("mariadb", "3:10.3.28-1.module_el8.3.0+2177+7adc332a", "mariadb:10.3", "CVE-2021-27928", False),
    ("mariadb", "3:10.5.16-1.module_el8.6.0+2867+72759d2f", "mariadb:10.5", "CVE-2021-27928", False),
    ("nginx", "1:1.16.1-1.module_el8.3.0+2010+1f5e9a0c.alma", "nginx:1.16", "CVE-2021-23017", True),
    ("nginx", "1:1.14.1-9.module_el8.3.0+2165+af250afe.alma", "nginx:1.14", "CVE-2021-23017", False),
    ("httpd", "2.4.37-30.module_el8.3.0+2020+dcbf2ca3", "httpd:2.4", "CVE-2021-40438", True),
    ("httpd", "2.4.37-30.module_el8.3.0+2020+dcbf2ca3", "httpd:2.6", "CVE-2021-40438", False),
    ("httpd", "2.4.37-43.module_el8.5.0+2597+c4b14997.alma", "httpd:2.4", "CVE-2021-40438", False),
]


@pytest.mark.data
@pytest.mark.parametrize("name", OUTDATED)
def test_a_real_host_is_affected_too(name: str, tmp_path: Path, noon: datetime) -> None:
    facts = list(read(test_data(f"inventories/vulsio-integration/{name}.json")))
    platform = Inventory(facts).platform
    assert platform is not None
    proof = proof_of(platform.key)
    assert proof is not None
    assert verdicts(judged(tmp_path, proof, facts), proof) == {(proof.fixed, "fixed")}


@pytest.mark.data
def test_almalinux_tells_module_streams_apart() -> None:
    """By AlmaLinux's own errata, of which each speaks of the streams in its title."""
    records = OsvFeed().parse(test_data("osv/AlmaLinux:8/all.zip"), Options())
    matcher = Matcher(FakeAdvisories({generation("osv"): [one for one in records if isinstance(one, Advisory)]}))
    for name, version, stream, cve, affected in STREAMS:
        judgement = matcher.judge(rpm(name, version, module=stream, vendor="AlmaLinux"), "almalinux:8")
        found = {decision.lead for decision in judgement.affected}
        assert (cve in found) == affected, f"{name} {version} of {stream}"
        assert judgement.not_comparable == ()


@pytest.mark.data
def test_real_inventories_are_of_proven_platforms() -> None:
    folder = test_data("inventories/vulsio-integration")
    keys = {}
    for path in sorted(folder.glob("*.json")):
        platform = Inventory(read(path)).platform
        assert platform is not None
        keys[path.stem] = platform.key
    unproven = sorted(name for name, key in keys.items() if proof_of(key) is None)
    assert len(keys) == 16
    assert all(name.startswith("windows") for name in unproven), unproven
