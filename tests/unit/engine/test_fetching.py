"""Runs and previews that wait for advisories: woken by the end of a fetch, and told why one brought nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from run_world import FLAWS, RunWorld, advisories, run_world, until
from service_world import CVE
from shindan.engine.handlers import handlers
from shindan.engine.timing import Timing
from shindan.model.exclusion import Exclusion
from shindan.service import exclusions, runs
from shindan.service.judging import CveJudge
from shindan.store.tables import job_key
from stores import BACKENDS, databases

PATIENT = Timing(drain=0, feed_wait=600)
OLD = {"openssl": "3.0.16-1~deb12u1"}
REFUSED = "Advisories of it could not be fetched: debian: connection refused."
PLAIN = "Its release is debian:12."


@dataclass
class Source:
    """What a fetch brings: it waits for `gate`, then does `deed`, whose value is what it says."""

    gate: threading.Event
    deed: Callable[[], Mapping[str, str]]
    asked: int = 0
    done_at: float = 0.0

    def supply(self, _: Iterable[bytes]) -> Mapping[str, str]:
        """See `Judge.fetch`."""
        self.asked += 1
        assert self.gate.wait(30)
        said = self.deed()
        self.done_at = time.time()
        return said


@dataclass
class Waiting:
    """A world whose advisories come from a `source`."""

    living: RunWorld
    source: Source


@pytest.fixture(params=BACKENDS)
def waiting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Waiting]:
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data", timing=PATIENT, working=False) as living:
            source = Source(threading.Event(), lambda: {"debian:12": REFUSED})
            work = replace(living.work, judges={"cve": CveJudge(living.work.data, source.supply)})
            living.jobs.start(handlers(work))
            yield Waiting(living, source)
            source.gate.set()


def told(living: RunWorld, arn: object) -> list[Exclusion]:
    names = exclusions.list_(living.service, living.world.caller, str(arn)).items
    return list(exclusions.describe(living.service, living.world.caller, names).items)


def previewed(living: RunWorld, template: str) -> Callable[[], tuple[str, tuple[Exclusion, ...]]]:
    token = exclusions.create_preview(living.service, living.world.caller, template)

    def now() -> tuple[str, tuple[Exclusion, ...]]:
        status, page = exclusions.get_preview(living.service, living.world.caller, template, token)
        return status, page.items

    return now


def test_the_end_of_a_fetch_wakes_the_run_that_waits_for_it(waiting: Waiting) -> None:
    living, source = waiting.living, waiting.source

    def bring() -> Mapping[str, str]:
        advisories(living.work.data, FLAWS)
        return {}

    source.deed = bring
    living.world.host("web-1", packages=OLD)
    arn = living.start()
    until(lambda: living.view(arn).run.state == "START_EVALUATING_RULES_PENDING" and source.asked > 0)
    source.gate.set()
    view = living.ended(arn)
    assert view.run.state == "COMPLETED" and dict(view.run.counts)["High"] == 1
    begun = next(change.at for change in view.states if change.state == "EVALUATING_RULES")
    assert begun / 1000 - source.done_at < 3


def test_a_fetch_in_vain_ends_the_wait_and_says_why(waiting: Waiting) -> None:
    living, source = waiting.living, waiting.source
    living.world.host("web-1", packages=OLD)
    arn = living.start()
    until(lambda: living.view(arn).run.state == "START_EVALUATING_RULES_PENDING" and source.asked > 0)
    source.gate.set()
    assert living.ended(arn).run.state == "COMPLETED_WITH_ERRORS"
    (only,) = told(living, arn)
    assert only.code == "UNSUPPORTED_OS" and only.description.endswith(f"{PLAIN} {REFUSED}")


def test_a_fetch_that_breaks_keeps_nobody_waiting(waiting: Waiting) -> None:
    living, source = waiting.living, waiting.source

    def fall() -> Mapping[str, str]:
        raise RuntimeError("the disk is full")

    source.deed = fall
    source.gate.set()
    living.world.host("web-1", packages=OLD)
    arn = living.start()
    assert living.ended(arn).run.state == "COMPLETED_WITH_ERRORS"
    (only,) = told(living, arn)
    assert only.description.endswith(f"{PLAIN} Fetching advisories of it failed: RuntimeError: the disk is full")


def test_a_preview_before_the_first_run_says_what_a_run_says(waiting: Waiting) -> None:
    living, source = waiting.living, waiting.source
    host = living.world.host("web-1", packages=OLD)
    template = living.world.template(living.world.target())
    now = previewed(living, template)
    until(lambda: source.asked > 0)
    assert now() == ("WORK_IN_PROGRESS", ())
    source.gate.set()
    until(lambda: now()[0] == "COMPLETED")
    (only,) = now()[1]
    assert only.scopes == (("INSTANCE_ID", host.id), ("RULES_PACKAGE_ARN", CVE))
    living.ended(arn := runs.start(living.service, living.world.caller, template))
    assert [only] == [replace(one, arn="") for one in told(living, arn)]


def test_a_preview_waits_for_what_a_run_would_fetch(waiting: Waiting) -> None:
    living, source = waiting.living, waiting.source

    def bring() -> Mapping[str, str]:
        advisories(living.work.data, FLAWS)
        return {}

    source.deed = bring
    source.gate.set()
    living.world.host("web-1", packages=OLD)
    now = previewed(living, living.world.template(living.world.target()))
    until(lambda: now()[0] == "COMPLETED")
    assert now()[1] == ()


def test_the_first_host_of_a_release_has_its_advisories_fetched(waiting: Waiting) -> None:
    living, source = waiting.living, waiting.source
    source.gate.set()
    living.world.host("web-1", packages=OLD)
    until(lambda: source.done_at > 0)
    first = source.asked
    living.world.host("web-1", packages={"openssl": "3.0.17-1"})  # the same host again: nothing new to fetch
    until(lambda: not living_jobs(living))
    assert source.asked == first


def living_jobs(living: RunWorld) -> int:
    """How many jobs wait or go on."""
    with living.service.database.read() as connection:
        return connection.execute(select(func.count()).select_from(job_key)).scalar_one()
