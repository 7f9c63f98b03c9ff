"""What each rules package wants of a host that has an agent: the only list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shindan.model.packages import PackageName
from shindan.rules.base import Wants
from shindan.rules.packages import HOST_PACKAGES

ALWAYS = ("platform", "host", "kernel", "package", "repository", "module", "language_package")
"""Kinds of facts that every run wants: an inventory without them could not be judged, or not be told apart."""

INTERVAL = 10
"""Seconds between two samples."""


WANTS: Mapping[PackageName, Wants] = {
    "cve": Wants(),
    "cis": HOST_PACKAGES["cis"].wants,
    "practices": HOST_PACKAGES["practices"].wants,
    "network": HOST_PACKAGES["network"].wants,
    "runtime": HOST_PACKAGES["runtime"].wants,
}


def united(names: Iterable[PackageName]) -> Wants:
    """What several packages want together."""
    wanted = [WANTS[name] for name in names]
    kinds = dict.fromkeys((*ALWAYS, *(kind for one in wanted for kind in one.kinds)))
    sampled = dict.fromkeys(kind for one in wanted for kind in one.sampled)
    whole = any(one.seconds is None for one in wanted)
    return Wants(tuple(kinds), tuple(sampled), None if whole else max((one.seconds or 0 for one in wanted), default=0))
