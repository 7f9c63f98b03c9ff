"""Which distribution and release an update of a repository speaks of; no form says so, every publisher hints at it."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), template)
    for pattern, template in (
        (r"amazon[- ]linux[- ](20\d\d)", "amzn:{}"),
        (r"amazon[- ]linux[- ](2)\b", "amzn:{}"),
        (r"amazon[- ]linux[- ]ami", "amzn:1"),
        (r"almalinux[- ](\d+)", "almalinux:{}"),
        (r"rocky[- ]linux[- ](\d+)", "rocky:{}"),
        (r"(?:^|\s)rl-?(\d+)\b", "rocky:{}"),
        (r"oracle[- ]linux[- ](\d+)", "ol:{}"),
        (r"(?:^|\s)ol(\d+)_", "ol:{}"),
        (r"fedora epel (\d+)", "epel:{}"),
        (r"(?:fedora|(?:^|\s)epel)[- ]epel-(\d+)", "epel:{}"),
        (r"fedora (\d+)", "fedora:{}"),
        (r"red hat enterprise linux (\d+)|\brhel-(\d+)-", "rhel:{}"),
        (r"opensuse-sle-(\d+\.\d+)|opensuse[- ]leap[- ](\d+\.\d+)", "opensuse-leap:{}"),
        (r"opensuse[- ]tumbleweed", "opensuse-tumbleweed"),
        (r"\bbottlerocket\b", "bottlerocket"),
    )
)
_SUSE = re.compile(r"\b(?:suse-sle-|suse linux enterprise |sle-)[a-z_ -]*?-?(\d\d)(?:[- .](?:sp)?(\d)\b)?")
_PREFIXES = {"ALSA": "almalinux", "RLSA": "rocky", "RXSA": "rocky", "ELSA": "ol", "RHSA": "rhel"}
_DIST = re.compile(r"[._]el(\d+)")


def platform_of(words: Iterable[str], advisory: str, release: str) -> str:
    """The platform key, or "" where nothing tells.

    `words` are the names of the update's collections and its own `release`; `advisory` its id; `release` the
    release part of any of its packages.
    """
    said = " ".join(words).lower()
    for pattern, template in _NAMED:
        match = pattern.search(said)
        if match:
            return template.format(next((group for group in match.groups() if group), ""))
    suse = _SUSE.search(f"{said} {advisory.lower()}")
    if suse:
        return f"sles:{suse[1]}{'.' + suse[2] if suse[2] else ''}"
    distribution, dist = _PREFIXES.get(re.split(r"[-:]", advisory)[0]), _DIST.search(release)
    return f"{distribution}:{dist[1]}" if distribution and dist else ""
