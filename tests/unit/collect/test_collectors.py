"""The list of collectors is whole, and one collector's failure is a gap, never the end."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shindan.collect.base import Collector, collected
from shindan.collect.collectors import COLLECTORS, default_kinds, known_kinds, run
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import KINDS, Fact
from shindan.facts.wire import read
from support import REPOSITORY
from test_language import older_interpreters
from unit.collect.trees import INVENTORY, OS_RELEASE, STATUS, entry, tree

ROOM = REPOSITORY / "src/shindan/collect"


def test_every_collector_on_disk_is_in_the_list() -> None:
    found = set()
    for path in ROOM.glob("*.py"):
        module = importlib.import_module(f"shindan.collect.{path.stem}") if path.stem != "__init__" else None
        kinds = [one for one in vars(module).values() if isinstance(one, type)] if module else []
        found |= {one for one in kinds if issubclass(one, Collector) and one is not Collector}
    assert {type(collector) for collector in COLLECTORS} == found
    assert len(COLLECTORS) == len(found)


def test_collectors_have_names_of_their_own_and_known_kinds() -> None:
    names = [collector.name for collector in COLLECTORS]
    assert len(set(names)) == len(names)
    assert all(names)
    assert set(known_kinds()) == set(KINDS) - {"gap"}


def test_processes_connections_and_the_walk_are_collected_only_where_they_are_named() -> None:
    assert set(known_kinds()) - set(default_kinds()) == {"process", "connection", "scap", "sweep"}
    assert {fact.kind for fact in run(Root("/")) if fact.kind != "gap"} <= set(default_kinds())
    assert "process" in {fact.kind for fact in run(Root("/"), ["process"])}


class Fails(Collector):
    """Yields one fact, then raises."""

    name = "fails"
    kinds = ("package",)

    def __init__(self, error: Exception) -> None:
        self._error = error

    def collect(self, root: Root) -> Iterator[Fact]:
        yield Fact("package", "before", {"type": "deb", "version": "1", "arch": "all"})
        raise self._error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable("not for you"), "not for you"),
        (PermissionError(13, "Permission denied", "/x"), "Permission denied"),
        (FileNotFoundError("/x"), "/x"),
        (MemoryError(), "MemoryError"),
        (RecursionError("deep"), "deep"),
        (ZeroDivisionError("a defect"), "unexpected ZeroDivisionError: a defect"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_collector_raises_is_a_gap_and_its_facts_and_the_others_stay(
    tmp_path: Path, error: Exception, reason: str
) -> None:
    facts = list(collected([Fails(error), *COLLECTORS], tree(tmp_path, {"etc/os-release": OS_RELEASE}), INVENTORY))
    assert [(fact.kind, fact.subject) for fact in facts] == [
        ("package", "before"),
        ("gap", "fails"),
        ("platform", "os"),
    ]
    assert reason in facts[1].data["reason"]
    assert facts[1].data["kinds"] == ["package"]


def test_only_the_wanted_kinds_are_collected(tmp_path: Path) -> None:
    root = tree(tmp_path, {"etc/os-release": OS_RELEASE, STATUS: entry("a")})
    assert [fact.kind for fact in run(root, ["package"])] == ["package"]
    assert [fact.kind for fact in run(root, {"platform", "repository"})] == ["platform"]
    assert {fact.kind for fact in run(root, INVENTORY)} == {"platform", "package"}


def test_a_gap_comes_with_the_kinds_it_concerns(tmp_path: Path) -> None:
    root = tree(tmp_path, {STATUS: entry("a")})
    assert [fact.kind for fact in run(root, INVENTORY)] == ["gap", "package"]
    assert [fact.kind for fact in run(root, ["package"])] == ["package"]


COLLECT = "import sys; sys.path.insert(0, sys.argv[1]); from shindan.collect.command import main; sys.exit(main(sys.argv[2:]))"


@pytest.mark.parametrize("python", [sys.executable, *older_interpreters()])
@pytest.mark.parametrize(
    "host",
    [
        "debian-12", "ubuntu-22.04-pro", "debian-12-torn", "almalinux-9", "centos-7", "amazonlinux-2",
        "opensuse-leap-15", "alpine-3.20", "sles-15", "centos-6", "fedora-41",
        "languages-debian-12",
    ],
)  # fmt: skip
def test_every_python_collects_the_same(python: str, host: str) -> None:
    folder = REPOSITORY / "tests/hosts" / host
    command = [python, "-I", "-S", "-B", "-c", COLLECT, str(ROOM.parent.parent), "--root", str(folder / "root")]
    command += ["--kinds", ",".join(INVENTORY)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.stderr, done.returncode) == (b"", 0)
    assert done.stdout == (folder / "facts.ndjson").read_bytes()


@pytest.mark.parametrize("python", [sys.executable, *older_interpreters()])
def test_every_python_collects_this_machine(python: str) -> None:
    command = [python, "-I", "-S", "-B", "-c", COLLECT, str(ROOM.parent.parent)]
    done = subprocess.run(command, capture_output=True, check=False)
    items = [item for _, item in read(io.BytesIO(done.stdout))]
    assert (done.stderr, done.returncode) == (b"", 0)
    assert [item for item in items if isinstance(item, str)] == []
    assert {"platform", "kernel"} <= {item.kind for item in items if isinstance(item, Fact)}
