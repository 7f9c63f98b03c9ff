"""A message in the shape in which Amazon SNS posts to HTTPS endpoints, so that code written for those reads it.

Members and string to sign: Amazon SNS developer guide, "HTTP/HTTPS notification JSON format" and "Verifying the
signatures of Amazon SNS messages". There is no topic: `TopicArn` is made of the address, so that it can be told apart.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from shindan.model.arn import partition_of
from shindan.model.event import Message
from shindan.notify.signing import Signer

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""Which members are signed, in the order in which they are."""

CERTIFICATE_PATH = "/"
CONFIRM_PATH = "/"
"""Where SNS has them, too. Visiting the second is what old handlers do on their own accord; it changes nothing."""

_CONFIRM = "Action=ConfirmSubscription"


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Makes the envelopes of one installation: `base_url` without a slash at the end."""

    signer: Signer
    region: str
    base_url: str

    def notification(self, address: str, message: Message) -> dict[str, str]:
        """An event."""
        return self._signed(
            {
                "Type": "Notification",
                "MessageId": message.id,
                "TopicArn": self.topic(address, message.account),
                "Message": message.text,
                "Timestamp": _stamp(message.at),
            }
        )

    def confirmation(self, address: str, message: Message) -> dict[str, str]:
        """The question whether the address wants to be told of events; answering it with 2xx says yes."""
        topic = self.topic(address, message.account)
        token = self._token(address)
        said = f"Shindan is about to send events of assessment runs here, under the name {topic}."
        return self._signed(
            {
                "Type": "SubscriptionConfirmation",
                "MessageId": message.id,
                "Token": token,
                "TopicArn": topic,
                "Message": said,
                "SubscribeURL": f"{self.base_url}{CONFIRM_PATH}?{_CONFIRM}&TopicArn={topic}&Token={token}",
                "Timestamp": _stamp(message.at),
            }
        )

    def topic(self, address: str, account: str) -> str:
        """The name that an address has instead of a topic's."""
        digest = hashlib.sha256(address.encode()).hexdigest()[:16]
        return f"arn:{partition_of(self.region)}:sns:{self.region}:{account}:shindan-{digest}"

    def _token(self, address: str) -> str:
        # No secret: who answers the question has said yes, and the address to visit is there for old handlers only.
        return hashlib.sha256(f"{self.signer.fingerprint} {address}".encode()).hexdigest()

    def _signed(self, members: dict[str, str]) -> dict[str, str]:
        signature = base64.b64encode(self.signer.sign(string_to_sign(members))).decode()
        url = f"{self.base_url}{CERTIFICATE_PATH}{self.signer.file_name}"
        return {**members, "SignatureVersion": "2", "Signature": signature, "SigningCertURL": url}


def string_to_sign(members: Mapping[str, str]) -> str:
    """What is signed of an envelope: name and value of each member on lines of their own."""
    return "".join(f"{name}\n{members[name]}\n" for name in _SIGNED[members["Type"]] if name in members)


def dumps(envelope: Mapping[str, str]) -> bytes:
    """An envelope as it is posted."""
    return json.dumps(envelope, indent=2, ensure_ascii=False).encode("utf-8", "replace")


def _stamp(at: int) -> str:
    moment = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
