"""The API over a real database, without a server: requests go in as JSON, answers come out as botocore would read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import msgspec

from shindan.api.exchange import Exchange, Reply
from shindan.api.gateway import Gateway
from shindan.api.spec import spec
from shindan.api.steps import Ports
from shindan.engine.jobs import Jobs
from shindan.model.account import Account
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import accounts
from shindan.store.blobs import Blobs
from shindan.store.database import Database
from signing import ACCOUNT, KEY, NOW, REGION, FakeKey, signed

OTHER_ACCOUNT = "999999999999"
OTHER_KEY = replace(KEY, id="AKIDOTHER00000000001", caller=Caller(OTHER_ACCOUNT, REGION, "eve", administrator=True))


@dataclass
class House:
    """A service with two accounts, their administrators' keys, and the API's door."""

    service: Service
    keys: dict[str, FakeKey] = field(default_factory=lambda: {KEY.id: KEY, OTHER_KEY.id: OTHER_KEY})
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gateway = Gateway(Ports(self.service, self.keys.get, self.events.append, lambda: NOW))

    def ask(self, operation: str, *, key: FakeKey = KEY, **request: Any) -> dict[str, Any]:
        """The answer, which must be as modelled; of a refusal what was told."""
        body = msgspec.json.encode(request)
        headers = signed(body, {"X-Amz-Target": f"InspectorService.{operation}"}, key=key)
        reply = self.gateway.reply(Exchange("POST", "/", "", headers, body))
        assert reply.status < 500, [event.get("trace") for event in self.events]
        read: dict[str, Any] = msgspec.json.decode(reply.body) if reply.body else {}
        if reply.status == 200:
            assert _faults(operation, reply) == []
        return read

    def code(self, operation: str, *, key: FakeKey = KEY, **request: Any) -> str:
        """The code of the refusal; "" for none."""
        read = self.ask(operation, key=key, **request)
        return str(read.get("errorCode") or read.get("__type", ""))


def house(database: Database, folder: Path) -> House:
    """A house over a migrated database."""
    with database.write() as connection:
        for number in (ACCOUNT, OTHER_ACCOUNT):
            assert accounts.add(connection, Account(number, number, int(NOW * 1000)))
    no_jobs = cast("Jobs", None)  # the verbs that are asked here enqueue nothing
    return House(Service(database, Blobs(folder / "blobs"), no_jobs, folder, REGION, {"paging": b"p" * 32}))


def _faults(operation: str, reply: Reply) -> list[str]:
    answer = msgspec.json.decode(reply.body) if reply.body else None
    return [str(fault) for fault in spec().check_answer(operation, answer)]
