"""Whether a topic or an address may be told of events: asked when somebody subscribes, by sending the first message."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from shindan.engine.clock import milliseconds
from shindan.model.event import Message
from shindan.model.refusals import AccessDenied, NoSuchEntity, TemporarilyUnavailable
from shindan.notify import Notifier


def introduce(notifier: Notifier, account: str, topic: str, payload: Mapping[str, Any]) -> None:
    """Sends the test message of a subscription (specification, 2.3 row 35 and 9.3); it takes up to half a minute.

    Not to be called within a transaction. Raises NoSuchEntity where there is no such topic or host, AccessDenied where
    the service may not publish there, TemporarilyUnavailable where that could not be found out.
    """
    at = milliseconds()
    message = Message(str(uuid.uuid4()), account, "", payload, at)
    sent = notifier.introduce(topic, message)
    if sent.arrived:
        return
    said = f"{topic}: {sent.detail}"
    if sent.status == "TOPIC_DOES_NOT_EXIST":
        raise NoSuchEntity("SNS_TOPIC_DOES_NOT_EXIST", said)
    if sent.status == "ACCESS_DENIED" or sent.lasting:
        raise AccessDenied("ACCESS_DENIED_TO_SNS_TOPIC", said)
    raise TemporarilyUnavailable(said)
