"""The ASGI application: the API's door, the pages, and what goes on around them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import Lifespan

from shindan.api import sdk
from shindan.api.facts_door import FactsDoor
from shindan.api.gateway import Gateway
from shindan.api.own_door import OwnDoor
from shindan.api.steps import Ports
from shindan.api.throttle import Throttle
from shindan.app import logs
from shindan.app.console import LateConsole
from shindan.app.house import House
from shindan.app.http_log import HttpLog
from shindan.app.key_cache import KeyCache
from shindan.app.key_use import KeyUse
from shindan.app.metrics import Metrics
from shindan.app.open_files import for_agents, raise_limit
from shindan.app.pages import Pages
from shindan.gate.door import GateDoor
from shindan.gate.releases import Releases
from shindan.service import agent_release
from shindan.service.status import Status, status, unready


def application(house: House, working: Callable[[], bool], lifespan: Lifespan[Starlette] | None = None) -> HttpLog:
    """The application over a house; `working` says whether the worker lives."""
    service, settings = house.service, house.settings
    certificate = settings.tls[0] if settings.tls else None

    def ask() -> Status:
        return status(service, certificate, settings.feeds_max_age)

    metrics = Metrics(ask, working)
    console = LateConsole(service, settings) if settings.console else None
    pages = Pages(service, ask, lambda: unready(service), working, metrics, console is not None)
    ports = ports_of(house, metrics.saw)
    gateway = Gateway(ports)
    kept = for_agents(settings.agent_connections, raise_limit())
    gate = GateDoor(service, logs.write, manifest=partial(agent_release.content, service.data, "release"), kept=kept)
    releases = Releases(service.data)
    doors = [releases.routes(), FactsDoor(ports).routes(), OwnDoor(ports).routes(), pages.routes(), sdk.routes()]
    routes: list[BaseRoute] = [route for door in doors for route in door]
    routes += [Mount("/console", console)] if console else []
    return HttpLog(Starlette(routes=routes, lifespan=lifespan), gateway, gate, logs.write)


def ports_of(house: House, saw: Callable[[Mapping[str, Any]], None]) -> Ports:
    """What the API's doors work with; `saw` is told of every event beside the log."""
    service, settings = house.service, house.settings
    use = KeyUse(service)
    keys = KeyCache(service, use.due)

    def log(event: Mapping[str, Any]) -> None:
        logs.write(event)
        saw(event)
        use.saw(event)

    throttle = Throttle(settings.throttle_rate, settings.throttle_burst)
    return Ports(service, keys.find, log, time.time, throttle, key_at_hand=keys.at_hand)
