"""Every verb of our own, over HTTP: which right it asks for, and that it knows nothing of another account.

The requests are good ones about things that are there, so that nothing but the right stands in their way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scheduled import NotedJobs
from service_world import world
from shindan.api.own_calls import own_calls
from shindan.service.policies import MANAGED
from signing import FakeKey
from stores import databases
from two_accounts import MARK, ZONES, Things, allow, bound, deny, furnish, kept
from unit.api.own_visits import Door

PLAN = {"cron": "0 4 * * *"}
CHANNEL = {"name": "another", "address": "https://127.0.0.1:9/x"}
TICKETING = {"preset": "jira", "parameters": {"project": "SEC"}}
TAILORING = '[[tailor]]\nrule = "ssh-root-login"\noff = true\nreason = "x"\nowner = "ada"\n'


def of_channel(things: Things) -> dict[str, Any]:
    return {"channel": things.channel}


def of_schedule(things: Things) -> dict[str, Any]:
    return {"schedule": things.schedule}


def always(request: Mapping[str, Any]) -> Callable[[Things], Mapping[str, Any]]:
    return lambda _: request


NOTHING = always({})
REQUESTS: Mapping[str, tuple[str, Callable[[Things], Mapping[str, Any]]]] = {
    "ApplyFleet": ("ApplyFleet", always({"document": {"targets": [{"name": "all"}]}})),
    "CompareChannelAddress": ("UpdateChannel", lambda things: of_channel(things) | {"address": "https://127.0.0.1/"}),
    "CreateChannel": ("CreateChannel", always({"channel": CHANNEL})),
    "CreateSchedule": ("CreateSchedule", lambda things: {"template": things.template, "name": "x", "plan": PLAN}),
    "DeleteChannel": ("DeleteChannel", of_channel),
    "DeleteSchedule": ("DeleteSchedule", of_schedule),
    "ExportTailoring": ("ListTailoring", NOTHING),
    "GetChannel": ("ListChannels", of_channel),
    "GetFindingsExport": ("GetFindingsExport", lambda things: {"format": "ASFF", "target": things.target}),
    "GetFleet": ("GetFleet", NOTHING),
    "GetRunReport": ("GetRunReport", lambda things: {"run": things.run, "format": "HTML"}),
    "GetRunTailoring": ("ListTailoring", lambda things: {"run": things.run}),
    "GetRunVerdict": ("ListFindings", lambda things: {"run": things.run, "fail_on": ["high"]}),
    "GetSchedule": ("ListSchedules", of_schedule),
    "GetZones": ("GetZones", NOTHING),
    "ImportTailoring": ("ImportTailoring", always({"text": TAILORING})),
    "ListChannelMessages": ("ListChannels", of_channel),
    "ListChannels": ("ListChannels", NOTHING),
    "ListScheduleHistory": ("ListSchedules", of_schedule),
    "ListScheduleOccurrences": ("ListSchedules", of_schedule),
    "ListSchedules": ("ListSchedules", NOTHING),
    "ListTailoring": ("ListTailoring", NOTHING),
    "PauseChannel": ("UpdateChannel", of_channel),
    "PauseSchedule": ("UpdateSchedule", of_schedule),
    "PreviewSchedule": ("ListSchedules", always({"plan": PLAN})),
    "PreviewTicket": ("ListChannels", always({"ticketing": TICKETING})),
    "RemoveTailoring": ("RemoveTailoring", lambda things: {"id": things.entry}),
    "ResumeChannel": ("UpdateChannel", of_channel),
    "ResumeSchedule": ("UpdateSchedule", of_schedule),
    "SetTailoring": (
        "SetTailoring",
        always({"rule": "ssh-root-login", "off": True, "reason": "x", "tags": {"a": "b"}}),
    ),
    "SetZones": ("SetZones", always({"text": ZONES.replace(MARK, "x")})),
    "TestChannel": ("TestChannel", of_channel),
    "UpdateChannel": ("UpdateChannel", lambda things: {"name": things.channel, "channel": {"name": "other"}}),
    "UpdateSchedule": ("UpdateSchedule", lambda things: of_schedule(things) | {"name": "other"}),
}
"""Verb: the right that it asks for, and a request."""

ABOUT_ONESELF = frozenset({
    "ApplyFleet", "CreateChannel", "ExportTailoring", "GetFleet", "GetZones", "ImportTailoring", "ListChannels",
    "ListSchedules", "ListTailoring", "PreviewSchedule", "PreviewTicket", "SetTailoring", "SetZones",
})  # fmt: skip
"""Verbs whose requests name nothing of the account, so that another account may well ask them."""


@dataclass(frozen=True, slots=True)
class Site:
    """An account with everything, and a door at which others knock."""

    door: Door
    things: Things

    def knock(self, verb: str, key: FakeKey) -> tuple[str, str]:
        """The type of the refusal ("" for none), and all that was answered."""
        _, request = REQUESTS[verb]
        status, answer = self.door.ask(verb, msgspec.json.encode(request(self.things)), key)
        assert status < 500, answer
        return str(answer.get("__type", "")).rpartition("#")[2], msgspec.json.encode(answer).decode()

    def key(self, *statements: Mapping[str, Any]) -> FakeKey:
        """The key of somebody whom these statements bind."""
        return FakeKey(caller=bound(self.things.world, *statements))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    for database in databases("sqlite", tmp_path):
        made = world(database, tmp_path, jobs=NotedJobs())
        yield Site(Door(made), furnish(made))


def test_every_verb_is_here() -> None:
    assert set(REQUESTS) == set(own_calls())


def test_what_a_verb_is_asked_with_is_good(site: Site) -> None:
    """Else a refusal below might be one of the request. What would dial, or needs a run that is told of, is left out."""
    ours = FakeKey(caller=site.things.world.caller)
    site.door.keys = {ours.id: ours}
    left_out = {"TestChannel", "GetRunReport"}
    removes = ("DeleteChannel", "DeleteSchedule", "RemoveTailoring", "ImportTailoring")
    for verb in (*(verb for verb in REQUESTS if verb not in (*left_out, *removes)), *removes):
        refusal, answer = site.knock(verb, ours)
        assert not refusal, (verb, answer)


@pytest.mark.parametrize("without", ["every right", "its own right"])
def test_a_verb_asks_for_its_right_before_it_does_anything(site: Site, without: str) -> None:
    before = kept(site.things.world)
    for verb, (right, _) in REQUESTS.items():
        key = site.key(allow("*"), deny(f"shindan:{right}")) if without == "its own right" else site.key()
        site.door.keys = {key.id: key}
        refusal, answer = site.knock(verb, key)
        assert (refusal, site.things.leaked(answer, _asked(site, verb))) == ("AccessDeniedException", []), (
            verb,
            answer,
        )
    assert kept(site.things.world) == before


def test_who_may_only_read_changes_nothing(site: Site) -> None:
    """But for work that reading begins: exports and reports are made."""
    reader = FakeKey(caller=replace(bound(site.things.world), policies=(MANAGED["ReadOnly"],)))
    site.door.keys = {reader.id: reader}
    before = kept(site.things.world, ("export", "report"))
    for verb, (right, _) in REQUESTS.items():
        refusal, answer = site.knock(verb, reader)
        reads = right.startswith(("Get", "List"))
        assert (refusal == "AccessDeniedException") != reads, (verb, answer)
    assert kept(site.things.world, ("export", "report")) == before


def test_another_account_sees_and_changes_nothing_of_it(site: Site) -> None:
    other = FakeKey(caller=site.things.world.other)
    site.door.keys = {other.id: other}
    before = kept(site.things.world)
    for verb in REQUESTS:
        refusal, answer = site.knock(verb, other)
        if verb in ABOUT_ONESELF:
            assert not refusal, (verb, answer)
        else:
            assert refusal in ("NoSuchEntityException", "AccessDeniedException"), (verb, answer)
        assert site.things.leaked(answer, _asked(site, verb)) == [], verb
    assert kept(site.things.world) == before


def _asked(site: Site, verb: str) -> str:
    return msgspec.json.encode(REQUESTS[verb][1](site.things)).decode()
