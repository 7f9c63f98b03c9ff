"""Sortable keys of version strings, remembered: a feed repeats the same few versions in most of its rows."""

from __future__ import annotations

from shindan.versions import key

_MOST = 100_000


class VersionKeys(dict[tuple[str, str], bytes | None]):
    """(scheme, version) → `versions.key`, made at first sight; None for an empty string or no version at all.

    A dict because a hit must cost no call: it is looked up for every row. Memory is bounded: a full one starts
    anew.
    """

    def __missing__(self, pair: tuple[str, str]) -> bytes | None:
        if len(self) >= _MOST:
            self.clear()
        try:
            found = key(*pair) if pair[1] else None
        except ValueError:
            found = None
        self[pair] = found
        return found
