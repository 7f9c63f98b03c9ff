"""A channel as people and programs write it: in requests, and on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, NamedTuple

from msgspec import UNSET, Struct, UnsetType

from shindan.engine import paces
from shindan.locale import LANGUAGES
from shindan.model.channel import HAPPENS, Channel, Conditions, Pace, Ticketing
from shindan.model.durations import seconds, written
from shindan.model.packages import PackageName
from shindan.model.refusals import InvalidInput
from shindan.model.stored_finding import PACKAGE_NUMBERS, SHOWN_SEVERITIES
from shindan.notify import json_template
from shindan.notify.json_template import BadTemplate
from shindan.notify.presets import PRESETS
from shindan.notify.webhook import METHODS
from shindan.service import checks
from shindan.service.channel_post import values
from shindan.service.checks import PairCodes

CODE = "INVALID_CHANNEL"
_MOST = 50
_LONGEST_ADDRESS = 2000
_PATH = re.compile(r"/[A-Za-z0-9._~/{}%-]{0,300}")
_MEMBER = re.compile(r"[A-Za-z0-9_-]{1,60}(\.[A-Za-z0-9_-]{1,60}){0,5}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
REQUESTS = METHODS
"""How a ticket's requests can be made."""

_NO_HEADERS = {"host", "content-length", "content-type", "transfer-encoding", "connection"}
_TAGS = PairCodes("tag", CODE, CODE, CODE, None)

SAMPLE: Mapping[str, Any] = {
    "about": "0123456789abcdef0123456789abcdef",
    "account": "123456789012",
    "finding": {
        "rule": "CVE-2026-0001",
        "title": 'Test of Shindan: "quotes", {braces}, </script> and \\ stay words',
        "rules_package": "cve",
        "package": "openssl",
        "fixed_in": "3.0.17-1~deb12u3",
        "kev": "2026-12-24",
        "severity": "High",
        "subject": "openssl",
        "hosts": [{"id": "i-0123456789abcdef0", "name": "web-1"}, {"id": "i-0123456789abcdef1", "name": "web-2"}],
        "hosts_number": 2,
    },
}
"""What templates are tried on, and what a test opens a ticket about."""


class TicketText(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """See `model.channel.Ticketing`. What is not given is the preset's, where one is named."""

    preset: Literal["", "jira", "generic-json"] = ""
    open: str | UnsetType = UNSET
    close: str | UnsetType = UNSET
    close_path: str | UnsetType = UNSET
    method: str | UnsetType = UNSET
    close_method: str | UnsetType = UNSET
    key: str | UnsetType = UNSET
    per: Literal["rule", "finding"] = "rule"
    parameters: dict[str, str] = {}


class ChannelText(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A channel; see `model.channel`. `every` (`30m`) or `at` (`08:30`) collect, without them all is told at once.

    `address` and `headers` are never given back: None leaves what there is. `tags` are `key` or `key=value`.
    """

    name: str
    address: str | None = None
    events: tuple[str, ...] = ("finding-opened", "run-failed")
    least: str = "Undefined"
    kev: bool = False
    new_only: bool = False
    packages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    every: str = ""
    at: str = ""
    zone: str = "UTC"
    most: int = 20
    language: str = "en"
    headers: dict[str, str] | None = None
    ticketing: TicketText | None = None


class Wish(NamedTuple):
    """What somebody wants of a channel, checked; an `address` or `headers` of None stay as they are."""

    name: str
    conditions: Conditions
    pace: Pace
    language: str
    ticketing: Ticketing | None
    address: str | None
    headers: tuple[tuple[str, str], ...] | None


def wish_of(text: ChannelText) -> Wish:
    """What is written. Raises InvalidInput that says what is wrong."""
    with checks.part("name", CODE):
        checks.text(text.name, CODE, "the name of a channel", checks.LONGEST_NAME)
    if text.address is not None:
        with checks.part("address", CODE):
            checks.text(text.address, CODE, "an address", _LONGEST_ADDRESS)
    if text.language not in LANGUAGES:
        message = f"messages are in {' or '.join(LANGUAGES)}, not {text.language[:20]!r}"
        raise InvalidInput(CODE, message, at="language")
    with checks.part("headers", CODE):
        headers = None if text.headers is None else _headers(text.headers)
    ticketing = ticketing_of(text.ticketing) if text.ticketing is not None else None
    return Wish(text.name, _conditions(text), _pace(text), text.language, ticketing, text.address, headers)


def text_of(one: Channel) -> ChannelText:
    """A channel as it is written, without its address and headers; `wish_of` reads it back."""
    wanted, pace = one.conditions, one.pace
    return ChannelText(
        name=one.name,
        events=wanted.events,
        least=wanted.least,
        kev=wanted.kev,
        new_only=wanted.new_only,
        packages=wanted.packages,
        tags=tuple(key if value is None else f"{key}={value}" for key, value in wanted.tags),
        rules=wanted.rules,
        every=written(pace.minutes * 60) if pace.minutes else "",
        at=pace.at,
        zone=pace.zone,
        most=pace.most,
        language=one.language,
        ticketing=TicketText(**asdict(one.ticketing)) if one.ticketing else None,
    )


def presets() -> Mapping[str, TicketText]:
    """The templates of tickets to begin with, by name, written out in full."""
    return {name: TicketText(**asdict(one)) for name, one in PRESETS.items()}


def preset_of(made: Ticketing) -> str:
    """The preset whose opening request tickets have; "" for one of somebody's own."""
    return next((name for name, one in PRESETS.items() if one.open == made.open), "")


def ticketing_of(text: TicketText) -> Ticketing:
    """How tickets are opened and closed. Raises InvalidInput for templates that give no JSON, and the like."""
    usual = PRESETS.get(text.preset, Ticketing(open=""))
    said = {name: value for name in ("open", "close", "close_path", "method", "close_method", "key")
            if isinstance(value := getattr(text, name), str)}  # fmt: skip
    parameters = {**usual.parameters, **text.parameters}
    made = Ticketing(**{**asdict(usual), **said, "per": text.per, "parameters": parameters})
    empty = [name for name, value in parameters.items() if not value and name in usual.parameters]
    if empty:
        raise InvalidInput(CODE, f"the preset {text.preset} needs the parameter {empty[0]!r}", at="parameters")
    if len(parameters) > _MOST or any(len(one) > 500 for pair in parameters.items() for one in pair):
        raise InvalidInput(CODE, f"there can be {_MOST} parameters of 500 characters", at="parameters")
    _check_requests(made)
    preview(made)
    return made


def _check_requests(made: Ticketing) -> None:
    for at in ("method", "close_method"):
        if getattr(made, at) not in METHODS:
            raise InvalidInput(CODE, f"a request is one of {', '.join(METHODS)}", at=at)
    if made.close_path and not _PATH.fullmatch(made.close_path):
        message = "a closing request goes to a path such as /rest/api/2/issue/{key}/transitions"
        raise InvalidInput(CODE, message, at="close_path")
    if made.key and not _MEMBER.fullmatch(made.key):
        raise InvalidInput(CODE, f"{made.key[:60]!r} names no member of an answer, such as issue.key", at="key")


def preview(made: Ticketing) -> dict[str, Any]:
    """What templates say of a sample finding. Raises InvalidInput for those that give no JSON."""
    # Texts of conditions are tried both ways: of a finding with everything, and of one with the least.
    bare = {
        **SAMPLE["finding"],
        "package": "",
        "fixed_in": "",
        "kev": "",
        "subject": "",
        "hosts": [],
        "hosts_number": 0,
    }
    found: dict[str, Any] = {}
    for which in ("open", "close"):
        template = getattr(made, which)
        if which == "close" and not template:
            continue
        try:
            for finding in (bare, SAMPLE["finding"]):
                told = values(made, {**SAMPLE, "finding": finding}, "https://shindan.example/console/findings", "SEC-1")
                found[which] = json_template.rendered(template, told)
        except BadTemplate as error:
            raise InvalidInput(CODE, f"{which}: {error}", at=which) from None
        if not isinstance(found[which], dict | list):
            raise InvalidInput(CODE, f"{which}: the template gives no object and no list", at=which)
    return found


def _conditions(text: ChannelText) -> Conditions:
    events = tuple(dict.fromkeys(text.events))
    if not events or not set(events) <= set(HAPPENS):
        raise InvalidInput(CODE, f"a channel is told of one or more of {', '.join(HAPPENS)}", at="events")
    least = next((word for word in SHOWN_SEVERITIES if word.lower() == text.least.lower()), None)
    if least is None:
        message = f"the least severity is one of {', '.join(SHOWN_SEVERITIES)}, not {text.least[:20]!r}"
        raise InvalidInput(CODE, message, at="least")
    rules: tuple[PackageName, ...] = tuple(name for name in PACKAGE_NUMBERS if name in text.rules)
    if unknown := sorted(set(text.rules) - set(rules)):
        message = f"{unknown[0][:40]!r} is no rules package: {', '.join(PACKAGE_NUMBERS)}"
        raise InvalidInput(CODE, message, at="rules")
    with checks.part("packages", CODE):
        for one in text.packages:
            checks.text(one, CODE, "the pattern of a package's name", checks.LONGEST_VALUE)
        if len(text.packages) > _MOST:
            raise InvalidInput(CODE, f"there can be {_MOST} patterns")
    pairs = [(key, value if given else None) for key, given, value in (tag.partition("=") for tag in text.tags)]
    with checks.part("tags", CODE):
        tags = checks.pairs(pairs, _TAGS)
    return Conditions(
        events=events,  # type: ignore[arg-type]
        least=least,
        kev=text.kev,
        new_only=text.new_only,
        packages=tuple(text.packages),
        tags=tags,
        rules=rules,
    )


def _pace(text: ChannelText) -> Pace:
    with checks.part("every", CODE):
        length = seconds(text.every) if text.every else 0
        if length % 60:
            raise ValueError("a digest collects for whole minutes")
        pace = Pace(length // 60, text.at, text.zone, text.most)
        paces.check(pace)
    return pace


def _headers(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    for name, value in given.items():
        if not _HEADER.fullmatch(name) or name.lower() in _NO_HEADERS:
            raise InvalidInput(CODE, f"{name[:60]!r} is no header that can be set")
        if not value.isascii() or not value.isprintable() or len(value) > _LONGEST_ADDRESS:
            raise InvalidInput(CODE, f"the value of header {name} is none: printable ASCII, up to {_LONGEST_ADDRESS:,}")
    if len(given) > 20:
        raise InvalidInput(CODE, "a request has at most 20 headers of your own")
    return tuple(given.items())
