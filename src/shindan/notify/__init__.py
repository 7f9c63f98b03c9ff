"""Where events go: one file a channel, and one explicit list of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from shindan.model.event import Message, Sent
from shindan.notify.base import Batching, Channel, Keeping, Outside, Together
from shindan.notify.https import HttpsChannel
from shindan.notify.sns import SnsChannel

CHANNELS: tuple[Callable[[Outside], Channel], ...] = (SnsChannel, HttpsChannel)
"""Every channel; an address belongs to the first that takes it."""


class Notifier:
    """Sends messages by the channel that their address belongs to."""

    def __init__(self, channels: Sequence[Channel] = ()) -> None:
        self._channels = channels

    @classmethod
    def to(cls, outside: Outside, *more: Channel) -> Self:
        """One with every channel, and some that the roof makes."""
        return cls([*(make(outside) for make in CHANNELS), *more])

    def send(self, address: str, message: Message) -> Sent:
        """Sends a message once; whoever calls decides about trying again."""
        channel = self._of(address)
        return channel.send(address, message) if channel else _nobody(address)

    def together(self, address: str) -> Together:
        """How many messages an address takes at once."""
        channel = self._of(address)
        return channel.together(address) if isinstance(channel, Batching) else Together()

    def send_all(self, address: str, messages: Sequence[Message]) -> list[Sent]:
        """As `send`, for as many as the address takes at once; how it went with each, in their order."""
        channel = self._of(address)
        if isinstance(channel, Batching) and len(messages) > 1:
            return channel.send_all(address, messages)
        return [self.send(address, message) for message in messages]

    def tidy(self) -> None:
        """Closes connections that nobody has used for a while."""
        for channel in self._channels:
            if isinstance(channel, Keeping):
                channel.tidy()

    def introduce(self, address: str, message: Message) -> Sent:
        """Asks the address whether it may be told of events at all, and sends it its first message."""
        channel = self._of(address)
        return channel.introduce(address, message) if channel else _nobody(address)

    def _of(self, address: str) -> Channel | None:
        return next((channel for channel in self._channels if channel.takes(address)), None)


def _nobody(address: str) -> Sent:
    return Sent("INTERNAL_ERROR", f"no channel sends to {address[:100]}", lasting=True)
