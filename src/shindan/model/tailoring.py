"""What somebody wants otherwise of a rule than by default, why, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

Pairs = tuple[tuple[str, str], ...]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Entry(NamedTuple):
    """One wish. It is about `rule` (an id) everywhere, or within `benchmark` alone; or about a `control` (a number) of
    a `benchmark`. `off` switches it off, `values` are other values by name, `severity` another severity; "" for none.

    It holds on hosts that have all of `tags` ("" as value: whatever it is), until the end of `until` (2027-01-31, UTC;
    "" for ever).
    """

    id: str
    rule: str = ""
    control: str = ""
    benchmark: str = ""
    off: bool = False
    values: Mapping[str, Any] = _NOTHING
    severity: str = ""
    tags: Pairs = ()
    reason: str = ""
    owner: str = ""
    until: str = ""

    @property
    def name(self) -> str:
        """How packages call what it is about: `ssh-root-login`, `debian-12 5.1.20`, `debian-12 ssh-root-login`."""
        return f"{self.benchmark} {self.control or self.rule}".strip()

    def expired(self, today: str) -> bool:
        """Whether it is over on a day (2026-11-25)."""
        return bool(self.until) and self.until < today

    def is_for(self, tags: Iterable[tuple[str, str]]) -> bool:
        """Whether it holds on a host of these tags."""
        if not self.tags:
            return True
        known = dict(tags)
        return all(key in known and value in ("", known[key]) for key, value in self.tags)

    @property
    def why_off(self) -> str:
        """How outcomes tell that it was switched off."""
        by = f" ({self.owner})" if self.owner else ""
        until = f", until {self.until}" if self.until else ""
        return f"{self.reason}{by}{until}"

    def as_json(self) -> dict[str, Any]:
        """Everything that is said, by name; what was read so is `entry_of` again."""
        found = {**self._asdict(), "values": dict(self.values), "tags": [list(pair) for pair in self.tags]}
        return {name: value for name, value in found.items() if value not in ("", False, {}, [])}


def entry_of(said: Mapping[str, Any]) -> Entry:
    """See `Entry.as_json`."""
    return Entry(**{"id": "", **said, "tags": tuple((key, value) for key, value in said.get("tags", ()))})
