"""What stands between a zone and a port of a host, before the host's own filter: who may pass to which ports."""

from __future__ import annotations

from typing import NamedTuple

from shindan.rules.network.spans import NONE, Span, Spans

Pairs = tuple[tuple[str, str], ...]


class Door(NamedTuple):
    """Sources that may, and those that certainly do, come through to some ports; `lines` are the rules that let them.

    Where something in between sends packets on under its own addresses (a load balancer) these are `via`: the host's
    filter sees them alone.
    """

    ports: Span
    may: Spans
    must: Spans
    lines: tuple[str, ...] = ()
    reasons: frozenset[str] = frozenset()
    via: Spans = NONE
    attributes: Pairs = ()
