"""Pages of lists: how long they are, and the sealed token that says where the next one begins."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shindan.model.refusals import InvalidInput

Item = TypeVar("Item")

DEFAULT = 10
MAXIMUM = 500
_SEAL = 12
_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list; `next_token` is None on the last page."""

    items: tuple[Item, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True)
class Pager:
    """Makes and reads the tokens of one query. `key` seals them; `query` is whatever defines the list."""

    key: bytes
    query: str

    def token(self, after: Any) -> str:
        """The token of a page that begins behind `after` (JSON)."""
        body = _json(after).encode()
        return base64.urlsafe_b64encode(self._seal(body) + body).decode().rstrip("=")

    def after(self, token: str | None) -> Any:
        """Where the page begins; None for the first. Raises InvalidInput for a token that is not of this query."""
        if token is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            seal, body = raw[:_SEAL], raw[_SEAL:]
            if hmac.compare_digest(seal, self._seal(body)):
                return json.loads(body)
        except ValueError:
            pass
        raise InvalidInput("INVALID_PAGINATION_TOKEN", "the pagination token is not one of this list")

    def _seal(self, body: bytes) -> bytes:
        return hmac.digest(self.key, hashlib.sha256(self.query.encode()).digest() + body, "sha256")[:_SEAL]


def size(max_results: int | None, *, default: int = DEFAULT, cap: int = 100) -> int:
    """How many items a page may have: what was asked, clamped. Raises InvalidInput for less than one."""
    if max_results is None:
        return default
    if isinstance(max_results, bool) or max_results < 1:
        raise InvalidInput("INVALID_MAX_RESULTS", "maxResults is a number from 1 on")
    return min(max_results, MAXIMUM, cap)


def page(found: Sequence[Item], length: int, pager: Pager, place: Callable[[Item], Any]) -> Page[Item]:
    """The page of items that were read one more than `length`; `place` says what to go on behind."""
    kept = tuple(found[:length])
    more = len(found) > length
    return Page(kept, pager.token(place(kept[-1])) if more and kept else None)


def part(found: Sequence[Item], length: int, pager: Pager, token: str | None) -> tuple[Sequence[Item], str | None]:
    """A page of a list that is at hand as a whole, and that is the same as long as its query is; and the next token."""
    start = int(pager.after(token) or 0)
    end = start + length
    return found[start:end], pager.token(end) if end < len(found) else None


def query(*parts: object) -> str:
    """What defines a list, as one text: the same for the same parts, another for any other."""
    return _json(parts)
