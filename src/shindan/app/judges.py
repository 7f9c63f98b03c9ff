"""The rules packages that can be evaluated: one line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from shindan.engine.judge import Judge
from shindan.model.packages import PackageName
from shindan.service.feed_supply import FeedSupply
from shindan.service.judging import CveJudge


class SuppliedJudge(CveJudge):
    """The CVE package; what it lacks comes for all known hosts at once, and from the user's own folder first."""

    def __init__(self, data: Path, supply: FeedSupply) -> None:
        super().__init__(data)
        self._supply = supply

    def fetch(self, facts: Iterable[bytes]) -> None:
        """See `Judge.fetch`."""
        self._supply.supply(facts)


def judges(data: Path, supply: FeedSupply) -> Mapping[PackageName, Judge]:
    """The judges by package; those without one give an exclusion for each host, never a pass."""
    return {"cve": SuppliedJudge(data, supply)}
