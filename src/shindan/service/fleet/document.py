"""The document: what an account sets up to assess its hosts, by names instead of ids.

What is left out is as by default, as the comments say; docs/configuration.md shows each with an example.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from shindan.service.channel_text import ChannelText
from shindan.service.schedule_text import PlanText

Values = str | None | tuple[str | None, ...]
"""The value of a key, or several; None where the key alone is meant."""

Events = Literal[
    "ASSESSMENT_RUN_STARTED", "ASSESSMENT_RUN_COMPLETED", "ASSESSMENT_RUN_STATE_CHANGED", "FINDING_REPORTED", "OTHER"
]


class _Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    pass


class TargetEntry(_Part, frozen=True):
    """A target; `tags` select its hosts, any of them suffices. Without: every host."""

    name: str
    tags: dict[str, Values] | None = None


class SubscriptionEntry(_Part, frozen=True):
    """A topic of SNS or an https address, and what it is told of."""

    topic: str
    events: tuple[Events, ...]


class TemplateEntry(_Part, frozen=True):
    """A template of a target (by name). `packages` are short names (`cve`) or ARNs."""

    name: str
    target: str
    packages: tuple[str, ...] = ("cve",)
    duration: str = "1h"
    attributes: dict[str, str | None] = {}
    tags: dict[str, str | None] = {}
    subscriptions: tuple[SubscriptionEntry, ...] = ()


class ScheduleEntry(PlanText, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A schedule of a template (by name; with its target's where several templates have the name)."""

    name: str
    template: str
    target: str | None = None
    paused: bool = False


class SuppressionEntry(_Part, frozen=True):
    """A suppression; all of `scope` must hold. `until` is a last day, or a moment; without: for ever."""

    scope: dict[str, str | tuple[str, ...]]
    reason: str
    owner: str | None = None
    until: str | None = None


class TailoringEntry(_Part, frozen=True):
    """What is wanted otherwise of a rule: see `model.tailoring.Entry`. `set` are its values."""

    reason: str
    rule: str = ""
    control: str = ""
    benchmark: str = ""
    off: bool = False
    set: dict[str, Any] = {}
    severity: str = ""
    tags: dict[str, str | None] = {}
    owner: str | None = None
    until: str = ""


class Fleet(_Part, frozen=True):
    """All of it. `fleet` names the file: only what files of this name made is ever removed for want of being there."""

    version: Literal[1] = 1
    fleet: str = "default"
    targets: tuple[TargetEntry, ...] = ()
    templates: tuple[TemplateEntry, ...] = ()
    channels: tuple[ChannelText, ...] = ()
    schedules: tuple[ScheduleEntry, ...] = ()
    suppressions: tuple[SuppressionEntry, ...] = ()
    tailoring: tuple[TailoringEntry, ...] = ()
    zones: str = ""


def plain(fleet: Fleet) -> dict[str, Any]:
    """The document as JSON has it, without what is as by default."""
    document = {"version": fleet.version, **msgspec.to_builtins(fleet)}
    if fleet.channels:
        document["channels"] = [_said(one) for one in fleet.channels]
    return document


def _said(one: ChannelText) -> dict[str, Any]:
    """A channel without what is as by default; what its ticketing says is all its own."""
    usual: dict[str, Any] = msgspec.to_builtins(ChannelText(name=""))
    said: dict[str, Any] = msgspec.to_builtins(one)
    return {name: value for name, value in said.items() if name not in usual or value != usual[name]}


def of_plain(document: Mapping[str, Any]) -> Fleet:
    """What `plain` made of a document. Raises msgspec.ValidationError for what is none."""
    return msgspec.convert(document, Fleet)
