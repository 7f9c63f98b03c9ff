"""OVAL: criteria to rows, Oracle's and AlmaLinux's errata, and what is torn or hostile."""

from __future__ import annotations

import bz2
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_golden import FOLDER, expected, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.feeds.oval import Leaf, Node, definitions
from shindan.feeds.oval_criteria import Flat, Guard, PackageTest, flat
from shindan.feeds.oval_feed import OvalFeed
from shindan.model.advisory import Advisory, Condition
from shindan.model.errors import FeedError
from unit.feeds.samples import VULS, VUNNEL, unpacked

INPUT = FOLDER / "oval" / "input"
DEFINITION = """<oval_definitions><definitions><definition class="patch" id="oval:com.oracle.elsa:def:1"><metadata>
<title>ELSA-2026-0001: x</title><reference ref_id="CVE-2026-0001" ref_url="u"/></metadata>{criteria}</definition>
</definitions><tests><rpminfo_test id="t1"><object object_ref="o1"/><state state_ref="s1"/></rpminfo_test>
<rpminfo_test id="t2"><object object_ref="o1"/><state state_ref="s2"/></rpminfo_test></tests>
<objects><rpminfo_object id="o1"><name>bash</name></rpminfo_object></objects><states>
<rpminfo_state id="s1"><arch operation="pattern match">aarch64|x86_64</arch><evr operation="less than">0:5.1-6</evr>
</rpminfo_state><rpminfo_state id="s2"><signature_keyid>82562ea9ad986da3</signature_keyid></rpminfo_state></states>
</oval_definitions>"""
CRITERIA = """<criteria operator="AND"><criterion test_ref="r" comment="Oracle Linux 9 is installed"/>
<criterion test_ref="t1" comment="bash is earlier than 0:5.1-6"/><criterion test_ref="t2" comment="bash is signed"/></criteria>"""


def read(source: Path) -> list[Advisory]:
    return [record for record in OvalFeed().parse(source, Options()) if isinstance(record, Advisory)]


def by_id(id_: str) -> Advisory:
    (found,) = (advisory for advisory in read(INPUT) if advisory.id == id_)
    return found


def test_golden_records() -> None:
    assert parsed("oval") == expected("oval"), "tests/feed_golden.py rewrites them; read the diff"


def meaning(leaf: Leaf) -> Guard | PackageTest | None:
    kind, _, value = leaf.comment.partition(":")
    if kind == "package":
        return PackageTest(value, "fixed", "1")
    return Guard(kind, (value,)) if value else None


def leaf(*comments: str) -> tuple[Leaf, ...]:
    return tuple(Leaf(comment) for comment in comments)


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        (Node("AND", leaf("release:9", "package:a", "signed")), {"a": ["release=9"]}),
        (Node("OR", leaf("must be installed", "package:a", "package:b")), {"a": [], "b": []}),
        (
            Node("AND", (Node("OR", leaf("release:8", "release:9")), Node("OR", leaf("package:a", "package:b")))),
            {"a": ["release=8,9"], "b": ["release=8,9"]},
        ),
        (
            Node("OR", (Node("AND", leaf("release:8", "package:a")), Node("AND", leaf("release:9", "package:b")))),
            {"a": ["release=8"], "b": ["release=9"]},
        ),
        (
            Node("AND", (*leaf("release:8"), Node("OR", (Node("AND", leaf("module:x:1", "package:a")), *leaf("package:b"))))),
            {"a": ["release=8", "module=x:1"], "b": ["release=8"]},
        ),
        (Node("AND", (Node("OR", leaf("release:8", "arch:x")), *leaf("package:a"))), {"a": []}),
        (Node("AND", leaf("release:9", "nothing")), {}),
    ],
    ids=["guard and package", "alternatives", "two lists", "branches", "module", "mixed alternatives", "no package"],
)  # fmt: skip
def test_a_tree_becomes_rows(tree: Node, told: dict[str, list[str]]) -> None:
    found: dict[str, Flat] = {one.test.package: one for one in flat(tree, meaning)}
    assert {
        name: [f"{guard.kind}={','.join(guard.values)}" for guard in one.guards] for name, one in found.items()
    } == told


def test_a_build_for_one_architecture_is_one_row_of_its_own() -> None:
    """ELSA-2022-4803: rsyslog on Oracle Linux 7 is fixed in 57.0.1 on x86_64, and in 57.0.4 on aarch64."""
    rows = {row.only_if[0].values: row.fixed for row in by_id("ELSA-2022-4803").affected if row.package == "rsyslog"}
    assert rows == {("x86_64",): "8.24.0-57.0.1.el7_9.3", ("aarch64",): "8.24.0-57.0.4.el7_9.3"}


def test_the_same_build_for_all_architectures_is_one_row() -> None:
    (row,) = by_id("ELSA-2025-10073").affected
    assert row.only_if == (Condition("arch", ("aarch64", "x86_64")),)


def test_a_flavour_stays_in_the_version() -> None:
    """Ksplice packages are another lineage: what compares them must see it."""
    (row,) = by_id("ELSA-2021-9151").affected
    assert row.fixed == "2:1.1.1g-15.ksplice1.el8_3"


def test_a_module_stream_is_a_guard() -> None:
    (row,) = by_id("ELSA-2023-12342").affected
    assert Condition("module", ("virt:kvm_utils",)) in row.only_if


def test_a_test_tells_package_version_and_architectures(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(DEFINITION.format(criteria=CRITERIA))
    (advisory,) = read(tmp_path)
    (row,) = advisory.affected
    assert (advisory.id, advisory.cves) == ("ELSA-2026-0001", ("CVE-2026-0001",))
    assert (row.platform, row.package, row.fixed, row.only_if) == (
        "ol:9",
        "bash",
        "5.1-6",
        (Condition("arch", ("aarch64", "x86_64")),),
    )


def test_another_publishers_definitions_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(DEFINITION.format(criteria=CRITERIA).replace("com.oracle.elsa", "com.redhat.rhsa"))
    with pytest.raises(FeedError, match=r"neither Oracle's nor AlmaLinux's"):
        read(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "", "<oval_definitions/>", DEFINITION[:400], '<!DOCTYPE d [<!ENTITY a "b">]>' + DEFINITION.format(criteria="&a;"),
        DEFINITION.format(criteria="<criteria>" * 60 + "</criteria>" * 60),
    ],
    ids=["empty", "nothing in it", "cut", "entities", "nested"],
)  # fmt: skip
def test_what_is_torn_or_hostile_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.xml").write_text(content)
    with pytest.raises(FeedError, match=r"x\.xml"):
        read(tmp_path)


def test_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="holds no OVAL file"):
        read(tmp_path)


@settings(max_examples=100)
@given(st.integers(0, 1500), st.binary(max_size=20))
def test_no_bytes_end_in_anything_but_definitions_or_a_feed_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, noise: bytes
) -> None:
    whole = DEFINITION.format(criteria=CRITERIA).encode()
    path = tmp_path_factory.getbasetemp() / "noise.xml"
    path.write_bytes(whole[:at] + noise + whole[at:])
    try:
        list(definitions(path))
    except FeedError as error:
        assert "noise.xml" in str(error)


def test_it_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"/com.oracle.elsa-all.xml.bz2": bz2.compress(DEFINITION.format(criteria=CRITERIA).encode())}
    feed, needs = OvalFeed(), Needs(frozenset({"ol:9"}))
    assert feed.serves(needs) and not feed.serves(Needs(frozenset({"rhel:9"})))
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_OVAL_URL", publisher.url)
        first = feed.fetch(get, needs, tmp_path, None)
        assert feed.fetch(get, needs, tmp_path, first) is None
        assert publisher.statuses() == [200, 304]
    assert len(read(tmp_path)) == 1


@pytest.mark.data
def test_no_package_of_a_real_file_is_lost(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, VUNNEL, "/oracle/test-fixtures/mock_per_arch_data")
    (file,) = (path for path in folder.rglob("*") if path.is_file())
    document = file.read_text()
    named = {
        part.split('"')[0] for part in document.split('comment="')[1:] if " is earlier than " in part.split('"')[0]
    }
    told = {
        f"{row.package} is earlier than {row.fixed if ':' in row.fixed else '0:' + row.fixed}"
        for advisory in read(file)
        for row in advisory.affected
    }
    assert told == named


@pytest.mark.data
def test_the_real_file_of_oracles(tmp_path: Path) -> None:
    found = read(unpacked(tmp_path, VULS, "/fetch/oracle/linux/testdata/fixtures/com.oracle.elsa-all.xml.bz2"))
    assert {advisory.id: len(advisory.affected) for advisory in found} == {"ELSA-2007-0057": 8, "ELSA-2023-12342": 1}
