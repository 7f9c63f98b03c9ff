"""Facts of hosts as packages examine them: read once for all packages that judge a host one after another."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from shindan.facts.fact import Fact
from shindan.facts.wire import loads
from shindan.model.inventory import Inventory
from shindan.rules.examined import Examined

_KIND = re.compile(rb'\s*\{\s*"kind"\s*:\s*"([a-z_]+)"')
_MOST_KEPT = 2
"""One host with what was sampled, and without."""


class _Line(msgspec.Struct):
    kind: str
    subject: str
    data: dict[str, Any] = {}


_DECODER = msgspec.json.Decoder(_Line)


class Examining:
    """Hosts that packages at work in one thread share. Nothing is kept when the last of them is done."""

    def __init__(self) -> None:
        self._here = threading.local()

    @contextmanager
    def at_work(self, kinds: Iterable[str]) -> Iterator[None]:
        """A package at work that looks at these kinds of facts."""
        wanted: Counter[str] = self._here.__dict__.setdefault("wanted", Counter())
        own = list(kinds)
        wanted.update(own)
        self._here.hosts = []
        try:
            yield
        finally:
            wanted.subtract(own)
            self._here.hosts = []
            for kind in [kind for kind, number in wanted.items() if number <= 0]:
                del wanted[kind]

    def host(self, facts: bytes) -> Examined:
        """The host of these facts (NDJSON); the same one for the same object."""
        hosts: list[tuple[bytes, Examined]] = self._here.__dict__.setdefault("hosts", [])
        for known, host in hosts:
            if known is facts:
                return host
        host = Examined(Inventory(facts_of(facts, frozenset(self._here.__dict__.get("wanted", ())))))
        self._here.hosts = [*hosts, (facts, host)][-_MOST_KEPT:]
        return host


def facts_of(lines: bytes, kinds: frozenset[str]) -> Iterator[Fact]:
    """The facts of some kinds of an NDJSON text. Lines that are none were refused when the facts came in."""
    wanted = {kind.encode() for kind in kinds}
    for line in lines.split(b"\n"):
        match = _KIND.match(line)
        if match is not None and match[1] not in wanted:
            continue  # not read at all: most of an inventory are other packages' facts
        try:
            read = _DECODER.decode(line)
            fact = Fact(read.kind, read.subject, read.data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # What the wire's own reader takes (lone surrogates, numbers without end) is a fact, too.
            try:
                fact = loads(line)
            except ValueError:
                continue
        if fact.kind in kinds and fact.subject:
            yield fact
