"""What a channel is, and what all of them are told of this installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from shindan.model.event import Message, Sent
from shindan.notify.signing import Signer

Network = IPv4Network | IPv6Network

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
"""How long a receiver may take; a message that took longer is sent again."""


@dataclass(frozen=True, slots=True)
class Outside:
    """This installation as receivers see it, and how far it may reach.

    `base_url` is how they reach it (`https://shindan.example:8443`), `signer` signs envelopes (None: no HTTPS
    receivers). `networks` may be sent to although they are not public; `ca` is a file of certificates (PEM) to trust
    instead of the well-known ones. `aws_endpoint` stands in for AWS itself; None: AWS, or what boto3's own
    configuration says.
    """

    region: str
    base_url: str = ""
    signer: Signer | None = None
    networks: tuple[Network, ...] = ()
    ca: Path | None = None
    aws_endpoint: str | None = None


class Channel(Protocol):
    """One way out."""

    def takes(self, address: str) -> bool:
        """Whether an address is one of this channel's."""
        ...

    def send(self, address: str, message: Message) -> Sent:
        """Sends a message once. Never raises for what the network or the receiver does."""
        ...

    def introduce(self, address: str, message: Message) -> Sent:
        """As `send`, for the first message ever, with whatever has to come before it."""
        ...


class Together(NamedTuple):
    """How many messages an address takes at once, and how many of them may be of one group."""

    most: int = 1
    of_a_group: int = 1


@runtime_checkable
class Batching(Channel, Protocol):
    """A way out that takes several messages at once."""

    def together(self, address: str) -> Together:
        """How many."""
        ...

    def send_all(self, address: str, messages: Sequence[Message]) -> list[Sent]:
        """As `Channel.send`, for several; how it went with each."""
        ...


@runtime_checkable
class Keeping(Channel, Protocol):
    """A way out that keeps connections."""

    def tidy(self) -> None:
        """Closes those that nobody has used for a while."""
        ...
