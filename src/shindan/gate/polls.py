"""What an agent is told after its poll: what is wanted of its host, and when to ask again."""

from __future__ import annotations

import random
from typing import Any

from shindan.gate.updates import Updates
from shindan.model.agent import PROTOCOL, Heard, Order, Poll
from shindan.service.agent_parts import LARGEST
from shindan.service.agent_reading import MOST_LINES

LARGEST_PART = 1024 * 1024
"""Bytes of one part of a batch."""

LIMITS = {"part_bytes": LARGEST_PART, "batch_bytes": LARGEST, "lines": MOST_LINES}

SHORTEST, LONGEST, AT_WORK = 5.0, 60.0, 15.0
"""Seconds between two polls: at least, at most, and at most during an order."""

_A_SECOND = 200
_JITTER = 0.2


def answer(heard: Heard, poll: Poll, updates: Updates, now: int) -> dict[str, Any]:
    """The body of the answer; `now` in milliseconds."""
    order = heard.order
    return {
        "protocol": PROTOCOL,
        "now": now,
        "next": pause(heard.fleet, at_work=order is not None),
        "order": None if order is None else _shown(order),
        "inventory": "send" if heard.send else "keep",
        "limits": LIMITS,
        "update": None if order is not None else updates.for_agent(poll.version),
    }


def pause(fleet: int, *, at_work: bool = False) -> float:
    """Seconds until an agent asks again: so many that the fleet asks some 200 times a second at most."""
    usual = min(max(fleet / _A_SECOND, SHORTEST), AT_WORK if at_work else LONGEST)
    spread = usual * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - nothing secret
    return round(min(max(spread, SHORTEST), AT_WORK if at_work else LONGEST), 1)


def _shown(order: Order) -> dict[str, Any]:
    return {
        "run": order.run,
        "kinds": order.kinds,
        "until": order.until,
        "interval": order.interval,
        "sampled": order.sampled,
        "plan": {} if order.scap is None else {"scap": order.scap._asdict()},
    }
