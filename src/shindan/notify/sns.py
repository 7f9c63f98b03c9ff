"""Topics of Amazon SNS, with the service's own credentials (environment, profile, or the machine's role)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from shindan.model.event import Message, PublishStatus, Sent
from shindan.notify.base import ANSWER_SECONDS, CONNECT_SECONDS, Outside, Together

_STATUSES: dict[str, PublishStatus] = {
    "NotFound": "TOPIC_DOES_NOT_EXIST",
    "NotFoundException": "TOPIC_DOES_NOT_EXIST",
    "AuthorizationError": "ACCESS_DENIED",
    "AccessDenied": "ACCESS_DENIED",
    "AccessDeniedException": "ACCESS_DENIED",
    "KMSAccessDenied": "ACCESS_DENIED",
    "KMSDisabled": "ACCESS_DENIED",
    "KMSNotFound": "ACCESS_DENIED",
    "InvalidClientTokenId": "ACCESS_DENIED",
    "UnrecognizedClientException": "ACCESS_DENIED",
    "SignatureDoesNotMatch": "ACCESS_DENIED",
    "ExpiredToken": "ACCESS_DENIED",
    "OptInRequired": "ACCESS_DENIED",
}
"""SNS's error codes (API reference, "Publish" and "Common errors"); all others are trouble on the way."""

_NO_BOTO3 = Sent(
    "ACCESS_DENIED", "topics of SNS need boto3: pip install 'shindan[aws]' on the server, and restart it", lasting=True
)

_NOT_SAID = Sent("INTERNAL_ERROR", "SNS answered, and did not say how it went with this message")

_MOST, _MOST_BYTES = 10, 200_000
"""Of one PublishBatch (API reference); it takes 256 KiB, the names of attributes and what wraps them included."""


class SnsChannel:
    """See `Channel`."""

    def __init__(self, outside: Outside) -> None:
        self._endpoint = outside.aws_endpoint
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def takes(self, address: str) -> bool:
        """See `Channel.takes`."""
        return address.startswith("arn:") and address.split(":", 3)[2:3] == ["sns"]

    def send(self, address: str, message: Message) -> Sent:
        """See `Channel.send`."""

        def publish(client: Any) -> Sent:
            client.publish(TopicArn=address, Message=message.text, **_fifo(address, message))
            return Sent("SUCCESS")

        return self._tried(address, publish)

    def together(self, address: str) -> Together:
        """See `Batching.together`. SNS keeps the order of a group on FIFO topics alone, and of a batch it may refuse
        some: there one of a group is sent at a time, so that nothing overtakes what was refused.
        """
        return Together(_MOST, 1 if address.endswith(".fifo") else _MOST)

    def send_all(self, address: str, messages: Sequence[Message]) -> list[Sent]:
        """See `Batching.send_all`."""
        found: list[Sent] = []
        for part in _parts(messages):
            if len(part) == 1:
                found.append(self.send(address, part[0]))
            else:
                found.extend(self._publish_all(address, part))
        return found

    def _publish_all(self, address: str, messages: Sequence[Message]) -> list[Sent]:
        entries = [
            {"Id": str(place), "Message": message.text, **_fifo(address, message)}
            for place, message in enumerate(messages)
        ]
        answers: dict[str, Sent] = {}

        def publish(client: Any) -> Sent:
            answer = client.publish_batch(TopicArn=address, PublishBatchRequestEntries=entries)
            answers.update((one["Id"], Sent("SUCCESS")) for one in answer.get("Successful", ()))
            answers.update((one["Id"], _judged(one)) for one in answer.get("Failed", ()))
            return _NOT_SAID

        all_of_them = self._tried(address, publish)
        return [answers.get(entry["Id"], all_of_them) for entry in entries]

    def _tried(self, address: str, publish: Callable[[Any], Sent]) -> Sent:
        # boto3 is an extra, and takes 200 ms to load: with the first message.
        try:
            from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
            from botocore.parsers import ResponseParserError
        except ImportError:
            return _NO_BOTO3
        try:
            return publish(self._client(address.split(":")[3]))
        except ClientError as error:
            return _judged(error.response.get("Error", {}))
        except NoCredentialsError:
            said = "the service has no AWS credentials: give it a profile, keys in its environment, or an instance role"
            return Sent("ACCESS_DENIED", said)
        except (BotoCoreError, ResponseParserError) as error:
            return Sent("INTERNAL_ERROR", str(error)[:300])

    def introduce(self, address: str, message: Message) -> Sent:
        """See `Channel.introduce`: a topic that takes the message exists, and lets us publish."""
        return self.send(address, message)

    def _client(self, region: str) -> Any:
        with self._lock:  # sessions are not made by two threads at once
            if region not in self._clients:
                self._clients[region] = _made(region, self._endpoint)
            return self._clients[region]


def _made(region: str, endpoint: str | None) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retries={"total_max_attempts": 1},  # whoever sends tries again, in order
    )
    return boto3.session.Session().client("sns", region_name=region, endpoint_url=endpoint, config=config)


def _fifo(address: str, message: Message) -> dict[str, str]:
    if not address.endswith(".fifo"):
        return {}
    return {"MessageGroupId": message.group or "subscriptions", "MessageDeduplicationId": message.id}


def _parts(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Messages, in order, as many together as one request may hold."""
    part: list[Message] = []
    size = 0
    for message in messages:
        length = len(message.text.encode())
        if part and (len(part) == _MOST or size + length > _MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(message)
        size += length
    if part:
        yield part


def _judged(error: dict[str, Any]) -> Sent:
    code = str(error.get("Code", ""))
    said = f"{code}: {error.get('Message', '')}"[:300]
    if code == "InvalidParameter" and "TopicArn" in str(error.get("Message", "")):
        return Sent("TOPIC_DOES_NOT_EXIST", said)
    return Sent(_STATUSES.get(code, "INTERNAL_ERROR"), said)
