"""Check kind `sysctl`: a kernel parameter as it is now, and as it will be after the next boot.

The running value is that of facts `sysctl`; the persisted one is what the last assignment says in the files that
systemd-sysctl reads (sysctl.d(5)): by file name over all folders, /etc before /run before /usr/lib for equal names.
`/etc/sysctl.conf` counts only where a link in one of the folders leads to it. A `*` in the key means every instance.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

from shindan.model.outcome import Evidence
from shindan.rules.checks.comparison import Comparison, comparison
from shindan.rules.checks.kind import ABSENT, Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, absent, all_of, judged
from shindan.rules.examined import Examined
from shindan.rules.files.sysctl_files import persisted

_LAYERS = ("runtime", "persisted")


def _run(host: Examined, p: Arguments) -> Result:
    key, wanted = p["key"], comparison(p)
    assert wanted is not None
    if host.in_container and not key.startswith("net."):
        return Result("not_applicable", reason="the host is a container, whose kernel is another host's")
    if key.startswith("net.ipv6.") and _has_no_ipv6(host):
        return Result("not_applicable", reason="the kernel has IPv6 switched off")
    layers = p["layers"]
    results = [_runtime(host, key, wanted, p["absent"])] if "runtime" in layers else []
    return all_of([*results, _persisted(host, key, wanted)] if "persisted" in layers else results)


def _runtime(host: Examined, key: str, wanted: Comparison, missing: str) -> Result:
    found = list(_instances(host, key))
    if not found:
        return absent(missing, Evidence(key, "the kernel has no such parameter", str(wanted)))
    return judged(
        [(wanted.holds(value), Evidence(name, value, str(wanted))) for name, value in found], empty=Result("pass")
    )


def _instances(host: Examined, key: str) -> Iterator[tuple[str, str]]:
    if "*" not in key:
        fact = host.one("sysctl", key)
        if fact is not None:
            yield key, str(fact.data["value"])
        return
    for fact in host.all("sysctl"):
        if fnmatch.fnmatchcase(fact.subject, key):
            yield fact.subject, str(fact.data["value"])


def _persisted(host: Examined, key: str, wanted: Comparison) -> Result:
    said = host.view("sysctl persisted", persisted).get(key)
    if said is None:
        return Result("fail", (Evidence(f"{key} after the next boot", "set in no file", str(wanted)),))
    evidence = Evidence(f"{key} in {said.place}", said.value, str(wanted))
    return Result("pass" if wanted.holds(said.value) else "fail", (evidence,))


def _has_no_ipv6(host: Examined) -> bool:
    """Without IPv6 the kernel has none of these parameters at all."""
    return host.view(
        "no ipv6", lambda host: not any(one.subject.startswith("net.ipv6.conf.") for one in host.all("sysctl"))
    )


KIND = Kind(
    "sysctl",
    "a kernel parameter, now and after the next boot",
    {
        "key": Parameter("string", "with dots: `net.ipv4.conf.*.rp_filter`; `*` is every instance", required=True),
        "layers": Parameter("strings", "where to look", default=["runtime", "persisted"], choices=_LAYERS),
        "absent": ABSENT,
    },
    _run,
    ("sysctl", "text"),
    compares="required",
)
