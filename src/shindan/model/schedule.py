"""When runs of a template begin by themselves, and what became of it. Moments are milliseconds since the epoch, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Rhythm = Literal["cron", "every", "first-contact"]
"""By a cron expression; every so many hours or days; once for hosts that are heard of for the first time."""

Outcome = Literal["started", "skipped", "waiting", "refused", "report-sent", "report-failed"]
"""What became of one occurrence, or of the report that it was to send."""

Reason = Literal["", "CAUGHT_UP", "MISSED", "OVERLAP", "BLACKOUT", "BUSY", "REFUSED", "REPORT"]
"""Why it became that: caught up after it was missed, missed, the run before still goes on, a blackout, hosts that are
in another run, whatever else refused it.
"""

RHYTHMS: tuple[Rhythm, ...] = get_args(Rhythm)
IN_BLACKOUT = ("wait", "skip")
MISSED = ("once", "skip")


@dataclass(frozen=True, slots=True)
class ReportWish:
    """The report of each run, sent to a channel (by name) when the run ended."""

    channel: str
    format: str = "PDF"
    type: str = "FINDING"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Plan:
    """When runs begin: what somebody may set.

    `cron` has five fields. `period` is in seconds: from one run to the next (every), or how long a new host is let
    settle (first-contact). `zone` is an IANA name; `begins` the local time that `every` counts from
    (`2026-11-25T03:00`), "" for when the schedule was made. `blackouts` are texts that `engine.blackouts` reads.
    `in_blackout`: a run that would begin inside waits for the end, or is skipped. `missed`: what the server slept
    through is caught up once, or skipped. `jitter`: seconds by which a beginning is put off at most.
    """

    rhythm: Rhythm
    cron: str = ""
    period: int = 0
    zone: str = "UTC"
    begins: str = ""
    blackouts: tuple[str, ...] = ()
    in_blackout: str = "wait"
    missed: str = "once"
    jitter: int = 0
    report: ReportWish | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A plan of a template. `template` and `target` are ids; `name` is the account's only one.

    `nominal_at` is the occurrence that comes next, by the plan alone; `due_at` when it begins: later by jitter, by a
    blackout that it waits for (`waits`), or because hosts were busy. Both are None while paused, and for first-contact
    while there is no new host.
    """

    id: str
    account: str
    target: str
    template: str
    name: str
    plan: Plan
    paused: bool
    created_at: int
    created_by: str
    nominal_at: int | None = None
    due_at: int | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One that is to come: when it is by the plan, when it begins (None: it does not), and why not then."""

    nominal_at: int
    begins_at: int | None
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class ScheduleEvent:
    """One that has been. `run` is the run's id, "" for none; `nominal_at` None for first-contact."""

    number: int
    at: int
    nominal_at: int | None
    outcome: Outcome
    reason: Reason
    detail: str = ""
    run: str = ""
