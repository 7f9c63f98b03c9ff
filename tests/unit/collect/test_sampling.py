"""A window: facts as they come, each told when it is new, and the end at its time or when it is asked for."""

from __future__ import annotations

import os
import socket
import time
from itertools import pairwise
from pathlib import Path

from shindan.collect.connections import Connections
from shindan.collect.root import Root
from shindan.collect.sampling import Seen, window
from shindan.facts.fact import Fact, check
from unit.collect.trees import tree

ALL = ("process", "listener", "connection")


def test_a_window_tells_of_what_runs_listens_and_connects() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        found: list[Fact] = []
        for fact in window(Root("/"), ALL, 0.2, time.monotonic() + 1.5, lambda: False):
            if fact.kind == "listener" and fact.data["port"] == port:
                with socket.create_connection(("127.0.0.1", port)) as client:
                    listener.accept()[0].close()
                    client.recv(1)
            found.append(fact)
    assert [check(fact) for fact in found if check(fact)] == []
    assert {fact.kind for fact in found} - {"gap"} == set(ALL)
    ends = {fact.data["direction"]: fact for fact in found if fact.kind == "connection" and port in fact.data.values()}
    assert set(ends) == {"in", "out"}
    mine = [fact for fact in found if fact.kind == "listener" and fact.data["port"] == port]
    assert mine[0].data["first_seen"] == mine[0].data["last_seen"]


def test_it_ends_soon_after_it_is_asked_to() -> None:
    begun = time.monotonic()
    asked: list[float] = []

    def stop() -> bool:
        asked.append(time.monotonic())
        return len(asked) > 2

    assert list(window(Root("/"), ["connection"], 3600.0, begun + 3600.0, stop)) is not None
    assert len(asked) == 3
    assert all(after - before < 1.5 for before, after in pairwise(asked))


def test_only_the_kinds_that_are_wanted() -> None:
    found = list(window(Root("/"), ["listener"], 1.0, time.monotonic(), lambda: False))
    assert {fact.kind for fact in found} <= {"listener", "gap"}


def test_below_a_root_nothing_runs(tmp_path: Path) -> None:
    root = tree(tmp_path, {"etc/hostname": "x"})
    (told,) = window(root, ALL, 0.1, time.monotonic() + 0.2, lambda: False)
    assert (told.kind, told.data["kinds"]) == ("gap", list(ALL)), "nobody looked is not nothing there"


def test_what_is_seen_again_is_told_at_the_end_with_both_moments() -> None:
    from shindan.collect.listeners import Listeners

    seen = Seen(Listeners(), 0.0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        first = [fact for fact in seen.look(Root("/"), 1000) if fact.data.get("port") == port]
        again = [fact for fact in seen.look(Root("/"), 1030) if fact.data.get("port") == port]
    list(seen.look(Root("/"), 1060))
    (last,) = [fact for fact in seen.last() if fact.data.get("port") == port]
    assert ([fact.data["first_seen"] for fact in first], again) == ([1000], [])
    assert (last.data["first_seen"], last.data["last_seen"], last.data["pid"]) == (1000, 1030, os.getpid())


def test_what_was_taken_is_not_counted_again_while_it_is_open() -> None:
    opened = Connections()
    opened.open()
    try:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            with socket.create_connection(listener.getsockname()):
                accepted, _ = listener.accept()
                port = listener.getsockname()[1]
                opened.snapshot()
                first = [fact.data["count"] for fact in opened.taken() if port in fact.data.values()]
                opened.snapshot()
                second = [fact.data["count"] for fact in opened.taken() if port in fact.data.values()]
                accepted.close()
    finally:
        opened.close()
    assert (first, second) == ([1, 1], [0, 0])
