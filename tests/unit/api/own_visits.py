"""The door of our own verbs over a world, and requests that are signed as a client signs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient

from service_world import World
from shindan.api.own_door import OwnDoor
from shindan.api.steps import Ports
from shindan.service.caller import Caller
from signing import ACCOUNT, KEY, NOW, REGION, FakeKey, signed

READER = FakeKey(
    id="AKIDREADER0000000001",
    caller=Caller(ACCOUNT, REGION, "eve", policies=({"Statement": {"Effect": "Allow", "Action": "shindan:List*", "Resource": "*"}},)),
)  # fmt: skip


class Door:
    """The door over a world; `events` are what it logged, `keys` those in force."""

    def __init__(self, made: World) -> None:
        self.world = made
        self.events: list[Mapping[str, Any]] = []
        self.keys = {key.id: key for key in (KEY, READER)}
        ports = Ports(made.service, lambda id_: self.keys.get(id_), self.events.append, lambda: NOW)
        self._client = TestClient(Starlette(routes=OwnDoor(ports).routes()), base_url="https://inspector.example:8443")

    def ask(self, verb: str, body: bytes, key: FakeKey = KEY, **change: str) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        url = f"https://inspector.example:8443/shindan/{verb}"
        headers = {**signed(body, {"Content-Type": "application/json"}, url=url, key=key), **change}
        answer = self._client.post(f"/shindan/{verb}", content=body, headers=headers)
        return answer.status_code, answer.json()
