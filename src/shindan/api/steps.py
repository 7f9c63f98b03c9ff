"""The way of a request: a list of steps, each of which finds something out or refuses.

The order of the steps is the order of errors (specification, section 2.7): who calls, what is wanted, can it be read,
is it well-formed, may they; then the service's verb, which has an order of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shindan.api import ec2_query
from shindan.api.errors import FrontError, Told, forbidden
from shindan.api.exchange import CallersKey, Exchange, Reply
from shindan.api.faults import refuse
from shindan.api.operations import NEEDS_NO_DATABASE, OPERATIONS, SHORT_READS, Call
from shindan.api.spec import CONTENT_TYPE, TARGET_PREFIX, spec
from shindan.api.throttle import Throttle
from shindan.model.errors import StoreUnavailable
from shindan.service.caller import allowed
from shindan.service.service import Service
from shindan.service.sigv4 import verify

Log = Callable[[Mapping[str, Any]], None]


class MustWait(Exception):
    """A step would have to wait for the database, and the exchange is hurried."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the steps need. `find_key`: an access key by its id, None for one unknown or switched off; asked from
    several threads. `key_at_hand` is the same without waiting, None where that cannot be. `log` takes one event, `now`
    gives seconds since the epoch.
    """

    service: Service
    find_key: Callable[[str], CallersKey | None]
    log: Log
    now: Callable[[], float]
    throttle: Throttle = field(default_factory=Throttle)
    operations: Mapping[str, Call] = field(default_factory=lambda: OPERATIONS)
    key_at_hand: Callable[[str], CallersKey | None] = lambda _: None


Step = Callable[[Ports, Exchange], None]


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps of one protocol in their order, and how it writes its answers."""

    steps: tuple[Step, ...]
    write: Callable[[Exchange], Reply]
    write_error: Callable[[Exchange, Told], Reply]


def authenticate(ports: Ports, exchange: Exchange) -> None:
    """Who calls. Raises MustWait."""

    def at_hand(key_id: str) -> CallersKey:
        key = ports.key_at_hand(key_id)
        if key is None:
            raise MustWait
        return key

    exchange.key = verify(
        exchange.method,
        exchange.path,
        exchange.query,
        exchange.headers,
        exchange.body,
        at_hand if exchange.hurried else ports.find_key,
        services=frozenset({"ec2"} if exchange.is_query else {"inspector"}),
        region=ports.service.region,
        now=ports.now(),
    )


def throttle(ports: Ports, exchange: Exchange) -> None:
    """Whether their key has been used too often."""
    assert exchange.key is not None
    ports.throttle.take(exchange.key.id, ports.now())


def address(_: Ports, exchange: Exchange) -> None:
    """Which operation is wanted."""
    target = exchange.headers.get("x-amz-target", "")
    name = target.removeprefix(TARGET_PREFIX)
    operation = spec().operations.get(name)
    if operation is None or name == target:
        raise FrontError("UnknownOperationException", f"X-Amz-Target names no operation: {target[:100]!r}")
    exchange.operation = operation
    exchange.action = f"inspector:{name}"


def parse(_: Ports, exchange: Exchange) -> None:
    """The body as JSON; none counts as an empty object."""
    try:
        read = msgspec.json.decode(exchange.body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrontError("SerializationException", f"the body is not JSON: {error}") from None
    if type(read) is not dict:
        raise FrontError("SerializationException", "the body is not a JSON object")
    exchange.request = read


def check(_: Ports, exchange: Exchange) -> None:
    """Whether the request has the form that the model describes; members that are null count as absent."""
    assert exchange.operation is not None
    refuse(exchange.operation.name, exchange.operation.check(exchange.request) or ())


def authorise(_: Ports, exchange: Exchange) -> None:
    """Whether the caller's policies allow it on every resource that is named."""
    assert exchange.operation is not None
    resources = exchange.operation.named_in(exchange.request)
    if not allowed(exchange.caller, exchange.action, resources):
        raise forbidden(exchange.caller.principal, exchange.action, resources)


def call(ports: Ports, exchange: Exchange) -> None:
    """The operation itself. Raises MustWait."""
    assert exchange.operation is not None
    name = exchange.operation.name
    service = ports.service
    if not exchange.hurried or name in NEEDS_NO_DATABASE:
        exchange.answer = ports.operations[name](service, exchange.caller, exchange.request)
    elif name in SHORT_READS and service.database.is_sqlite:
        try:
            with service.database.hurried():
                exchange.answer = ports.operations[name](service, exchange.caller, exchange.request)
        except StoreUnavailable:
            raise MustWait from None  # for a lock; whoever may wait will see whether that is all
    else:
        raise MustWait


def call_query(ports: Ports, exchange: Exchange) -> None:
    """The same for EC2's protocol, which has a form to read instead of a model. Raises MustWait."""
    if exchange.hurried:
        raise MustWait
    ec2_query.call(ports.service, exchange)


def _write(exchange: Exchange) -> Reply:
    assert exchange.operation is not None
    write = exchange.operation.write
    body = msgspec.json.encode(write(exchange.answer)) if write else b""
    return Reply(200, _headers(exchange), body)


def _write_error(exchange: Exchange, told: Told) -> Reply:
    return Reply(told.status, _headers(exchange), msgspec.json.encode(told.document()))


def _headers(exchange: Exchange) -> dict[str, str]:
    return {"x-amzn-RequestId": exchange.request_id, "content-type": CONTENT_TYPE}


JSON = Chain((authenticate, throttle, address, parse, check, authorise, call), _write, _write_error)
QUERY = Chain((authenticate, throttle, call_query), ec2_query.write, ec2_query.write_error)


def chain_of(exchange: Exchange) -> Chain:
    """The chain of the protocol that a request speaks."""
    return QUERY if exchange.is_query else JSON
