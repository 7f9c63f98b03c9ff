"""SCAP content: what may be evaluated, `oscap` itself under limits, and results of every sort."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scap_content import BROKEN, BY_HAND, HOLDS, LOOSE, NEVER, PREFIX, STRICT, tiny
from shindan.collect import scap_content, xccdf
from shindan.collect.base import collected
from shindan.collect.root import Root
from shindan.collect.scap import Scap
from shindan.collect.scap_wanted import Wanted
from shindan.collect.tools import Tools
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact, check
from support import need_tool


def facts_of(wanted: Wanted, root: str = "/") -> list[Fact]:
    return list(collected([Scap()], Root(root, scap=wanted)))


def reason_of(wanted: Wanted, root: str = "/") -> str:
    """Of the one gap that there is, and nothing else."""
    (gap,) = facts_of(wanted, root)
    assert gap.kind == "gap" and gap.data["kinds"] == ["scap"]
    return str(gap.data["reason"])


@pytest.fixture
def oscap() -> str:
    return need_tool("oscap", "openscap-scanner")


@pytest.mark.system
@pytest.mark.usefixtures("oscap")
def test_every_rule_of_a_profile_is_a_fact(tmp_path: Path) -> None:
    path = tiny(tmp_path)
    about, *rules = facts_of(Wanted(str(path), "strict", anywhere=True))
    assert all(check(one) is None for one in (about, *rules))
    assert about.subject == "benchmark"
    assert about.data | {"tool": "", "version": ""} == {
        "content": str(path), "digest": hashlib.sha256(path.read_bytes()).hexdigest(), "profile": STRICT,
        "profile_title": "Everything there is", "benchmark": f"{PREFIX}benchmark_tiny", "version": "", "tool": "",
        "rules": 3,
    }  # fmt: skip
    assert about.data["tool"].startswith("cpe:/a:redhat:openscap:") and about.data["version"] == "1.2"
    by_id = {one.subject: one.data for one in rules}
    assert by_id[HOLDS] == {"result": "pass", "severity": "low", "title": "It is a Unix"}
    assert by_id[BY_HAND]["result"] == "notchecked"
    assert by_id[BROKEN] == {
        "result": "fail", "severity": "high", "title": "It is of another family",
        "why": "A host of another family <is> another host.", "how": "Choose another family.",
        "fix": "sleep 7\nexit 0", "idents": ["CCE-12345-6"],
        "references": [
            "https://www.cisecurity.org/benchmark/debian_linux/: 5.1.20", "https://www.cisecurity.org/controls/: 4.8",
            "https://nvd.example/800-53: AC-2, AC-6",
        ],
    }  # fmt: skip


@pytest.mark.system
@pytest.mark.usefixtures("oscap")
def test_what_holds_carries_no_remedy(tmp_path: Path) -> None:
    facts = facts_of(Wanted(str(tiny(tmp_path)), LOOSE, anywhere=True))
    assert [(one.subject, one.data.get("result")) for one in facts] == [("benchmark", None), (HOLDS, "pass")]


@pytest.mark.system
@pytest.mark.usefixtures("oscap")
@pytest.mark.parametrize(
    ("limit", "word"), [({"memory": 20 * 1024 * 1024}, "oscap"), ({"seconds": 0.0}, "longer than 0 seconds")]
)
def test_what_takes_too_much_is_a_gap(limit: dict[str, float], word: str, tmp_path: Path) -> None:
    wanted = Wanted(str(tiny(tmp_path / "content")), STRICT, anywhere=True, scratch=str(tmp_path))
    assert word in reason_of(wanted._replace(**limit))  # type: ignore[arg-type]
    assert os.listdir(tmp_path) == ["content"], "nothing is left behind"


def test_without_oscap_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="install openscap-scanner"):
        Tools(oscap=("/nowhere/oscap",)).oscap(str(tiny(tmp_path)), STRICT, str(tmp_path / "out"), 10, 2**30)


def test_oscap_gets_fixed_arguments_and_no_leave_to_fetch(tmp_path: Path) -> None:
    fake = tmp_path / "oscap"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$6.said"; ulimit -v >> "$6.said"; exit 2\n')
    fake.chmod(0o755)
    out = tmp_path / "out"
    Tools(oscap=(str(fake),)).oscap("/content.xml", "p", str(out), 10, 2**30)
    *said, memory = Path(f"{out}.said").read_text().split()
    assert said == ["xccdf", "eval", "--profile", "p", "--results", str(out), "/content.xml"]
    assert memory == str(2**20)


@pytest.mark.parametrize(
    ("exits", "word"),
    [
        ("echo the last word; exit 1", "status 1: the last word"),
        ("kill -XCPU $$", "processor time"),
        ("kill -9 $$", "status -9 .*memory"),
    ],
)
def test_a_failure_says_what_oscap_says(exits: str, word: str, tmp_path: Path) -> None:
    fake = tmp_path / "oscap"
    fake.write_text(f"#!/bin/sh\n{exits}\n")
    fake.chmod(0o755)
    with pytest.raises(Unavailable, match=word):
        Tools(oscap=(str(fake),)).oscap("/content.xml", "p", str(tmp_path / "out"), 10, 2**30)


def test_nothing_is_evaluated_below_a_root(tmp_path: Path) -> None:
    assert "live host only" in reason_of(Wanted(str(tiny(tmp_path)), STRICT, anywhere=True), str(tmp_path))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"folders": ()}, "lists no folders"),
        ({"content": "/etc/tiny-xccdf.xml"}, "is no name"),
        ({"content": "../content/tiny-xccdf.xml"}, "is no name"),
        ({"content": "-x.xml"}, "is no name"),
        ({"content": "tiny.sh"}, "is no name"),
        ({"content": "other.xml"}, "is in none of"),
        ({"profile": "--fetch"}, "has no profile"),
        ({"profile": ""}, "has no profile"),
        ({"profile": "ict"}, "has no profile 'ict': choose of"),
        ({"digest": "0" * 64}, "is not the content that was asked for"),
    ],
)
def test_an_order_reaches_nothing_that_is_not_allowed(changes: dict[str, object], word: str, tmp_path: Path) -> None:
    folder = tiny(tmp_path / "content").parent
    wanted = Wanted("tiny-xccdf.xml", "strict", folders=(str(tmp_path / "empty"), str(folder)))
    assert scap_content.found(wanted) == str(folder / "tiny-xccdf.xml")
    assert word in reason_of(wanted._replace(**changes))  # type: ignore[arg-type]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: only root acts on content of others")
@pytest.mark.parametrize("change", ["mode", "owner"])
def test_root_uses_no_content_that_others_can_change(change: str, tmp_path: Path) -> None:
    path = tiny(tmp_path)
    if change == "mode":
        path.chmod(0o666)
    else:
        os.chown(path, 1, 1)
    assert "can be changed by others" in reason_of(Wanted(str(path), STRICT, anywhere=True))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no well-formed XML"),
        ("<Benchmark", "no well-formed XML"),
        ("<a/>", "holds no XCCDF benchmark"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "has a document type"),
        ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "has a document type"),
        ('<Benchmark xmlns="http://elsewhere.example/"/>', "holds no XCCDF benchmark"),
    ],
    ids=["empty", "torn", "other", "entities", "external", "other namespace"],
)
def test_what_is_no_content_is_refused(text: str, word: str) -> None:
    with pytest.raises(Unavailable, match=word):
        xccdf.profiles(io.BytesIO(text.encode()), "it")


def test_a_word_of_a_profile_means_one() -> None:
    known = [xccdf.Profile(id_, "") for id_ in ("a_cis", "b_cis", "a_cis_2")]
    assert [one.id for one in xccdf.meant(known, "cis_2")] == ["a_cis_2"]
    assert [one.id for one in xccdf.meant(known, "a_cis")] == ["a_cis"]
    with pytest.raises(Unavailable, match="several"):
        scap_content.chosen(known, "it", "cis")


def results_of(rules: str) -> bytes:
    return f'<Benchmark xmlns="{xccdf.NAMESPACE}1.2" id="b"><version>1</version>{rules}</Benchmark>'.encode()


def test_every_word_of_the_specification_is_known_and_others_are_unknown() -> None:
    words = [*xccdf.RESULTS, "certainly"]
    rules = "".join(f'<rule-result idref="{word}"><result>{word}</result></rule-result>' for word in words)
    found = xccdf.results(io.BytesIO(results_of(f"<TestResult>{rules}</TestResult>")), "it").rules
    assert {id_: one.result for id_, one in found.items()} == {
        **{word: word for word in xccdf.RESULTS}, "certainly": "unknown",
    }  # fmt: skip


def test_a_rule_without_a_result_is_unknown_and_messages_are_kept() -> None:
    rules = '<rule-result idref="a"/><rule-result idref="b"><result>error</result><message>no</message><message>way</message></rule-result>'
    found = xccdf.results(io.BytesIO(results_of(f"<TestResult>{rules}</TestResult>")), "it").rules
    assert (found["a"].result, found["b"].result, found["b"].message) == ("unknown", "error", "no; way")


def test_results_without_an_evaluation_are_refused() -> None:
    with pytest.raises(Unavailable, match="holds no results"):
        xccdf.results(io.BytesIO(results_of("")), "it")


def test_a_long_text_is_cut() -> None:
    rule = f'<Rule id="a"><title>{"x" * 200_000}</title></Rule><TestResult><rule-result idref="a"/></TestResult>'
    content = results_of(rule)
    (told,) = xccdf.told(io.BytesIO(content), "it", xccdf.results(io.BytesIO(content), "it"))
    assert len(told.title) == 300


@settings(max_examples=100)
@given(st.integers(0, 400), st.binary(max_size=6))
def test_damaged_results_never_crash(place: int, damage: bytes) -> None:
    whole = results_of(
        '<Rule id="a" severity="high"><title>t</title><ident>i</ident><fix system="urn:xccdf:fix:script:sh">s</fix></Rule>'
        '<TestResult><profile idref="p"/><set-value idref="v">1</set-value>'
        '<rule-result idref="a"><result>fail</result></rule-result></TestResult>'
    )
    torn = whole[:place] + damage + whole[place + len(damage) :]
    try:
        found = xccdf.results(io.BytesIO(torn), "it")
        list(xccdf.told(io.BytesIO(torn), "it", found))
    except Unavailable:
        pass


def test_a_profile_that_nobody_can_check_yields_what_there_is(tmp_path: Path) -> None:
    assert [one.id for one in scap_content.offered(str(tiny(tmp_path)))] == [STRICT, LOOSE, NEVER]
