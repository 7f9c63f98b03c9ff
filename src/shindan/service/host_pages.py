"""Hosts as pages show them: searched and sorted by their findings; and which of them a set of tags would select."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from shindan.model.assessment import Pairs
from shindan.model.host import Health
from shindan.model.host_views import HOST_SORTS, HostPage, HostRow, HostSort, TargetPreview
from shindan.model.overview import Severities
from shindan.model.refusals import InvalidInput
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.service import both_ways, checks, paging
from shindan.service.caller import Caller
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import host_pages as stored
from shindan.store import hosts

_CODE = "INVALID_SEARCH"
_PREVIEWED = 20
_NONE = (0,) * len(SHOWN_SEVERITIES)


def list_(
    service: Service,
    caller: Caller,
    *,
    text: str = "",
    tags: Pairs = (),
    platforms: Collection[str] = (),
    healths: Collection[Health] = (),
    archived: bool | None = False,
    sort: HostSort = "name",
    token: str | None = None,
    max_results: int | None = None,
) -> HostPage:
    """A page of the account's hosts; `text` is part of an id, a name, a platform or an address, all `tags` must be
    there. `archived`: those instead, or both (None). Needs `ListHosts`. Raises InvalidInput, AccessDenied.
    """
    must(caller, "ListHosts")
    for value in (text, *platforms, *healths, *(part or "" for pair in tags for part in pair)):
        checks.text(value, _CODE, "what is searched for", 256, shortest=0)
    if sort not in HOST_SORTS:
        raise InvalidInput(_CODE, f"hosts are sorted by {', '.join(HOST_SORTS)}, not {str(sort)[:40]!r}")
    length = paging.size(max_results, default=50, cap=paging.MAXIMUM)
    wanted = stored.HostsWanted(text, tuple(tags), tuple(sorted(platforms)), tuple(sorted(healths)), archived)
    pager = paging.Pager(service.keys["paging"], paging.query("host pages", caller.account, repr(wanted), sort))
    back, place = both_ways.place(pager, token)
    with service.database.read() as connection:
        found = stored.page(
            connection, caller.account, wanted, sort, place=place, back=back, limit=length + 1
        )  # fmt: skip
        cut = both_ways.cut(found, length, back, token is not None, lambda item: item[1])
        ids = [id_ for id_, _ in cut.items]
        rows = stored.named_in_order(connection, caller.account, ids)
        tallies = stored.tallies(connection, caller.account, ids)
        counts = stored.counts(connection, caller.account, wanted)
    health, platform, total = summed(counts, wanted)
    following, previous = both_ways.tokens(pager, cut)
    return HostPage(
        tuple(HostRow(host, *_counts(tallies.get(host.id, {}))) for host in rows),
        total, following, previous, health, platform,
    )  # fmt: skip


def preview(service: Service, caller: Caller, tags: Pairs | None) -> TargetPreview:
    """Which hosts a target of these tags (any of them; None: every host) would have. Needs `ListHosts`."""
    must(caller, "ListHosts")
    pairs = None if tags is None else checks.pairs(tags, checks.GROUP_TAGS)
    with service.database.read() as connection:
        if pairs == ():
            return TargetPreview(0, ())
        count = stored.selected_count(connection, caller.account, pairs)
        return TargetPreview(count, tuple(hosts.selected(connection, caller.account, pairs, limit=_PREVIEWED)))


def severities(numbers: Sequence[int]) -> Severities:
    """Numbers by the five words."""
    return dict(zip(SHOWN_SEVERITIES, numbers, strict=True))


def summed(
    counts: Sequence[tuple[str, str, int]], wanted: stored.HostsWanted
) -> tuple[dict[str, int], dict[str, int], int]:
    """Hosts by health and by platform, each without its own condition, and those that pass."""
    by_health: Counter[str] = Counter()
    by_platform: Counter[str] = Counter()
    total = 0
    for health, platform, number in counts:
        fit, on = not wanted.healths or health in wanted.healths, not wanted.platforms or platform in wanted.platforms
        if on:
            by_health[health] += number
        if fit:
            by_platform[platform] += number
        total += number if fit and on else 0
    return dict(by_health), dict(by_platform), total


def _counts(by_status: Mapping[str, tuple[int, ...]]) -> tuple[Severities, int]:
    return severities(by_status.get("open", _NONE)), sum(by_status.get("suppressed", _NONE))
