"""How far a run is, when children and the server's answers cross."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shindan.agent import errand as errands
from shindan.agent.child import Ended
from shindan.agent.collecting import Collecting
from shindan.agent.config import Config
from shindan.agent.errand import Errand, Result
from shindan.agent.jobs import Done, Jobs
from shindan.agent.orders import Order
from shindan.agent.spool import Spool
from shindan.agent.state import State
from shindan.collect.scap_wanted import Wanted


class Idle(Jobs):
    """Notes what it is sent for, and starts nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Errand] = []

    def start(self, errand: Errand) -> None:
        self.sent.append(errand)


def done(errand: Errand, code: int = 0, trouble: str = "") -> Done:
    return Done(errand, Result(1, 3, 0.0, trouble), Ended(code), False)


@pytest.fixture
def jobs() -> Idle:
    return Idle()


@pytest.fixture
def collecting(tmp_path: Path, jobs: Idle) -> Collecting:
    return Collecting(Config("https://h", "h", 443), State(str(tmp_path)), Spool(str(tmp_path / "spool")), jobs)


ORDER = Order("run-1", ["package"], [], 60.0, 5.0)


def test_what_is_done_is_not_done_again(collecting: Collecting, jobs: Idle) -> None:
    collecting.ordered(ORDER, False)
    assert collecting.ended(done(jobs.sent[0]))
    collecting.ordered(ORDER, False)
    assert len(jobs.sent) == 1


def test_a_batch_refused_before_its_child_is_gone_is_collected_again(
    collecting: Collecting, jobs: Idle, tmp_path: Path
) -> None:
    collecting.ordered(ORDER, False)
    collecting._state.reopen()  # the server's `Unknown` came first
    collecting.ended(done(jobs.sent[0]))
    collecting.ordered(ORDER, False)
    assert len(jobs.sent) == 2


def test_a_child_that_dies_twice_is_given_up_and_the_run_told(
    collecting: Collecting, jobs: Idle, tmp_path: Path
) -> None:
    collecting.ordered(ORDER, False)
    assert not collecting.ended(done(jobs.sent[0], -9))
    collecting._not_before.clear()  # as if time had passed
    collecting.ordered(ORDER, False)
    assert collecting.ended(done(jobs.sent[1], -9))
    batch = Spool(str(tmp_path / "spool")).oldest()
    assert batch is not None
    assert (batch.run, batch.kinds, batch.complete, batch.lines) == ("run-1", [], False, 1)
    collecting._not_before.clear()
    collecting.ordered(ORDER, False)
    assert len(jobs.sent) == 2


def test_a_child_that_cannot_write_is_tried_again_later_and_told(collecting: Collecting, jobs: Idle) -> None:
    collecting.ordered(ORDER, False)
    assert not collecting.ended(done(jobs.sent[0], errands.TROUBLE, "/spool: No space left on device"))
    assert "No space" in collecting.trouble
    collecting.ordered(ORDER, False)
    assert len(jobs.sent) == 1, "not at once"
    collecting._not_before.clear()
    collecting.ordered(ORDER, False)
    collecting.ended(done(jobs.sent[1]))
    assert collecting.trouble == ""


def test_a_fault_ends_with_its_cause_also_without_another_order(
    collecting: Collecting, jobs: Idle, tmp_path: Path
) -> None:
    collecting.ordered(ORDER, False)
    collecting.ended(done(jobs.sent[0], errands.TROUBLE, "/spool: No space left on device"))
    collecting._spool.folder, there = str(tmp_path / "nowhere"), collecting._spool.folder
    collecting.recover()
    assert "nowhere" in collecting.trouble
    collecting._spool.folder = there
    collecting.recover()
    assert collecting.trouble == ""


def test_notes_are_told_once(collecting: Collecting, jobs: Idle) -> None:
    collecting._state.note("something was lost")
    collecting.ordered(ORDER, False)
    assert jobs.sent[0].notes == ["something was lost"]
    collecting.ended(done(jobs.sent[0]))
    assert collecting._state.notes == []


def test_scap_content_is_looked_for_where_the_configuration_says(collecting: Collecting, jobs: Idle) -> None:
    names = {"content": "a.xml", "profile": "p", "sha256": "d"}
    order = ORDER._replace(kinds=["package", "scap"], scap=names)
    collecting.use(
        Config("https://h", "h", 443, scap=("/content",), scap_memory=7, state="/state", collector_seconds=9)
    )
    collecting.ordered(order, False)
    assert Wanted(*jobs.sent[0].scap) == Wanted("a.xml", "p", "d", ("/content",), 9.0, 7, "/state")
    again = errands.errand(errands.written(jobs.sent[0]))
    assert list(Wanted(*again.scap).folders) == ["/content"] and not Wanted(*again.scap).anywhere


def test_an_order_without_content_asks_for_none(collecting: Collecting, jobs: Idle) -> None:
    collecting.ordered(ORDER, False)
    assert jobs.sent[0].scap == []


def test_between_runs_results_of_content_stay_as_they_are(collecting: Collecting, jobs: Idle) -> None:
    collecting._state.holds("d", ["package", "scap"], 0)
    collecting.unordered(False)
    assert jobs.sent[0].kinds == ["package"]


def test_an_errand_of_the_version_before_is_understood(collecting: Collecting, jobs: Idle) -> None:
    collecting.ordered(ORDER, False)
    old = json.loads(errands.written(jobs.sent[0]))
    del old["scap"]
    assert errands.errand(json.dumps(old).encode()) == jobs.sent[0]
