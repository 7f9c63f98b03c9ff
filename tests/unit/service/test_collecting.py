"""A host looked at by two processes gives the very facts that one gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shindan.collect.collectors import COLLECTORS, run
from shindan.collect.root import Root
from shindan.collect.scap_wanted import Wanted
from shindan.model.packages import PackageName, package
from shindan.rules.packages import HOST_PACKAGES
from shindan.service import collecting
from shindan.service.collecting import OF_PACKAGES, OF_RULES, SLOW, WALK, Child, collected
from shindan.service.hosts import KINDS
from support import REPOSITORY

HOST = REPOSITORY / "tests/hosts/languages-debian-12/root"


def test_two_processes_see_what_one_sees() -> None:
    alone = list(run(Root(str(HOST)), KINDS))
    assert sorted(map(repr, collected(HOST, KINDS))) == sorted(map(repr, alone))
    assert any(fact.kind == "language_package" for fact in alone)


@pytest.mark.parametrize("kinds", [OF_PACKAGES, SLOW, frozenset(KINDS), frozenset({"platform"})], ids=sorted)
def test_no_collector_of_the_wanted_kinds_is_left_out(kinds: frozenset[str]) -> None:
    wanted = [type(collector) for collector in COLLECTORS if kinds & set(collector.kinds)]
    assert [type(one) for one in collecting._collectors(kinds) if kinds & set(one.kinds)] == wanted


def test_a_child_that_is_on_its_way_is_not_started_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with Child(HOST) as child:
        monkeypatch.setattr(collecting, "Child", None)
        facts = list(collected(HOST, KINDS, child))
    assert sorted(map(repr, facts)) == sorted(map(repr, run(Root(str(HOST)), KINDS)))


def test_the_child_knows_all_slow_collectors() -> None:
    assert [type(one).__name__ for one in COLLECTORS if SLOW & set(one.kinds)] == ["LanguagePackages"]
    assert "LanguagePackages()" in collecting._CODE


def test_where_no_slow_kind_is_wanted_there_is_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "Child", None)
    assert {fact.kind for fact in collected(HOST, ("platform",))} == {"platform"}


def test_a_child_that_fails_is_replaced_by_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_CODE", "raise SystemExit(1)")
    assert any(fact.kind == "language_package" for fact in collected(HOST, KINDS))


def test_whoever_replaces_a_child_looks_for_the_same_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_CODE_OF_SCAP", "raise SystemExit(1)")
    with Child(HOST, slow=False, scap=Wanted("content.xml")) as child:
        (gap,) = child.facts()
    assert (gap.kind, gap.subject) == ("gap", "scap"), "said, and not passed over"


def test_a_child_that_cannot_begin_leaves_no_other_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[collecting._Part] = []
    part = collecting._Part

    def one_more(*said: Any) -> collecting._Part:
        if begun:
            raise BlockingIOError("no more processes")
        begun.append(part(*said))
        return begun[0]

    monkeypatch.setattr(collecting, "_CODE", "import time; time.sleep(600)")
    monkeypatch.setattr(collecting, "_Part", one_more)
    packages: tuple[PackageName, ...] = ("cis",)
    with pytest.raises(BlockingIOError):
        Child(HOST, packages)
    assert begun[0]._process.returncode is not None


def test_nothing_is_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_CODE", "import time; time.sleep(600)")
    with pytest.raises(KeyboardInterrupt), Child(HOST) as child:
        (process,) = [part._process for part in child._parts]
        raise KeyboardInterrupt
    assert process.poll() is not None
    assert subprocess.run([sys.executable, "-c", "pass"]).returncode == 0


def test_the_kinds_of_rules_packages_are_what_their_rules_want() -> None:
    for name, kinds in OF_RULES.items():
        wants = HOST_PACKAGES[name].wants
        assert {*wants.kinds, *wants.sampled} - OF_PACKAGES - WALK == kinds - ({"container"} - {*wants.kinds}), name
    assert set(OF_RULES) == set(HOST_PACKAGES)


def test_children_look_for_what_the_rules_packages_want() -> None:
    with Child(HOST, [package("practices").name], slow=False) as child:
        kinds = {fact.kind for fact in child.facts()}
    assert "file" in kinds and kinds <= OF_RULES["practices"] | {"gap"}


def test_a_window_sees_what_comes_and_goes() -> None:
    with Child(Path("/"), [package("runtime").name], slow=False, window=0.5) as child:
        kinds = {fact.kind for fact in child.facts()}
    assert "process" in kinds
