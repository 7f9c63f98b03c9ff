"""Sends what the outbox holds for channels: opens the sealed address, makes the words, and speaks the channel's kind.

In the outbox a channel is `channel:` and its id; only here, and only while a message is sent, is there its address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from shindan.engine import ticketing
from shindan.model.channel import Channel, File, Letter, Secret, Ticketing
from shindan.model.errors import StoreError
from shindan.model.event import Message, Sent
from shindan.notify.apprise_channel import AppriseChannel
from shindan.notify.base import Outside
from shindan.notify.https import HttpsChannel
from shindan.notify.json_template import BadTemplate, rendered
from shindan.notify.sns import SnsChannel
from shindan.notify.webhook import Webhook, beside
from shindan.render.letter import letter_of, report_letter
from shindan.service import vault
from shindan.service.service import Service
from shindan.store import channels, tickets
from shindan.store.channels import TOPIC
from shindan.store.database import Database

TEST = "TEST"
_GONE = Sent("TOPIC_DOES_NOT_EXIST", "the channel was deleted", lasting=True)
_LOST = Sent("ACCESS_DENIED", "the channel's address was lost with the master key: set it anew", lasting=True)


class ChannelPost:
    """The outbox's way to channels of accounts: a `notify.base.Channel`."""

    def __init__(self, database: Database, key: bytes, outside: Outside) -> None:
        self._database = database
        self._key = key
        self._base = outside.base_url.rstrip("/")
        self.apprise = AppriseChannel(outside)
        self._https = HttpsChannel(outside)
        self._sns = SnsChannel(outside)
        self._webhook = Webhook(outside)

    def takes(self, address: str) -> bool:
        """See `Channel.takes`."""
        return address.startswith(TOPIC)

    def send(self, address: str, message: Message) -> Sent:
        """See `Channel.send`."""
        with self._database.read() as connection:
            one = channels.of_id(connection, address.removeprefix(TOPIC))
            sealed = channels.secret_of(connection, one.id) if one is not None else b""
        if one is None:
            return _GONE
        try:
            secret = opened(self._key, one.id, sealed)
        except StoreError:
            return _LOST
        return self.deliver(one, secret, message)

    def introduce(self, address: str, message: Message) -> Sent:
        """See `Channel.introduce`."""
        return self.send(address, message)

    def tidy(self) -> None:
        """See `Keeping.tidy`."""
        self._https.tidy()
        self._webhook.tidy()

    def deliver(self, one: Channel, secret: Secret, message: Message) -> Sent:
        """Sends a message by a channel, as its kind wants it."""
        payload = message.payload
        if one.kind == "webhook":
            return self._ticket(one, secret, message)
        letter = letter_of(payload, one.language, self._link(payload))
        if one.kind == "apprise":
            return self.apprise.post(secret.address, letter)
        told = replace(message, payload={**payload, "link": self._link(payload), "text": letter.text})
        way = self._sns if one.kind == "sns" else self._https
        # The question whether an address wants to be told comes with the test: 2xx is consent, as for subscriptions.
        send: Callable[[str, Message], Sent] = way.introduce if payload["event"] == TEST else way.send
        return send(secret.address, told)

    def report(self, one: Channel, secret: Secret, subject: str, file: File) -> Sent:
        """Sends a report as an attachment."""
        letter: Letter = report_letter(subject, one.language, [file.name])
        return self.apprise.post(secret.address, letter._replace(files=(file,)))

    # ── tickets ──

    def _ticket(self, one: Channel, secret: Secret, message: Message) -> Sent:
        assert one.ticketing is not None
        payload, wish = message.payload, one.ticketing
        if payload["event"] == ticketing.CLOSE:
            return self._close(one, wish, secret, message)
        test = payload["event"] == TEST
        if not test:
            with self._database.read() as connection:
                known = tickets.get(connection, one.id, payload["about"])
            if known is None or known.state == "open":  # forgotten meanwhile, or opened by who was killed then
                return Sent("SUCCESS")
        try:
            body = rendered(wish.open, values(wish, payload, self._link(payload), payload["about"]))
        except BadTemplate as error:
            return Sent("INTERNAL_ERROR", str(error)[:500], lasting=True)
        headers = dict(secret.headers)
        sent, key = self._webhook.ask(wish.method, secret.address, headers, body, key=wish.key, id_=message.id)
        if sent.arrived and not test:
            with self._database.write() as connection:
                tickets.turn(connection, one.id, payload["about"], "open", key or payload["about"])
        return sent._replace(detail=f"{sent.detail}: {key}") if sent.arrived and key else sent

    def _close(self, one: Channel, wish: Ticketing, secret: Secret, message: Message) -> Sent:
        about = message.payload["about"]
        with self._database.read() as connection:
            known = tickets.get(connection, one.id, about)
        if known is None:
            return Sent("SUCCESS")
        address = beside(secret.address, wish.close_path, known.key) if wish.close_path else secret.address
        try:
            body = rendered(wish.close, values(wish, message.payload, self._link(message.payload), known.key))
        except BadTemplate as error:
            return Sent("INTERNAL_ERROR", str(error)[:500], lasting=True)
        sent, _ = self._webhook.ask(wish.close_method, address, dict(secret.headers), body, id_=message.id)
        if sent.arrived or sent.lasting:  # whoever closed or removed it there has it closed
            with self._database.write() as connection:
                tickets.remove(connection, one.id, about)
        return sent

    def _link(self, payload: Mapping[str, Any]) -> str:
        """Where the console shows what a message tells of."""
        if not self._base:
            return ""
        if payload["event"] in (ticketing.OPEN, ticketing.CLOSE):
            return f"{self._base}/console/findings?{urlencode({'rule': payload['finding']['rule']})}"
        severities = [("severity", word) for word in payload.get("opened", {})]
        return f"{self._base}/console/findings" + (f"?{urlencode(severities)}" if severities else "")


def post_of(service: Service) -> ChannelPost:
    """What sends for the service's channels."""
    outside = service.outside() if service.outside is not None else Outside(service.region, service.public_url)
    return ChannelPost(service.database, service.keys["secrets"], outside)


def values(wish: Ticketing, payload: Mapping[str, Any], link: str, key: str) -> dict[str, Any]:
    """What templates can speak of."""
    return {
        "finding": payload["finding"], "about": payload["about"], "account": payload["account"],
        "parameters": dict(wish.parameters), "link": link, "key": key,
    }  # fmt: skip


def sealed(key: bytes, id_: str, secret: Secret) -> bytes:
    """A channel's secret as the database keeps it."""
    return vault.seal(key, json.dumps([secret.address, secret.headers]), _about(id_))


def opened(key: bytes, id_: str, held: bytes) -> Secret:
    """What `sealed` sealed. Raises StoreError where it was lost, or sealed with another key."""
    address, headers = json.loads(vault.unseal(key, held, _about(id_)))
    return Secret(address, tuple((name, value) for name, value in headers))


def _about(id_: str) -> str:
    return f"channel {id_}"
