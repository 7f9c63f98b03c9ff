"""A window over the live host: what opens and closes in it is told, once, and it ends when it should."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from shindan.agent import errand as errands
from shindan.agent import gather
from shindan.agent.errand import Errand
from shindan.agent.spool import Spool
from shindan.collect.root import Root
from shindan.collect.sampling import window
from shindan.facts.fact import Fact


def test_short_connections_and_listeners_are_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def talk() -> None:
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", port)), listening.accept()[0]:
                    pass

        talking = threading.Thread(target=talk)
        found: list[Fact] = []
        for fact in window(Root("/"), ["listener", "connection"], 1.0, time.monotonic() + 4, lambda: False):
            if not talking.ident:
                talking.start()
            found.append(fact)
        talking.join()
    ours = [fact for fact in found if port in (fact.data.get("local_port"), fact.data.get("remote_port"))]
    blind = [fact for fact in found if fact.kind == "gap" and "connection" in fact.data["kinds"]]
    assert sum(fact.data["count"] for fact in ours if fact.kind == "connection") >= 20 or blind
    listeners = [(fact.subject, str(fact.data)) for fact in found if fact.kind == "listener"]
    assert len(listeners) == len(set(listeners)), "nothing is told twice without news"
    assert f"tcp 127.0.0.1:{port}" in [subject for subject, _ in listeners]


def test_a_window_ends_when_it_is_told_to() -> None:
    begun = time.monotonic()
    list(window(Root("/"), ["connection"], 60.0, begun + 3600, lambda: True))
    assert time.monotonic() - begun < 20


def test_below_a_foreign_root_nothing_runs(tmp_path: Path) -> None:
    facts = list(window(Root(str(tmp_path)), ["process"], 1.0, time.monotonic() + 60, lambda: False))
    assert [(fact.kind, fact.data["kinds"]) for fact in facts] == [("gap", ["process"])]


def errand(folder: Path, **changes: object) -> Errand:
    values: dict[str, object] = {
        "what": "inventory", "run": "run-1", "kinds": ["host", "platform"], "seconds": 60.0, "interval": 1.0,
        "spool": str(folder / "spool"), "root": str(folder), "paths": [], "arguments": False, "digest": "", "known": [],
        "notes": [], "lines": 1000, "bytes": 10**6, "memory": 0.0, "cpu": 0.0,
    }  # fmt: skip
    return errands.errand(errands.written(Errand(**{**values, **changes})))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    (tmp_path / "etc/hostname").write_text("alpha\n")
    return tmp_path


def test_an_inventory_is_cut_at_the_servers_limit_and_says_so(folder: Path) -> None:
    result = gather.inventory(errand(folder, lines=2, notes=["something was lost"]))
    assert result.lines == 2
    batch = Spool(str(folder / "spool")).oldest()
    assert batch is not None and not batch.complete


def test_the_same_inventory_of_other_kinds_is_not_the_same(folder: Path) -> None:
    gather.inventory(errand(folder))
    spool = Spool(str(folder / "spool"))
    first = spool.oldest()
    assert first is not None and first.size
    spool.remove(first)
    for known, size in (
        (["host", "platform"], 0),
        (["host", "platform", "package"], first.size),
        (["platform"], first.size),
    ):
        gather.inventory(errand(folder, digest=first.digest, known=known))
        batch = spool.oldest()
        assert batch is not None and bool(batch.size) is bool(size)
        spool.remove(batch)


def test_sampled_kinds_by_name_are_part_of_an_inventory_but_not_of_every_kind() -> None:
    assert gather.split(["listener", "nonsense"]) == (["listener"], ["nonsense"])
    every, unknown = gather.split([errands.ALL])
    assert "package" in every and not {"process", "listener", "connection"} & set(every)
    assert unknown == []
