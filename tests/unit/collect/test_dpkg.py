"""dpkg's database: which entries count, and what is made of torn and hostile ones."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.packages_deb import DpkgPackages
from shindan.facts.fact import Fact, check
from shindan.facts.wire import dumps, loads
from unit.collect.trees import STATUS, entry, gather, tree


def packages(folder: Path, status: str | bytes, **more: str) -> tuple[dict[str, Fact], str]:
    """Packages by name, and why some are missing."""
    facts = gather(DpkgPackages(), tree(folder, {STATUS: status, **more}))
    found = {fact.subject: fact for fact in facts if fact.kind == "package"}
    return found, "; ".join(fact.data["reason"] for fact in facts if fact.kind == "gap")


@pytest.mark.parametrize(
    ("status", "counts", "said"),
    [
        ("install ok installed", True, None),
        ("hold ok installed", True, None),
        ("deinstall ok installed", True, None),
        ("install ok half-configured", True, "half-configured"),
        ("install reinstreq half-installed", True, "half-installed"),
        ("install ok unpacked", True, "unpacked"),
        ("install ok triggers-pending", True, "triggers-pending"),
        ("install ok triggers-awaited", True, "triggers-awaited"),
        ("deinstall ok config-files", False, None),
        ("purge ok config-files", False, None),
        ("unknown ok not-installed", False, None),
    ],
)
def test_a_package_counts_while_its_files_are_on_disk(
    tmp_path: Path, status: str, counts: bool, said: str | None
) -> None:
    found, gap = packages(tmp_path, entry("a", status=status))
    assert (set(found) == {"a"}, gap) == (counts, "")
    if counts:
        assert found["a"].data.get("status") == said
        assert found["a"].data.get("held", False) is status.startswith("hold")


@pytest.mark.parametrize(
    ("field", "source", "version"),
    [
        ([], "a", "1:2.0-1+b1"),
        (["Source: b"], "b", "1:2.0-1+b1"),
        (["Source: b (1:2.0-1)"], "b", "1:2.0-1"),
        (["source:   b  (2.0)"], "b", "2.0"),
        (["Source: not a source ((("], "a", "1:2.0-1+b1"),
    ],
)
def test_source_and_its_version(tmp_path: Path, field: list[str], source: str, version: str) -> None:
    found, _ = packages(tmp_path, entry("a", "1:2.0-1+b1", *field))
    assert (found["a"].data["source"], found["a"].data["source_version"]) == (source, version)
    assert found["a"].data["version"] == "1:2.0-1+b1"


def test_two_architectures_of_one_package_are_two_facts(tmp_path: Path) -> None:
    status = entry("a") + entry("a", arch="i386") + entry("a")
    facts = gather(DpkgPackages(), tree(tmp_path, {STATUS: status}))
    assert [(fact.subject, fact.data["arch"]) for fact in facts] == [("a", "amd64"), ("a", "i386")]


TORN = {
    "cut in a name": (entry("a") + "Pack", "ends in"),
    "cut in a version": (entry("a") + entry("b", "1.2.3").split(".3")[0], "ends in"),
    "cut in a description": (entry("a") + entry("b").rstrip() + " and", "ends in"),
    "without a version": (entry("a") + entry("b").replace("Version:", "Werzion:"), "b has no version"),
    "without a status": (entry("a") + entry("b").replace("Status:", "Stahtus:"), "b has no status"),
    "half a status": (entry("a") + entry("b", status="install ok"), "b has no status"),
    "without a name": (entry("a") + entry("b").replace("Package:", "Packet:"), "an entry has no package"),
    "two run together": (entry("a").rstrip() + "\nPackage: b\n", "runs into the next"),
    "zeros of a lost block": (entry("a") + "\0" * 5000 + "\n\n", "not a field"),
    "a line of prose": (entry("a") + "what is this\n\n", "not a field"),
}


@pytest.mark.parametrize("case", TORN)
def test_a_torn_entry_is_told_and_the_others_stay(tmp_path: Path, case: str) -> None:
    status, reason = TORN[case]
    found, gap = packages(tmp_path, status)
    assert "a" in found
    assert STATUS in gap
    assert reason in gap


def test_a_version_that_was_cut_is_not_believed(tmp_path: Path) -> None:
    found, _ = packages(tmp_path, entry("a") + entry("b", "1.2.3").split(".3")[0])
    assert "b" not in found


def test_an_entry_that_was_cut_after_its_version_still_counts(tmp_path: Path) -> None:
    found, gap = packages(tmp_path, entry("a") + entry("b").split("\n and folded")[0])
    assert set(found) == {"a", "b"}
    assert gap.startswith("1 damaged entry")


def test_many_damaged_entries_are_counted_not_listed(tmp_path: Path) -> None:
    _, gap = packages(tmp_path, "".join(entry(f"p{number}").replace("Version", "V") for number in range(500)))
    assert gap.startswith("500 damaged entries")
    assert len(gap) < 1000


def test_without_an_architecture_a_package_counts_and_the_loss_is_told(tmp_path: Path) -> None:
    found, gap = packages(tmp_path, entry("a").replace("Architecture", "Arch"))
    assert found["a"].data["arch"] == ""
    assert "a has no architecture" in gap


def test_lines_of_windows_and_other_tongues_are_read(tmp_path: Path) -> None:
    status = entry("a").replace("\n", "\r\n").encode() + entry("b", "1", "Maintainer: M\udce9 <m@example.org>").encode(
        "utf-8", "surrogateescape"
    )
    found, gap = packages(tmp_path, status)
    assert set(found) == {"a", "b"}
    assert found["a"].data["version"] == "1.0-1"
    assert found["b"].data["maintainer"] == "M\ufffd <m@example.org>"
    assert gap == ""


def test_the_journal_replaces_entries(tmp_path: Path) -> None:
    journal = {
        "var/lib/dpkg/updates/0000": entry("a", "2.0"),
        "var/lib/dpkg/updates/0001": entry("a", "3.0"),
        "var/lib/dpkg/updates/0002": "Package: b\nStatus: purge ok not-installed\n\n",
        "var/lib/dpkg/updates/tmp.i": entry("c"),
    }
    found, gap = packages(tmp_path, entry("a") + entry("b"), **journal)
    assert {name: fact.data["version"] for name, fact in found.items()} == {"a": "3.0"}
    assert gap == ""


def test_a_database_that_nobody_may_read_is_a_gap(tmp_path: Path) -> None:
    found, gap = packages(tmp_path, "-> status")
    assert (found, gap) == ({}, "")
    (tmp_path / STATUS).unlink()
    (tmp_path / STATUS).mkdir()
    facts = gather(DpkgPackages(), tree(tmp_path, {}))
    assert [fact.kind for fact in facts] == ["gap"]
    assert "no regular file" in facts[0].data["reason"]


def test_a_host_without_dpkg_has_nothing_to_say(tmp_path: Path) -> None:
    assert gather(DpkgPackages(), tree(tmp_path, {"etc/os-release": "ID=rhel\n"})) == []


def test_status_d_is_read_though_its_files_end_anyhow(tmp_path: Path) -> None:
    files = {
        "var/lib/dpkg/status.d/a": "Package: a\nVersion: 1\nArchitecture: all",
        "var/lib/dpkg/status.d/b": entry("b", status="deinstall ok config-files"),
        "var/lib/dpkg/status.d/a.md5sums": "0123  usr/share/a\n",
    }
    facts = gather(DpkgPackages(), tree(tmp_path, files))
    assert [(fact.kind, fact.subject) for fact in facts] == [("package", "a")]


_FIELDS = st.sampled_from([b"Package", b"Status", b"Version", b"Architecture", b"Source", b"Description", b"\xff", b""])
_VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"a", b"b", b"1.0-1", b"amd64", b"install ok installed", b"x (1)", b"((", b"\0", b"hold ok x"]),
)
_ENDS = st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\n ", b"\n\t.\n", b"", b"\n\n\n", b"\r"])
_HOSTILE = st.lists(st.tuples(_FIELDS, st.sampled_from([b": ", b":", b"", b" : "]), _VALUES, _ENDS), max_size=40).map(
    lambda parts: b"".join(b"".join(part) for part in parts)
)


@given(st.one_of(st.binary(max_size=400), _HOSTILE))
@settings(max_examples=300)
def test_a_hostile_file_never_crashes_and_yields_only_facts_that_travel(status: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = tree(Path(folder), {STATUS: status, "var/lib/dpkg/status.d/x": status, "var/lib/dpkg/updates/0": status})
        facts = list(DpkgPackages().collect(root))
    for fact in facts:
        assert check(fact) is None
        assert loads(dumps(fact).encode()) == fact


@given(st.integers(min_value=0, max_value=len(entry("alpha") + entry("beta", "2.0") + entry("gamma", "3.0"))))
@settings(max_examples=200)
def test_a_file_cut_anywhere_never_yields_a_wrong_version(size: int) -> None:
    whole = entry("alpha") + entry("beta", "2.0") + entry("gamma", "3.0")
    with tempfile.TemporaryDirectory() as folder:
        facts = list(DpkgPackages().collect(tree(Path(folder), {STATUS: whole[:size]})))
    versions = {fact.subject: fact.data["version"] for fact in facts if fact.kind == "package"}
    assert versions.items() <= {"alpha": "1.0-1", "beta": "2.0", "gamma": "3.0"}.items()
