"""The background worker beside the server: the job engine with a handler for every kind of work, and its timetables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from shindan.app import logs
from shindan.app.house import House, make_jobs
from shindan.app.judges import Supply, judges
from shindan.engine.jobs import Handler
from shindan.engine.reconcile import TIMETABLE
from shindan.engine.scheduling import EACH_MINUTE, SCHEDULES, look
from shindan.engine.work import Work
from shindan.model.errors import ShindanError
from shindan.notify import Notifier
from shindan.service import channels, installation_watch, schedule_reports, schedule_starts
from shindan.service.caller import Caller
from shindan.service.certificates import WARN_DAYS, read
from shindan.service.data_folder import data_folder
from shindan.service.retention import Keep, prune
from shindan.service.schedule_reports import Attachment
from shindan.service.service import Service

_TIMETABLE = {**TIMETABLE, "housekeeping": "0 17 * * * *", "feeds": "0 */15 * * * *", SCHEDULES: EACH_MINUTE}
"""All timetables, by the name of the job; cron syntax with seconds. Feeds say themselves whether they are due."""


class Worker:
    """The worker of one process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._jobs: Any = None

    @property
    def working(self) -> bool:
        """Whether background work goes on."""
        return self._jobs is not None and bool(self._jobs.working)

    def start(self) -> None:
        """Begins to work. The service's jobs are enqueued through the engine that is started here."""
        house = self._house
        self._jobs = house.jobs.take(make_jobs(house.settings, house.service.database))
        for name, spec in _TIMETABLE.items():
            self._jobs.cron(name, spec)
        self._jobs.start(self._handlers())

    def stop(self) -> None:
        """Ends work; what is not done in time is done after the next start."""
        if self._jobs is not None:
            self._jobs.stop(float(self._house.settings.stop_patience))

    def _handlers(self) -> Mapping[str, Handler]:
        from shindan.engine.handlers import handlers

        service, settings = self._house.service, self._house.settings
        supply = cache(lambda: supply_of(self._house))
        work = Work(
            service.database,
            service.blobs,
            service.jobs,
            service.data,
            service.region,
            judges(service.data, supply, service.own_rules),
            service.timing,
            service.notifier or Notifier(),
            settings.aws_endpoint or None,
        )

        def feeds(_: Mapping[str, Any]) -> None:
            if supply().renew():
                service.jobs.enqueue("rejudge", {}, key="rejudge")

        def housekeeping(_: Mapping[str, Any]) -> None:
            keep = Keep(settings.keep_runs, settings.keep_findings, settings.keep_facts, settings.keep_audit)
            gone = prune(service, keep)
            logs.log().info("housekeeping.done", **{name: getattr(gone, name) for name in gone.__slots__})
            certificate = settings.tls[0] if settings.tls else None
            _warn(certificate)
            installation_watch.look(service, certificate)

        def schedules(_: Mapping[str, Any]) -> None:
            send = partial(schedule_reports.send, service, sender=_by_channel)
            look(service.database, partial(schedule_starts.begin, service), send)

        return {**handlers(work), "feeds": feeds, "housekeeping": housekeeping, SCHEDULES: schedules}


def _by_channel(service: Service, caller: Caller, channel: str, report: Attachment) -> None:
    channels.send_report(
        service, caller, channel, report.name, report.content, report.media_type, subject=report.subject
    )


def supply_of(house: House) -> Supply:
    """Where this house's advisories come from."""
    from shindan.service.feed_supply import FeedSupply

    service, settings = house.service, house.settings
    folder = Path(settings.feeds_cache) if settings.feeds_cache else data_folder()
    return FeedSupply(service.database, service.blobs, service.data, folder, update=settings.feeds_update)


def _warn(certificate: Path | None) -> None:
    if certificate is None:
        return
    try:
        left = read(certificate).days_left
    except ShindanError as error:
        logs.log().error("certificate.unreadable", error=str(error))
        return
    if left < WARN_DAYS:
        logs.log().warning("certificate.expires", path=str(certificate), days=left, remedy="run `shindan cert renew`")
