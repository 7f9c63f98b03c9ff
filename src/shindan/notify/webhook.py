"""Requests of JSON to whoever takes them, such as trackers of tickets: method, headers and body are the caller's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from shindan.model.event import PublishStatus, Sent
from shindan.notify.asking import Asker
from shindan.notify.base import ANSWER_SECONDS, Outside
from shindan.notify.reach import Forbidden, NoSuchName, look_up

METHODS = ("POST", "PUT", "PATCH", "DELETE")
_LONGEST_KEY = 200
_LATER = {408, 425, 429}
"""Statuses of 4xx that another try may change (RFC 9110; RFC 6585)."""


class Asked(NamedTuple):
    """How a request went; `key` is the member of the answer that was asked for, "" where it has none."""

    sent: Sent
    key: str = ""


class Webhook:
    """Sends requests."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._asker = Asker(outside)

    def ask(
        self, method: str, address: str, headers: Mapping[str, str], body: Any, *, key: str = "", id_: str = ""
    ) -> Asked:
        """Sends one. `key` is a dotted name in the answer's JSON; `id_` is the same for repetitions.

        Never raises for what the network or the receiver does; what it says of that has no part of address or headers.
        """
        try:
            place = look_up(address, self._outside.networks)
        except Forbidden as error:
            return Asked(Sent("ACCESS_DENIED", str(error), lasting=True))
        except NoSuchName:
            return Asked(Sent("TOPIC_DOES_NOT_EXIST", f"there is no host {urlsplit(address).hostname or ''}"))
        except OSError as error:
            return Asked(Sent("INTERNAL_ERROR", f"names cannot be looked up: {error.strerror or error}"))
        told = {
            "host": place.authority,
            "content-type": "application/json",
            "accept": "application/json",
            "user-agent": "Shindan Notifications",
            **({"idempotency-key": id_} if id_ else {}),
            **{name.lower(): value for name, value in headers.items()},
        }
        text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            answer = self._asker.ask(place, method, told, text, ANSWER_SECONDS)
        except (HTTPException, OSError, ValueError) as error:
            return Asked(Sent("INTERNAL_ERROR", f"no answer came: {type(error).__name__}"))
        sent = _judged(answer.status)
        return Asked(sent, _member(answer.body, key) if sent.arrived and key else "")

    def tidy(self) -> None:
        """Closes connections that nobody has used for a while."""
        self._asker.tidy()


def beside(address: str, path: str, key: str) -> str:
    """The address of another path at the same place; `{key}` in it is the ticket's key, escaped."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, path.replace("{key}", quote(key, safe="")), "", ""))


def _member(body: bytes, name: str) -> str:
    try:
        value = json.loads(body)
        for part in name.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (ValueError, LookupError, TypeError):
        return ""
    return str(value)[:_LONGEST_KEY] if isinstance(value, str | int) else ""


def _judged(status: int) -> Sent:
    if 200 <= status < 300:
        return Sent("SUCCESS", f"the receiver answered {status}")
    word: PublishStatus = "ACCESS_DENIED" if status in (401, 403) else "INTERNAL_ERROR"
    # A body or an address that is refused now is refused with the next try, too.
    lasting = 400 <= status < 500 and status not in _LATER and word != "ACCESS_DENIED"
    return Sent(word, f"the receiver answered {status}", lasting=lasting)
