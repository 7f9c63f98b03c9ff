"""Requests that share a transaction: who waits for whom, and how long."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest

from shindan.gate.together import Together
from shindan.model.agent import Contact, Heard, Poll
from shindan.service.agent_contacts import Outcome
from shindan.service.agent_refused import AgentRefused

POLL = Poll("0.1.0", "", "IDLE", "", "", {})


def _heard(contact: Contact) -> Heard:
    return Heard(contact.key, "123456789012")


class Taker:
    """Takes groups, the first only when it may."""

    def __init__(self, held: bool = False) -> None:
        self.groups: list[list[str]] = []
        self.may = threading.Event()
        if not held:
            self.may.set()

    def take(self, contacts: Sequence[Contact]) -> list[Outcome]:
        self.groups.append([one.key for one in contacts])
        assert self.may.wait(20)
        return [AgentRefused("KeyRefused", "no") if one.key == "bad" else _heard(one) for one in contacts]


def test_polls_of_about_the_same_time_share_a_transaction() -> None:
    taker = Taker()

    async def run() -> list[Heard | BaseException]:
        together = Together(taker.take, 0.05)
        some = [together.heard(Contact(key, 1, POLL)) for key in ("a", "bad", "c")]
        return await asyncio.gather(*some, return_exceptions=True)

    outcomes = asyncio.run(run())
    assert taker.groups == [["a", "bad", "c"]]
    assert [getattr(one, "host", None) for one in outcomes] == ["a", None, "c"]
    assert isinstance(outcomes[1], AgentRefused)


def test_what_comes_during_a_transaction_waits_for_others_in_its_turn() -> None:
    taker = Taker(held=True)

    async def run() -> None:
        together = Together(taker.take, 0.05)
        first = asyncio.create_task(together.heard(Contact("a", 1, POLL)))
        while not taker.groups:
            await asyncio.sleep(0.005)
        others = [asyncio.create_task(together.heard(Contact(key, 1, POLL))) for key in ("b", "c")]
        await asyncio.sleep(0)
        taker.may.set()
        await first
        late = asyncio.create_task(together.heard(Contact("d", 1, POLL)))
        await asyncio.gather(*others, late)

    asyncio.run(run())
    assert taker.groups == [["a"], ["b", "c", "d"]]


def test_a_part_of_a_batch_takes_waiting_polls_along() -> None:
    taker = Taker()

    async def run() -> None:
        together = Together(taker.take, 60)
        began = time.monotonic()
        await asyncio.gather(together.heard(Contact("poll", 1, POLL)), together.heard(Contact("part", 1)))
        assert time.monotonic() - began < 30

    asyncio.run(run())
    assert taker.groups == [["poll", "part"]]


def test_a_crowd_is_taken_in_portions_one_after_the_other() -> None:
    taker = Taker()

    async def run() -> None:
        together = Together(taker.take, 0.01)
        await asyncio.gather(*(together.heard(Contact(str(n), 1, POLL)) for n in range(1200)))

    asyncio.run(run())
    assert [len(group) for group in taker.groups] == [500, 500, 200]


def test_who_is_gone_holds_nobody_up() -> None:
    taker = Taker()

    async def run() -> Heard:
        together = Together(taker.take, 0.05)
        gone = asyncio.create_task(together.heard(Contact("gone", 1, POLL)))
        stays = asyncio.create_task(together.heard(Contact("stays", 1, POLL)))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert asyncio.run(run()).host == "stays"
