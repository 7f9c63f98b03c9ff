"""Services of which one is wanted, and the target into which a host boots."""

from __future__ import annotations

from collections.abc import Sequence

from shindan.model.outcome import Evidence
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.examined import Examined

_TIME = (
    "chrony.service", "chronyd.service", "systemd-timesyncd.service", "ntp.service", "ntpd.service", "ntpsec.service",
    "openntpd.service",
)  # fmt: skip
_TEXT = ("multi-user.target", "rescue.target", "emergency.target")


def time_single_service(host: Examined) -> Result:
    """Exactly one service sets the clock."""
    return _exactly_one(_active(host, _TIME), "services that set the clock")


def logging_service_active(host: Examined) -> Result:
    """The journal or rsyslog keeps the log."""
    active = _active(host, ("rsyslog.service", "systemd-journald.service"))
    evidence = Evidence("services that keep the log", " and ".join(active) or "none", "one")
    return Result("pass" if active else "fail", (evidence,))


def logging_single_service(host: Examined) -> Result:
    """The journal and rsyslog do not both keep the log."""
    return _exactly_one(_active(host, ("rsyslog.service", "systemd-journald.service")), "services that keep the log")


def default_target_is_text(host: Examined) -> Result:
    """The host boots without a graphical desktop."""
    fact = host.one("unit", "default.target")
    target = str(fact.data.get("alias_of") or fact.data.get("path", "")) if fact is not None else ""
    if not target:
        raise CannotTell("unknown", "nobody knows what default.target leads to")
    name = target.rpartition("/")[2]
    evidence = Evidence("default.target", name, "multi-user.target")
    return Result("pass" if name in _TEXT else "fail", (evidence,))


def _exactly_one(active: Sequence[str], what: str) -> Result:
    evidence = Evidence(what, " and ".join(active) or "none", "exactly one")
    return Result("pass" if len(active) == 1 else "fail", (evidence,))


def _active(host: Examined, names: Sequence[str]) -> list[str]:
    """Those that run; where systemd does not run, those that would be started. An alias and its unit are one."""
    found: dict[str, None] = {}
    for name in names:
        fact = host.one("unit", name)
        if fact is None:
            continue
        state = str(fact.data.get("active", "unknown"))
        starts = str(fact.data.get("enabled", "")) in ("enabled", "enabled-runtime", "static", "alias")
        if state == "active" or (state == "unknown" and starts):
            found[str(fact.data.get("path") or name).rpartition("/")[2]] = None
    return list(found)
