"""An agent as the command line shows it."""

from __future__ import annotations

from typing import Any

from shindan.cli.printing import fields_of


def told_of(agent: Any) -> dict[str, Any]:
    """An agent (`model.agent.Agent`) as it is shown: without what is of use to the service alone."""
    found = fields_of(agent)
    told = found.pop("told")
    for name in ("account", "boot", "boot_before", "hardware", "facts"):
        found.pop(name)
    spool, cost = told.get("spool", {}), told.get("cost", {})
    return {
        **found,
        "skew_s": told.get("skew"),
        "spool_bytes": spool.get("bytes"),
        "spool_batches": spool.get("batches"),
        "rss_kb": cost.get("rss_kb"),
        "peak_kb": cost.get("peak_kb"),
        "cpu_ms": cost.get("cpu_ms"),
        "uptime_s": cost.get("uptime_s"),
        "run": told.get("run", ""),
        "release": told.get("release", ""),
    }
