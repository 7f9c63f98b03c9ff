"""One host against all rules packages that are asked for: known flaws from the feeds, rules from its facts alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from shindan.engine.clock import now, stamp
from shindan.model.packages import PackageName
from shindan.model.progress import Progress, silent
from shindan.model.result import Host, Ledger, ScanResult
from shindan.service.hosts import HostFacts
from shindan.service.local_rules import Choice, judge
from shindan.service.own_version import own_version

WITHOUT_WINDOW: tuple[PackageName, ...] = ("cve", "cis", "practices", "network")
"""What a scan looks at unless it is told otherwise: all but what has to watch a host for a while."""


def assess(
    host: HostFacts,
    data: Path,
    names: Sequence[PackageName],
    choice: Choice,
    *,
    update: bool,
    max_feed_age: float,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda _: None,
) -> ScanResult:
    """All findings of a host. Without `cve` no feed is opened.

    Raises NoUsableFeed and StoreError as `service.local.assess` does, and UnknownBenchmark.
    """
    if "cve" in names:
        from shindan.service import local

        found = local.assess(host, data, update=update, max_feed_age=max_feed_age, progress=progress, say=say)
    else:
        found = _no_flaws_asked(host)
    rules = judge(host.inventory, host.name, [name for name in names if name != "cve"], choice)
    return found._replace(
        findings=(*found.findings, *rules.findings),
        rules_packages=tuple(names),
        checked=rules.checked,
        outcomes=rules.outcomes,
    )


def _no_flaws_asked(host: HostFacts) -> ScanResult:
    platform = host.inventory.platform
    assert platform is not None, "read_host refuses a host without a platform"
    running = host.inventory.one("kernel", "running")
    kernel = str(running.data.get("release") or "") if running else ""
    gaps = tuple(host.inventory.gaps.items())
    ledger = Ledger(len(host.subjects), (), (), 0, gaps, (), tuple(host.malformed))
    about = Host(host.name, platform.key, platform.name, platform.arch, kernel)
    return ScanResult(own_version(), stamp(now()), about, (), ledger)
