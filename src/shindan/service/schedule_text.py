"""A schedule's plan as people and programs write it: in files, in requests, on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from msgspec import Struct

from shindan.engine.blackouts import read
from shindan.model.durations import seconds, written
from shindan.model.refusals import InvalidInput
from shindan.model.schedule import Plan, ReportWish
from shindan.service import checks

_CODE = "INVALID_SCHEDULE"


class ReportText(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """See `model.schedule.ReportWish`."""

    channel: str
    format: Literal["HTML", "PDF", "html", "pdf"] = "PDF"
    type: Literal["FINDING", "FULL", "finding", "full"] = "FINDING"
    language: Literal["en", "ja"] = "en"


class PlanText(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """See `model.schedule.Plan`. One of `cron`, `every` (`2d`) and `first_contact` (how long hosts settle: `15m`)."""

    cron: str | None = None
    every: str | None = None
    first_contact: str | None = None
    zone: str = "UTC"
    begins: str = ""
    blackouts: tuple[str, ...] = ()
    in_blackout: Literal["wait", "skip"] = "wait"
    missed: Literal["once", "skip"] = "once"
    jitter: str = "0s"
    report: ReportText | None = None


def plan_of(text: PlanText) -> Plan:
    """The plan that is written. Raises InvalidInput."""
    given = [name for name in ("cron", "every", "first_contact") if getattr(text, name) is not None]
    if len(given) != 1:
        raise InvalidInput(_CODE, "a schedule has one of cron, every and first_contact")
    with checks.part(given[0], _CODE):
        rhythm = seconds(text.every or text.first_contact or "0")
    with checks.part("blackouts", _CODE):
        blackouts = tuple(" ".join(one.lower().split()) for one in text.blackouts)
        for one in blackouts:
            read(one)
    with checks.part("jitter", _CODE):
        jitter = seconds(text.jitter)
    wish = text.report
    return Plan(
        "cron" if text.cron is not None else "every" if text.every is not None else "first-contact",
        " ".join((text.cron or "").split()),
        rhythm,
        text.zone,
        text.begins,
        blackouts,
        text.in_blackout,
        text.missed,
        jitter,
        ReportWish(wish.channel, wish.format.upper(), wish.type.upper(), wish.language) if wish else None,
    )


def text_of(plan: Plan) -> PlanText:
    """A plan as it is written, without what is as by default; `plan_of` reads it back."""
    period, wish = written(plan.period), plan.report
    said = {
        "cron": plan.cron if plan.rhythm == "cron" else None,
        "every": period if plan.rhythm == "every" else None,
        "first_contact": period if plan.rhythm == "first-contact" else None,
        "zone": plan.zone,
        "begins": plan.begins,
        "blackouts": plan.blackouts,
        "in_blackout": plan.in_blackout,
        "missed": plan.missed,
        "jitter": written(plan.jitter),
        "report": ReportText(**_other(asdict(wish), ReportText(wish.channel))) if wish else None,
    }
    return PlanText(**_other(said, PlanText()))


def _other(said: Mapping[str, Any], usual: Struct) -> dict[str, Any]:
    """What is other than usual, and what has no usual value: equal texts need not be one object."""
    return {name: value for name, value in said.items() if name == "channel" or value != getattr(usual, name)}


def in_words(plan: Plan) -> str:
    """A plan's rhythm in a few words: `0 3 * * * Europe/Berlin`, `every 2d`, `15m after first contact`."""
    if plan.rhythm == "first-contact":
        return f"{written(plan.period)} after first contact"
    rhythm = plan.cron if plan.rhythm == "cron" else f"every {written(plan.period)}"
    return f"{rhythm} {plan.zone}"
