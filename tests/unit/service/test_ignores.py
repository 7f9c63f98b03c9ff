"""Ignores: a finding is marked with its reason and stops counting, never deleted; expired entries come back."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.model.errors import IgnoreFileError
from shindan.model.result import ScanResult
from shindan.service.ignores import Ignore, apply, load
from shindan.service.thresholds import met, parse_threshold
from unit.render.exchange import ENDED, FIXABLE, RESULT, SHADOW, UNFIXED

TODAY = datetime.date(2026, 11, 24)
SCANNED = RESULT._replace(findings=(FIXABLE, ENDED, UNFIXED))


def loaded(folder: Path, content: str | bytes | dict[str, Any]) -> tuple[Ignore, ...]:
    path = folder / "ignore"
    text = json.dumps(content) if isinstance(content, dict) else content
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path)


def ignored(result: ScanResult) -> dict[str, str]:
    return {finding.id: finding.ignored for finding in result.findings if finding.ignored}


ALL = "CVE-2026-0001", "END-OF-LIFE-DEBIAN-12", "CVE-2026-0002"
FITS = {
    "a CVE id": ('cve = "CVE-2026-0001"', ["CVE-2026-0001"]),
    "in another case": ('cve = "cve-2026-0001"', ["CVE-2026-0001"]),
    "an alias": ('id = "DSA-1-1"', ["CVE-2026-0001"]),
    "several ids": ('cve = ["CVE-2026-0001", "CVE-2026-0002", "CVE-1"]', ["CVE-2026-0001", "CVE-2026-0002"]),
    "part of an id": ('cve = "CVE-2026"', []),
    "a package": ('package = "libc6"', ["CVE-2026-0001"]),
    "a source package": ('package = "shadow"', ["CVE-2026-0002"]),
    "a glob": ('package = "lib*"', ["CVE-2026-0001"]),
    "every package, and not the host itself": ('package = "*"', ["CVE-2026-0001", "CVE-2026-0002"]),
    "both, fitting": ('cve = "CVE-2026-0001"\npackage = "glibc"', ["CVE-2026-0001"]),
    "both, one not fitting": ('cve = "CVE-2026-0001"\npackage = "shadow"', []),
    "the host itself": ('id = "END-OF-LIFE-DEBIAN-12"', ["END-OF-LIFE-DEBIAN-12"]),
}


@pytest.mark.parametrize(("lines", "expected"), FITS.values(), ids=FITS)
def test_an_entry_fits(lines: str, expected: list[str], tmp_path: Path) -> None:
    result = apply(SCANNED, loaded(tmp_path, f'[[ignore]]\nreason = "r"\n{lines}\n'), TODAY)
    assert list(ignored(result)) == expected
    assert tuple(finding.id for finding in result.findings) == ALL


def test_an_ignored_finding_keeps_reason_owner_and_day_and_meets_no_threshold(tmp_path: Path) -> None:
    text = '[[ignore]]\ncve = "CVE-2026-0001"\nreason = "closed port"\nowner = "ops"\nexpires = 2027-06-30\n'
    (finding, *_) = apply(SCANNED, loaded(tmp_path, text), TODAY).findings
    assert (finding.ignored, finding.ignored_as) == ("closed port (ops), until 2027-06-30", "accepted")
    assert not finding.counts
    assert met([parse_threshold("critical")], [FIXABLE]) == [FIXABLE]
    assert met([parse_threshold("critical")], [finding]) == []


def test_the_first_entry_that_fits_gives_the_reason(tmp_path: Path) -> None:
    text = '[[ignore]]\npackage = "l*"\nreason = "first"\nstatus = "fixed"\n[[ignore]]\ncve = "CVE-2026-0001"\nreason = "second"\n'
    result = apply(SCANNED, loaded(tmp_path, text), TODAY)
    assert ignored(result)["CVE-2026-0001"] == "first"
    assert result.findings[0].ignored_as == "fixed"
    assert result.ledger.notes == SCANNED.ledger.notes


@pytest.mark.parametrize(
    ("expires", "holds"),
    [("2026-11-24", True), ("2026-11-23", False), ("2026-11-23T23:00:00Z", False), ('"2026-11-25"', True)],
    ids=["its last day", "the day after", "a time", "in quotes"],
)
def test_an_expired_entry_comes_back(expires: str, holds: bool, tmp_path: Path) -> None:
    entries = loaded(tmp_path, f'[[ignore]]\ncve = "CVE-2026-0001"\nreason = "r"\nowner = "ops"\nexpires = {expires}\n')
    result = apply(SCANNED, entries, TODAY)
    assert bool(ignored(result)) is holds
    note = f"the ignore at {tmp_path / 'ignore'}, line 1 has expired on 2026-11-23: CVE-2026-0001 (ops); it is not applied any more"
    assert (note in result.ledger.notes) is not holds


def test_an_entry_that_fits_nothing_is_named(tmp_path: Path) -> None:
    entries = loaded(tmp_path, '\n[[ignore]]\ncve = "CVE-1"\npackage = "x"\nreason = "r"\n')
    assert (
        apply(SCANNED, entries, TODAY).ledger.notes[-1]
        == f"the ignore at {tmp_path / 'ignore'}, line 2 fits no finding: CVE-1 in x"
    )


def test_no_entries_change_nothing() -> None:
    assert apply(SCANNED, (), TODAY) == SCANNED


def test_an_empty_file_has_no_entries(tmp_path: Path) -> None:
    assert loaded(tmp_path, "# nothing yet\n") == ()


HEAD = '[[ignore]]\ncve = "CVE-1"\nreason = "r"\n'
MALFORMED = {
    "no TOML": (HEAD + "owner = ops\n", r"line 4"),
    "no reason": (HEAD + '[[ignore]]\ncve = "CVE-2"\n', r"line 4: it gives no reason"),
    "an empty reason": ('[[ignore]]\ncve = "CVE-2"\nreason = " "', r"line 1: it gives no reason"),
    "neither flaw nor package": ('[[ignore]]\nreason = "r"', r"line 1: it names neither"),
    "an unknown key": (HEAD + 'expiry = "x"', r"line 1: unknown key 'expiry'"),
    "an unknown table": (HEAD + "[[ignores]]\n", r"line 4: unknown key 'ignores'"),
    "one table instead of a list": ('[ignore]\ncve = "CVE-1"', r"line 1: entries are written"),
    "no day": (HEAD + 'expires = "soon"', r"line 1: expires must be a day"),
    "a number as day": (HEAD + "expires = 5", r"line 1: expires must be a day"),
    "an id that is a number": ('[[ignore]]\ncve = 5\nreason = "r"', r"line 1: cve must be"),
    "an empty id": ('[[ignore]]\ncve = [""]\nreason = "r"', r"line 1: cve must be"),
    "a package that is a list": ('[[ignore]]\npackage = ["x"]\nreason = "r"', r"line 1: package must be a text"),
    "an unknown status": (HEAD + 'status = "maybe"', r"line 1: status 'maybe' is none of"),
    "no UTF-8": (b'[[ignore]]\nreason = "\xff"', r"line 2: it is no UTF-8"),
    "JSON cut short": ('{"@context": "https://openvex.dev/ns", ', r"it is no JSON"),
    "another JSON": ('{"a": 1}', r"no OpenVEX document"),
    "YAML": ("- cve: CVE-1\n  reason: x\n", r"line 1"),
}


@pytest.mark.parametrize(("content", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_refused_with_line_and_reason(content: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(IgnoreFileError, match=message):
        loaded(tmp_path, content)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(IgnoreFileError, match="No such file"):
        load(tmp_path / "missing")


def openvex(*statements: dict[str, Any]) -> dict[str, Any]:
    return {
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "vendor", "timestamp": "2026-01-01T00:00:00Z",
        "version": 1, "statements": list(statements),
    }  # fmt: skip


def statement(purl: str, status: str = "not_affected", **more: Any) -> dict[str, Any]:
    return {"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": purl}], "status": status, **more}


LIBC = "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12"
IMAGE = {"@id": "pkg:oci/web@sha256%3A00"}
VEX = {
    "a package, not affected": (openvex(statement(LIBC, justification="vulnerable_code_not_present")), "not affected: vulnerable_code_not_present (vendor)"),
    "fixed": (openvex(statement(LIBC, "fixed")), "fixed: fixed (vendor)"),
    "any version": (openvex(statement("pkg:deb/debian/libc6", impact_statement="no")), "not affected: no (vendor)"),
    "the source package": (openvex(statement("pkg:deb/debian/glibc", impact_statement="no")), "not affected: no (vendor)"),
    "another version": (openvex(statement("pkg:deb/debian/libc6@2")), ""),
    "another architecture": (openvex(statement("pkg:deb/debian/libc6?arch=i386")), ""),
    "another kind of package": (openvex(statement("pkg:rpm/redhat/libc6")), ""),
    "an identifier": (openvex({**statement("urn:product"), "products": [{"@id": "urn:product", "identifiers": {"purl": LIBC}}]}), "not affected: not affected (vendor)"),
    "an image without subcomponents": (openvex({**statement(""), "products": [IMAGE]}), ""),
    "an image and its packages": (openvex({**statement(""), "products": [{**IMAGE, "subcomponents": [{"@id": LIBC}]}]}), "not affected: not affected (vendor)"),
    "an alias": (openvex({**statement(LIBC), "vulnerability": {"name": "GHSA-1", "aliases": ["DSA-1-1"]}}), "not affected: not affected (vendor)"),
    "affected": (openvex(statement(LIBC, "affected", action_statement="update")), ""),
    "a later statement takes it back": (openvex(statement(LIBC, "affected", timestamp="2026-03-01T00:00:00Z", action_statement="x"), statement(LIBC, timestamp="2026-02-01T00:00:00Z")), ""),
    "a later statement clears it": (openvex(statement(LIBC, timestamp="2026-03-01T00:00:00Z"), statement(LIBC, "under_investigation", timestamp="2026-02-01T00:00:00Z")), "not affected: not affected (vendor)"),
    "another flaw": (openvex({**statement(LIBC), "vulnerability": {"name": "CVE-1"}}), ""),
}  # fmt: skip


@pytest.mark.parametrize(("document", "reason"), VEX.values(), ids=VEX)
def test_an_openvex_document_is_an_ignore_file(document: dict[str, Any], reason: str, tmp_path: Path) -> None:
    result = apply(SCANNED, loaded(tmp_path, document), TODAY)
    assert ignored(result).get("CVE-2026-0001", "") == reason
    assert result.ledger.notes == SCANNED.ledger.notes


def test_an_epoch_as_a_qualifier_is_part_of_the_version(tmp_path: Path) -> None:
    purl = "pkg:deb/debian/login@4.13%2Bdfsg1-1%2Bb1?epoch=1"
    document = openvex({**statement(purl), "vulnerability": {"name": "CVE-2026-0002"}})
    assert SHADOW.version == "1:4.13+dfsg1-1+b1"
    assert list(ignored(apply(SCANNED, loaded(tmp_path, document), TODAY))) == ["CVE-2026-0002"]


@pytest.mark.parametrize("broken", [{"status": "maybe"}, {"vulnerability": {}}, {"vulnerability": 5}], ids=str)
def test_a_broken_statement_is_refused_with_its_number(broken: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(IgnoreFileError, match="statement 2"):
        loaded(tmp_path, openvex(statement(LIBC), {**statement(LIBC), **broken}))


@given(st.text(max_size=200))
@settings(max_examples=100)
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    try:
        loaded(tmp_path_factory.getbasetemp(), text.encode("utf-8", "replace"))
    except IgnoreFileError as error:
        assert str(tmp_path_factory.getbasetemp()) in str(error)
