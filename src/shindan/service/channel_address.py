"""Addresses of channels: what each is, what may be shown of it, and what becomes of it when a channel is changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from shindan.model.channel import Channel, ChannelKind, Secret
from shindan.model.errors import StoreError
from shindan.model.refusals import InvalidInput
from shindan.notify.apprise_channel import Unusable
from shindan.service import checks
from shindan.service.channel_post import opened, post_of
from shindan.service.channel_text import CODE, Wish
from shindan.service.service import Service

_SNS = re.compile(r"arn:aws[a-z-]{0,20}:sns:[a-z0-9-]{1,32}:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_HTTPS = re.compile(r"https://[A-Za-z0-9.\[\]:_-]{1,253}(/[!-~]*)?")


@dataclass(frozen=True, slots=True)
class Place:
    """What an address is."""

    kind: ChannelKind
    shown: str
    carries_files: bool = False


def place_of(service: Service, address: str, wish: Wish) -> Place:
    """What an address is. Raises InvalidInput for what nothing can be sent to."""
    if wish.ticketing is not None:
        _check_https(address)
        return Place("webhook", _hidden(address))
    if wish.headers:
        raise InvalidInput(CODE, "headers are for tickets' requests alone", at="headers")
    with checks.part("address", CODE):
        return _told(service, address)


def _told(service: Service, address: str) -> Place:
    """What an address of messages is."""
    if address.startswith("arn:"):
        if not _SNS.fullmatch(address):
            raise InvalidInput(CODE, f"{address[:300]!r} is not the ARN of an SNS topic")
        return Place("sns", address)
    if address.startswith("https://"):
        _check_https(address)
        return Place("https", _hidden(address))
    if "://" not in address:
        raise InvalidInput(CODE, "an address is https://…, the ARN of an SNS topic, or one of apprise's: mailtos://…")
    try:
        looked = post_of(service).apprise.look(address)
    except Unusable as error:
        raise InvalidInput(CODE, str(error)) from None
    return Place("apprise", looked.shown, looked.files)


def _check_https(address: str) -> None:
    try:
        port_known = urlsplit(address).port != 0
    except ValueError:
        port_known = False
    if not _HTTPS.fullmatch(address) or not port_known:
        raise InvalidInput(CODE, "the address is not of the form https://HOST[:PORT]/PATH", at="address")


def _hidden(address: str) -> str:
    """Scheme and host, and the first part of the path: what comes behind is often secret."""
    parts = urlsplit(address)
    first, _, rest = parts.path.removeprefix("/").partition("/")
    # A path of one part may be the secret itself.
    shown = f"/{first}/…" if rest else "/…" if first or parts.query else ""
    return f"https://{parts.netloc}{shown}"


def changed(service: Service, before: Channel, held: bytes, wish: Wish) -> Secret:
    """The secret as it is to be. Raises InvalidInput where what was not given is lost."""
    if wish.address is not None and (wish.headers is not None or wish.ticketing is None):
        return Secret(wish.address, wish.headers or ())
    try:
        kept = opened(service.keys["secrets"], before.id, held)
    except StoreError:
        message = "the channel's address was lost with the master key: give it one"
        raise InvalidInput(CODE, message, at="address") from None
    if wish.address is not None:
        _check_https(wish.address)
    if wish.address is not None and _elsewhere(kept.address, wish.address):
        # Whoever may change where requests go must not learn headers that somebody else gave.
        kept = Secret(wish.address, ())
    headers = () if wish.ticketing is None else kept.headers if wish.headers is None else wish.headers
    return Secret(kept.address if wish.address is None else wish.address, headers)


def _elsewhere(address: str, other: str) -> bool:
    return urlsplit(address)[:2] != urlsplit(other)[:2]
