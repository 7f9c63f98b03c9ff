"""JUnit XML: valid by the schema of Jenkins' xUnit plug-in (MIT; shipped with pytest's sources), judged by xmllint."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from shindan.model.result import ScanResult
from shindan.render.to_junit import write
from support import REPOSITORY, need_tool
from unit.render.exchange import CLEAN, RESULT, RESULTS, written

SCHEMA = REPOSITORY / "tests/schemas/junit-10.xsd"


def suite_of(result: ScanResult) -> Element:
    suite: Element = fromstring(written(write, result).encode())[0]
    return suite


@pytest.mark.system
@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_it_is_valid_by_the_schema(result: ScanResult, tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(written(write, result), encoding="ascii")
    judged = subprocess.run(
        [need_tool("xmllint", "libxml2-utils"), "--noout", "--nonet", "--schema", str(SCHEMA), str(tmp_path / "report.xml")],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stderr


def test_findings_fail_and_what_does_not_count_is_skipped_with_its_reason() -> None:
    cases = {}
    for case in suite_of(RESULT).iter("testcase"):
        child = case[0] if len(case) else None
        cases[case.get("classname"), case.get("name")] = (
            (child.tag, child.get("message")) if child is not None else ("passed", None)
        )
    assert cases["deb.libc6", "CVE-2026-0001 2.36-9+deb12u4 amd64"] == (
        "failure",
        "Critical: glibc: heap overflow in | <getaddrinfo> @someone; 2.36-9+deb12u5",
    )
    assert cases["deb.login", "CVE-2026-0005 1:4.13+dfsg1-1+b1 amd64"] == ("skipped", "ignored: no shell users")
    assert cases["deb.linux-image-6.1.0-10-amd64", "CVE-2026-0004 6.1.37-1 amd64"] == (
        "skipped",
        "not active: kernel 6.1.0-10 does not run",
    )
    assert cases["ledger.not-judged", "2 packages: foreign"] == ("skipped", "it comes from download.docker.com")
    assert cases["ledger.gap", "kernel"] == ("skipped", "could not look: no /proc & no <uname>")
    assert cases["ledger.judged", "3 packages by debian"] == ("passed", None)


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_the_counts_are_those_of_the_cases(result: ScanResult) -> None:
    suite = suite_of(result)
    assert int(suite.get("tests", "")) == len(list(suite.iter("testcase")))
    assert int(suite.get("failures", "")) == len(list(suite.iter("failure"))) == sum(f.counts for f in result.findings)
    assert int(suite.get("skipped", "")) == len(list(suite.iter("skipped")))


def test_a_clean_host_has_a_test_that_passed() -> None:
    assert [case.get("name") for case in suite_of(CLEAN).iter("testcase") if not len(case)] == ["3 packages by debian"]
