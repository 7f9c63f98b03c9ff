"""The API over a service that has assessed hosts, in this process: one of each resource, and a second account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from run_world import RunWorld, advisories, run_world, until
from service_world import CIS, CVE
from shindan.api.exchange import Exchange, Reply
from shindan.service import exclusions, groups, runs, stored_findings, subscriptions
from shindan.service.caller import Caller
from shindan.service.service import Quotas
from signing import ACCOUNT, KEY, REGION, FakeKey, signed
from stores import databases
from unit.api.doors import OTHER_KEY, House

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:findings"

Kind = Literal["group", "target", "template", "run", "finding", "exclusion", "package", "topic", "role", "token"]


@dataclass
class Assessed:
    """`names` are resources of the first account by kind; a `token` belongs to the template of the same place."""

    world: RunWorld
    house: House
    names: dict[Kind, list[str]]
    traces: list[str] = field(default_factory=list)

    def send(self, operation: str, body: bytes, key: FakeKey = KEY) -> Reply:
        """What the gateway answers to these bytes."""
        self.house.events.clear()
        headers = signed(body, {"X-Amz-Target": f"InspectorService.{operation}"}, key=key)
        reply = self.house.gateway.reply(Exchange("POST", "/", "", headers, body))
        self.traces = [str(event["trace"]) for event in self.house.events if "trace" in event]
        return reply

    def ask(self, operation: str, request: dict[str, Any], key: FakeKey = KEY) -> dict[str, Any]:
        """An answer or what was told of a refusal, as an object."""
        reply = self.send(operation, json.dumps(request).encode(), key)
        return dict(json.loads(reply.body)) if reply.body else {}


@contextmanager
def assessed(folder: Path, backend: str) -> Iterator[Assessed]:
    """A service on a database, in which a run of two hosts has ended."""
    advisories(folder)
    many = Quotas(targets=10**6, templates=10**6, hosts_in_runs=10**6, subscriptions=10**6)
    for database in databases(backend, folder):
        with run_world(database, folder, quotas=many) as world:
            yield Assessed(world, House(world.service), _made(world))


def stock(world: RunWorld, name: str) -> dict[Kind, list[str]]:
    """One more of what can be deleted: a target with a template and a run that has ended."""
    target = world.world.target(f"target {name}", [("nobody", name)])
    template = world.world.template(target, f"template {name}")
    run = runs.start(world.service, world.world.caller, template)
    world.ended(run)
    return {"target": [target], "template": [template], "run": [str(run)]}


def _made(world: RunWorld) -> dict[Kind, list[str]]:
    service, caller = world.service, world.world.caller
    for name in ("web1", "web2"):
        world.world.host(name, tags={"fleet": "web"})
    group = str(groups.create(service, caller, [("fleet", "web")]))
    target = world.world.target("web", [("fleet", "web")])
    template = world.world.template(target, "weekly", packages=(CVE, CIS))
    subscriptions.subscribe(service, caller, template, "ASSESSMENT_RUN_COMPLETED", TOPIC)
    started = runs.start(service, caller, template)
    world.ended(started)
    run = str(started)
    return {
        "group": [group],
        "target": [target],
        "template": [template],
        "run": [run],
        "finding": list(stored_findings.list_(service, caller, runs=[run], max_results=100).items),
        "exclusion": list(exclusions.list_(service, caller, run).items),
        "package": [CVE, CIS],
        "topic": [TOPIC],
        "role": [f"arn:aws:iam::{ACCOUNT}:role/inspector"],
        "token": [_preview(world, caller, template)],
    }


def _preview(world: RunWorld, caller: Caller, template: str) -> str:
    token = exclusions.create_preview(world.service, caller, template)
    until(lambda: exclusions.get_preview(world.service, caller, template, token)[0] == "COMPLETED")
    return token


__all__ = ["KEY", "OTHER_KEY", "Assessed", "Kind", "assessed", "stock"]
