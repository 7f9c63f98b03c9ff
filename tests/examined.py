"""Hosts for tests of rules: a few facts, and everything that is about them."""

from __future__ import annotations

from typing import Any

from shindan.facts.fact import Fact
from shindan.model.inventory import Inventory
from shindan.rules.examined import Examined

PLATFORM = Fact("platform", "os", {"id": "debian", "version_id": "12", "arch": "amd64"})


def fact(kind: str, subject: str, /, **data: Any) -> Fact:
    """A fact."""
    return Fact(kind, subject, data)


def package(name: str, version: str = "1.0-1", type_: str = "deb") -> Fact:
    """An installed package."""
    return Fact("package", name, {"type": type_, "version": version, "arch": "amd64"})


def gap(collector: str, reason: str, *kinds: str) -> Fact:
    """What a collector says that could not look."""
    return Fact("gap", collector, {"reason": reason, "kinds": list(kinds)})


def host(*facts: Fact, platform: Fact = PLATFORM) -> Examined:
    """A host of these facts, a Debian 12 unless another platform is given."""
    return Examined(Inventory([platform, *facts]))
