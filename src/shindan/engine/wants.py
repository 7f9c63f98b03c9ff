"""What each rules package wants of a host that has an agent: the only list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shindan.model.packages import PackageName

ALWAYS = ("platform", "host", "kernel", "package", "repository", "module", "language_package")
"""Kinds of facts that every run wants: an inventory without them could not be judged, or not be told apart."""

INTERVAL = 10
"""Seconds between two samples."""


class Wants(NamedTuple):
    """Kinds of facts wanted once, kinds to be sampled, and for how many seconds (None: as long as the run collects)."""

    kinds: tuple[str, ...] = ()
    sampled: tuple[str, ...] = ()
    seconds: int | None = 0


WANTS: Mapping[PackageName, Wants] = {
    "cve": Wants(),
    "cis": Wants(),
    "practices": Wants(),
    # What listens is a matter of a moment; half a minute sees what restarts.
    "network": Wants(sampled=("listener",), seconds=30),
    "runtime": Wants(sampled=("process", "listener", "connection"), seconds=None),
}


def united(names: Iterable[PackageName]) -> Wants:
    """What several packages want together."""
    wanted = [WANTS[name] for name in names]
    kinds = dict.fromkeys((*ALWAYS, *(kind for one in wanted for kind in one.kinds)))
    sampled = dict.fromkeys(kind for one in wanted for kind in one.sampled)
    whole = any(one.seconds is None for one in wanted)
    return Wants(tuple(kinds), tuple(sampled), None if whole else max((one.seconds or 0 for one in wanted), default=0))
