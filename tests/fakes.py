"""Fakes of the project's own interfaces, in one place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from shindan.model.advisory import Advisory, Affected, AffectedRow, Coverage, Generation, Knows
from shindan.versions import key

NEWEST = "2026-11-20"


def generation(
    feed: str,
    *,
    label: str = "",
    knows: Knows = "states",
    newest: str = NEWEST,
    platforms: tuple[str, ...] = (),
) -> Generation:
    """A generation as the store would list it."""
    return Generation(feed, label or feed, "d" * 16, newest, newest, knows, platforms=platforms)


class FakeAdvisories:
    """The `Advisories` port over advisories held in memory."""

    def __init__(self, loads: Mapping[Generation, Iterable[Advisory]], coverage: Iterable[Coverage] = ()) -> None:
        self._rows: list[tuple[str, AffectedRow]] = []
        listed: list[Generation] = []
        self._coverage = list(coverage)
        for source, advisories in loads.items():
            platforms = set(source.platforms)
            for ref, advisory in enumerate(advisories):
                if advisory.withdrawn:
                    continue  # as the store's reader passes over them
                for affected in advisory.affected:
                    platforms.add(affected.platform)
                    self._rows.append((affected.platform, _row(source.name, ref, advisory, affected)))
            listed.append(
                Generation(
                    source.feed, source.label, source.digest, source.created, source.newest, source.knows,
                    platforms=tuple(sorted(platforms)),
                )
            )  # fmt: skip
        self._generations = tuple(listed)

    @property
    def generations(self) -> tuple[Generation, ...]:
        """See `Advisories.generations`."""
        return self._generations

    def rows(self, platform: str, packages: Collection[str]) -> Mapping[str, Sequence[AffectedRow]]:
        """See `Advisories.rows`."""
        found: dict[str, list[AffectedRow]] = {}
        for where, row in self._rows:
            if where == platform and row.package in packages:
                found.setdefault(row.package, []).append(row)
        return found

    def coverage(self, platform: str, packages: Collection[str]) -> Mapping[tuple[str, str], Coverage]:
        """See `Advisories.coverage`."""
        archives = [g.name for g in self._generations if g.feed == "archive"]
        return {
            (name, entry.package): entry
            for name in archives
            for entry in self._coverage
            if entry.platform == platform and entry.package in packages
        }

    def about(self, lead: str) -> Sequence[AffectedRow]:
        """See `Advisories.about`."""
        return [row for _, row in self._rows if lead in row.leads]


def _row(name: str, ref: int, advisory: Advisory, affected: Affected) -> AffectedRow:
    keys, unreadable = [], ""
    for version in (affected.introduced, affected.fixed, affected.last_affected):
        try:
            keys.append(key(affected.scheme, version) if version else None)
        except ValueError:
            keys.append(None)
            unreadable = version
    return AffectedRow(
        name, ref, advisory.id, advisory.leads, affected.package, affected.names, affected.scheme,
        affected.introduced, affected.fixed, affected.last_affected, keys[0], keys[1], keys[2],
        affected.state, affected.vendor_state, affected.severity, affected.only_if, unreadable,
    )  # fmt: skip
