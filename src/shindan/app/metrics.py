"""What monitoring reads at /metrics, in Prometheus' text form. Names and meanings are listed in docs/serve.md."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from shindan.engine.clock import milliseconds, now
from shindan.service.certificates import Certificate
from shindan.service.status import Status

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counts requests as they come; asks `status` and `working` (does the worker live?) when somebody reads."""

    def __init__(self, status: Callable[[], Status], working: Callable[[], bool]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "shindan_api_requests", "Requests of the API.", ["action", "status", "error"], registry=self._registry
        )
        self._seconds = Histogram(
            "shindan_api_request_seconds", "How long they took.", buckets=_BUCKETS, registry=self._registry
        )
        self._counters: dict[tuple[str, Any, str], Counter] = {}
        ProcessCollector(registry=self._registry)
        self._registry.register(_State(status, working))

    def saw(self, event: Mapping[str, Any]) -> None:
        """Takes note of an event of the API's door. Labels are from closed lists: nobody can fill the memory."""
        if event.get("event") != "api.request":
            return
        known = event.get("user") and event.get("error") not in ("InvalidAction", "UnknownOperationException")
        action = str(event.get("action") or "none") if known else "none"
        key = (action, event.get("status"), str(event.get("error") or ""))
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = self._requests.labels(key[0], str(key[1]), key[2])
        counter.inc()
        self._seconds.observe(float(event.get("milliseconds") or 0) / 1000)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is looked up at the moment of reading."""

    def __init__(self, status: Callable[[], Status], working: Callable[[], bool]) -> None:
        self._status = status
        self._working = working

    def describe(self) -> list[Any]:
        """Nothing: the names are not asked for before the database is there."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See `Collector.collect`."""
        status = self._status()
        yield _gauge(
            "shindan_info",
            "Version and database; always 1.",
            {(status.version, status.database): 1},
            "version database",
        )
        yield _gauge("shindan_worker_up", "Whether background work is done here.", {(): float(self._working())})
        yield _gauge("shindan_troubles", "Things that are not as they should be.", {(): len(status.troubles)})
        yield _gauge("shindan_hosts", "Hosts that are not archived.", {(): status.totals.hosts})
        runs: dict[tuple[str, ...], float] = {(state,): count for state, count in status.totals.runs.items()}
        yield _gauge("shindan_runs", "Assessment runs.", runs, "state")
        yield _gauge("shindan_events_waiting", "Events that wait for delivery.", {(): status.totals.waiting})
        oldest = status.totals.oldest_waiting
        waited = 0.0 if oldest is None else max(0.0, (milliseconds() - oldest) / 1000)
        yield _gauge("shindan_events_oldest_seconds", "Age of the oldest of them.", {(): waited})
        ages: dict[tuple[str, ...], float] = {
            (feed.generation.name,): feed.days * 86400 for feed in status.feeds if feed.days is not None
        }
        yield _gauge("shindan_feed_age_seconds", "Age of a feed's newest record.", ages, "feed")
        if status.certificate is not None:
            left = _seconds_left(status.certificate)
            yield _gauge("shindan_certificate_expires_seconds", "Until the server's certificate expires.", {(): left})


def _gauge(name: str, help_: str, values: Mapping[tuple[str, ...], float], labels: str = "") -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_, labels=labels.split())
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family


def _seconds_left(certificate: Certificate) -> float:
    return (datetime.datetime.fromisoformat(certificate.not_after) - now()).total_seconds()
