"""EC2's query protocol: a form in, XML out (EC2 API reference, "Making API requests" and "Error codes").

Members of lists are numbered in their names, from 1 on: `Tag.1.Key`, `Filter.2.Value.1`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from shindan.api.errors import FrontError, Told

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
_MOST_FIELDS = 10_000
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

_CODES = {
    "UnrecognizedClientException": "AuthFailure",
    "InvalidSignatureException": "AuthFailure",
    "IncompleteSignatureException": "AuthFailure",
    "MissingAuthenticationTokenException": "AuthFailure",
    "ExpiredTokenException": "ExpiredToken",
    "ThrottlingException": "RequestLimitExceeded",
    "InternalException": "InternalError",
    "InvalidInputException": "InvalidParameterValue",
    "RequestEntityTooLarge": "RequestEntityTooLarge",
}
"""How EC2 calls what the other protocol calls otherwise."""

_STATUSES: dict[str, int] = {
    "AuthFailure": HTTPStatus.UNAUTHORIZED,
    "UnauthorizedOperation": HTTPStatus.FORBIDDEN,
    "DryRunOperation": HTTPStatus.PRECONDITION_FAILED,
    "RequestLimitExceeded": HTTPStatus.SERVICE_UNAVAILABLE,
    "InternalError": HTTPStatus.INTERNAL_SERVER_ERROR,
    "RequestEntityTooLarge": 413,
}


class Filter(NamedTuple):
    """One filter: a name, and values of which one must match."""

    name: str
    values: tuple[str, ...]


class Form:
    """The fields of a request. Raises FrontError where they cannot be read."""

    def __init__(self, body: bytes) -> None:
        try:
            text = body.decode("ascii")
            fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
        except ValueError as error:  # UnicodeDecodeError is one
            raise FrontError("MalformedQueryString", f"the form cannot be read: {error}") from None
        if any("\0" in value for _, value in fields):
            raise FrontError("InvalidParameterValue", "a parameter holds the character NUL")
        self._fields = dict(fields)

    def text(self, name: str) -> str:
        """A field; "" where there is none."""
        return self._fields.get(name, "")

    def flag(self, name: str) -> bool:
        """A field that is true or false, which is what it is when absent."""
        return self.text(name).lower() == "true"

    def number(self, name: str, low: int, high: int) -> int:
        """A field that is a number between two others; the higher one when absent."""
        text = self.text(name)
        if not text:
            return high
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise FrontError("InvalidParameterValue", f"{name} is a number from {low} to {high}")
        return int(text)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of fields, in the order of their numbers."""
        return tuple(self._fields[f"{name}.{number}"] for number in self._numbers(name, last=True))

    def pairs(self, name: str) -> tuple[tuple[str, str | None], ...]:
        """A list of keys and values; None where no value came."""
        heads = [f"{name}.{number}" for number in self._numbers(name)]
        return tuple((self.text(f"{head}.Key"), self._fields.get(f"{head}.Value")) for head in heads)

    def filters(self) -> tuple[Filter, ...]:
        """The filters, all of which must match."""
        heads = [f"Filter.{number}" for number in self._numbers("Filter")]
        return tuple(Filter(self.text(f"{head}.Name"), self.texts(f"{head}.Value")) for head in heads)

    def _numbers(self, name: str, *, last: bool = False) -> list[int]:
        pattern = re.compile(re.escape(name) + (r"\.([0-9]{1,5})" if last else r"\.([0-9]{1,5})\..+"))
        return sorted({int(found[1]) for field in self._fields if (found := pattern.fullmatch(field))})


def answer(action: str, request_id: str, members: Mapping[str, Any]) -> bytes:
    """The document of an answer; a list becomes `item` elements, None is left out."""
    inner = _elements({"requestId": request_id, **members})
    return f'{_HEAD}<{action}Response xmlns="{NAMESPACE}">{inner}</{action}Response>'.encode()


def error(told: Told, request_id: str) -> tuple[int, bytes]:
    """Status and document of an error."""
    code = _CODES.get(told.type, told.type)
    inner = _elements({"Errors": {"Error": {"Code": code, "Message": told.message}}, "RequestID": request_id})
    return _STATUSES.get(code, HTTPStatus.BAD_REQUEST), f"{_HEAD}<Response>{inner}</Response>".encode()


def _elements(members: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_content(value)}</{name}>" for name, value in members.items() if value is not None)


def _content(value: Any) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    if isinstance(value, list):
        return "".join(f"<item>{_content(one)}</item>" for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    # What a host says of itself may hold characters that XML has no way to write.
    return escape(_NOT_XML.sub("�", str(value)))
