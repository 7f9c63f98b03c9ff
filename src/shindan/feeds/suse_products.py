"""SUSE's product names → platforms, so that a record for one service pack never speaks of another.

Names as SUSE's OVAL and CSAF write them: `SUSE Linux Enterprise Server 15 SP3-LTSS`, `openSUSE Leap 15.5`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from shindan.model.advisory import Condition

_SLE = re.compile(
    r"^SUSE Linux Enterprise (?P<name>.+?) (?P<major>\d\d)"
    r"(?:\.(?P<minor>\d))?(?:[ -]SP(?P<pack>\d))?(?:-(?P<paid>.+))?$"
)
_OTHERS = (
    (re.compile(r"^openSUSE Leap Micro (\d+\.\d+)$"), "leap-micro:{}"),
    (re.compile(r"^openSUSE Leap (\d+\.\d+)"), "opensuse-leap:{}"),
    (re.compile(r"^openSUSE Tumbleweed"), "opensuse-tumbleweed"),
    (re.compile(r"^openSUSE (\d+\.\d+)"), "opensuse:{}"),
    (re.compile(r"^suse(\d\d)(\d)$"), "opensuse:{}.{}"),
    (re.compile(r"^SUSE Linux Enterprise Micro (\d+\.\d+)"), "sle-micro:{}"),
    (re.compile(r"^SUSE Linux Micro (\d+\.\d+)"), "sl-micro:{}"),
    (re.compile(r"^sles(\d+)-sp(\d)\b"), "sles:{}.{}"),
    (re.compile(r"^core(\d+)$"), "sles:{}"),
)
_SERVERS = ("Server", "Module for ", "Live Patching", "Software Development Kit", "High Availability", "Workstation")
_SLE_12_PACKS = ("", ".1", ".2", ".3", ".4", ".5")
_SLUG = re.compile(r"[^a-z0-9.]+")


@dataclass(frozen=True, slots=True)
class Place:
    """One platform of a product, and what a host needs for it."""

    platform: str
    only_if: tuple[Condition, ...] = ()


@lru_cache(maxsize=4096)
def places(product: str) -> tuple[Place, ...]:
    """The platforms of a product; one by the product's own name where it is no operating system of SUSE's.

    Modules and extensions of SUSE Linux Enterprise are open to its servers. Those of version 12 serve every service
    pack. Long-term support and the editions for SAP stand behind an entitlement (`ltss`, `espos`, `sap` …).
    """
    for pattern, template in _OTHERS:
        match = pattern.match(product)
        if match:
            return (Place(template.format(*match.groups())),)
    match = _SLE.match(product)
    if match is None:
        return (Place(f"suse-product:{_slug(product)}"),)
    name, major = match["name"], match["major"]
    pack = match["pack"] or match["minor"] or ""  # `15 SP3` is 15.3 in os-release, `16.0` is itself
    paid = [word for word in ((match["paid"] or "").lower(), "sap" if "SAP" in name else "") if word]
    guards = (Condition("entitlement", tuple(paid)),) if paid else ()
    release = f"{major}.{pack}" if pack else major
    if name == "Desktop":
        return (Place(f"sled:{release}", guards),)
    if name.startswith("High Performance Computing"):
        return (Place(f"sle-hpc:{release}", guards),)
    if not name.startswith(_SERVERS):
        return (Place(f"suse-product:{_slug(product)}", guards),)
    if major == "12" and not pack and not name.startswith("Server"):
        return tuple(Place(f"sles:12{each}", guards) for each in _SLE_12_PACKS)
    return (Place(f"sles:{release}", guards),)


def _slug(product: str) -> str:
    return _SLUG.sub("-", product.lower()).strip("-")
