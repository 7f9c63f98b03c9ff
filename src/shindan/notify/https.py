"""HTTPS receivers: a signed envelope is posted, as SNS does; redirects are not followed, answers mean their status."""

from __future__ import annotations

from http.client import HTTPException

from shindan.model.event import Message, PublishStatus, Sent
from shindan.notify.asking import Asker
from shindan.notify.base import ANSWER_SECONDS, Outside
from shindan.notify.envelope import Envelopes, dumps
from shindan.notify.reach import Forbidden, NoSuchName, look_up

_NO_SIGNER = Sent("INTERNAL_ERROR", "this installation has no key to sign envelopes with", lasting=True)
_STATUSES: dict[int, PublishStatus] = {
    401: "ACCESS_DENIED",
    403: "ACCESS_DENIED",
    404: "TOPIC_DOES_NOT_EXIST",
    410: "TOPIC_DOES_NOT_EXIST",
}


class HttpsChannel:
    """See `Channel`."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        signer = outside.signer
        base = outside.base_url.rstrip("/")
        self._envelopes = Envelopes(signer, outside.region, base) if signer is not None else None
        self._asker = Asker(outside)

    def takes(self, address: str) -> bool:
        """See `Channel.takes`."""
        return address.startswith("https://")

    def send(self, address: str, message: Message) -> Sent:
        """See `Channel.send`."""
        if self._envelopes is None:
            return _NO_SIGNER
        return self._post(address, self._envelopes.notification(address, message))

    def introduce(self, address: str, message: Message) -> Sent:
        """See `Channel.introduce`: first the question, then the message."""
        if self._envelopes is None:
            return _NO_SIGNER
        asked = self._post(address, self._envelopes.confirmation(address, message))
        return self.send(address, message) if asked.arrived else asked

    def tidy(self) -> None:
        """Closes connections that nobody has used for a while."""
        self._asker.tidy()

    def _post(self, address: str, envelope: dict[str, str]) -> Sent:
        try:
            place = look_up(address, self._outside.networks)
        except Forbidden as error:
            return Sent("ACCESS_DENIED", str(error), lasting=True)
        except NoSuchName as error:
            return Sent("TOPIC_DOES_NOT_EXIST", str(error))
        except OSError as error:
            return Sent("INTERNAL_ERROR", f"names cannot be looked up: {error.strerror or error}")
        try:
            headers = _headers(envelope, place.authority)
            return _judged(self._asker.ask(place, "POST", headers, dumps(envelope), ANSWER_SECONDS).status)
        except (HTTPException, OSError) as error:
            return Sent("INTERNAL_ERROR", f"{type(error).__name__}: {error}"[:300])


def _headers(envelope: dict[str, str], authority: str) -> dict[str, str]:
    return {
        "host": authority,
        "content-type": "text/plain; charset=UTF-8",  # as SNS says it
        "user-agent": "Shindan Notifications",
        "x-amz-sns-message-type": envelope["Type"],
        "x-amz-sns-message-id": envelope["MessageId"],
        "x-amz-sns-topic-arn": envelope["TopicArn"],
    }


def _judged(status: int) -> Sent:
    if 200 <= status < 300:
        return Sent("SUCCESS")
    word = _STATUSES.get(status, "INTERNAL_ERROR")
    return Sent(word, f"the receiver answered {status}", lasting=word == "TOPIC_DOES_NOT_EXIST" and status == 410)
