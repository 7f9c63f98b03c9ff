"""Puts together what channels are to be told: one message for all that waits, into the outbox, in one transaction.

Nothing is remembered between looks: when a channel is due follows from the oldest of what waits, and how many messages
it may have from its log. Whoever is killed in the middle has told nothing, and the next look tells it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from shindan.engine import paces, ticketing
from shindan.engine.announcing import DELIVER
from shindan.engine.clock import milliseconds
from shindan.engine.digest import digest_of
from shindan.engine.work import Work
from shindan.model.channel import Channel
from shindan.store import channels, happenings

DIGEST_EVENT = "DIGEST"
_log = logging.getLogger("shindan.engine")


def digest(work: Work, _: Mapping[str, Any]) -> None:
    """The job: tells every channel that is due. What one channel fails at does not keep the others."""
    with work.database.read() as connection:
        waiting = happenings.channels(connection)
    for id_, _oldest in waiting:
        try:
            with work.database.write() as connection:
                if tell(connection, id_, milliseconds()):
                    work.jobs.enqueue(DELIVER, {}, key=DELIVER, conn=connection)
        except Exception:  # noqa: BLE001 - the others have their time, too
            _log.exception("nothing could be put together for channel %s", id_)


def tell(connection: Connection, id_: str, now: int) -> int:
    """Puts into the outbox what a channel is to be told by now; how many messages that are."""
    one = channels.of_id(connection, id_, hold=True)
    if one is None or one.paused:
        return 0
    if one.kind == "webhook":
        ticketing.retry(connection, one, now)
    some = list(happenings.of_channel(connection, id_))
    if not some or paces.due(one.pace, min(each.at for each in some)) > now:
        return 0
    if one.kind == "webhook":
        return ticketing.tell(connection, one, some, now)
    sent = channels.sent_since(connection, id_, DIGEST_EVENT, now - paces.HOUR)
    if paces.free_at(one.pace, sent, now) > now:
        return 0
    told = digest_of(connection, one, some, now)
    happenings.remove(connection, [each.number for each in some])
    if told is None:
        return 0
    until = _limit(one, [*sent, now], now)
    channels.send(connection, one, DIGEST_EVENT, told.what, {**told.payload, **until}, now)
    return 1


def _limit(one: Channel, sent: list[int], now: int) -> dict[str, int]:
    """Where this was the last message that the hour allows: until when there is none."""
    until = paces.free_at(one.pace, sent, now)
    return {"quiet_until": until} if until > now else {}
