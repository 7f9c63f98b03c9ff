"""The rules packages that can be evaluated: one line each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shindan.engine.judge import Judge
from shindan.model.packages import PackageName
from shindan.rules.packages import HOST_PACKAGES
from shindan.service.cis_flaws import cis_flaw_of
from shindan.service.feed_supply import FeedSupply
from shindan.service.host_judging import HostJudge
from shindan.service.judging import CveJudge
from shindan.service.network_flaws import network_flaw_of


def judges(data: Path, supply: FeedSupply) -> Mapping[PackageName, Judge]:
    """The judges by package; those without one give an exclusion for each host, never a pass."""
    return {
        "cve": CveJudge(data, supply.supply),
        "cis": HostJudge(HOST_PACKAGES["cis"], show=cis_flaw_of),
        "practices": HostJudge(HOST_PACKAGES["practices"]),
        "network": HostJudge(HOST_PACKAGES["network"], show=network_flaw_of),
        "runtime": HostJudge(HOST_PACKAGES["runtime"]),
    }
