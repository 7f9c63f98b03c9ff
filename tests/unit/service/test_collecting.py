"""A host looked at by two processes gives the very facts that one gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shindan.collect.collectors import run
from shindan.collect.root import Root
from shindan.service import collecting
from shindan.service.collecting import Child, collected
from shindan.service.hosts import KINDS
from support import REPOSITORY

HOST = REPOSITORY / "tests/hosts/languages-debian-12/root"


def test_two_processes_see_what_one_sees() -> None:
    alone = list(run(Root(str(HOST)), KINDS))
    assert sorted(map(repr, collected(HOST, KINDS))) == sorted(map(repr, alone))
    assert any(fact.kind == "language_package" for fact in alone)


def test_where_no_slow_kind_is_wanted_there_is_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "Child", None)
    assert {fact.kind for fact in collected(HOST, ("platform",))} == {"platform"}


def test_a_child_that_fails_is_replaced_by_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_CODE", "raise SystemExit(1)")
    assert any(fact.kind == "language_package" for fact in collected(HOST, KINDS))


def test_nothing_is_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_CODE", "import time; time.sleep(600)")
    with pytest.raises(KeyboardInterrupt), Child(HOST, {"language_package"}) as child:
        process = child._process
        raise KeyboardInterrupt
    assert process.poll() is not None
    assert subprocess.run([sys.executable, "-c", "pass"]).returncode == 0
