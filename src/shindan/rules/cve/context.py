"""What of a host decides whether a guarded row counts: entitlements, installed packages, repositories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shindan.model.advisory import AffectedRow, Condition
from shindan.model.inventory import Inventory
from shindan.rules.cve.subject import Subject
from shindan.versions import SCHEMES, compare

_HOST_WIDE = frozenset({"entitlement", "installed", "not_installed"})

Build = tuple[str, str, str]
"""Name, package type and version of an installed package."""


@dataclass(frozen=True, slots=True)
class Context:
    """One host's side of the conditions: enabled entitlements (`esm-infra`, `fips`) and installed packages.

    `builds` are the versions of the `installed` ones, for conditions of the form `NAME>=VERSION`.
    """

    entitlements: frozenset[str] = frozenset()
    installed: frozenset[str] = frozenset()
    builds: frozenset[Build] = frozenset()

    def holds(self, condition: Condition, subject: Subject) -> bool:
        """Whether one condition holds for a subject on this host; an unknown kind of condition does not."""
        values = condition.values
        match condition.kind:
            case "arch":
                return subject.arch in ("", "all", "noarch") or subject.arch in values
            case "module":
                if not subject.module:  # a module build whose label was not kept may be of any stream
                    return subject.is_module_build or subject.type != "rpm"
                return any(_same_stream(subject.module, value) for value in values)
            case "repository":
                return not subject.repository or subject.repository in values
            case "entitlement":
                return any(self._entitled(value, subject) for value in values)
            case "installed":
                return any(self._has(value) for value in values)
            case "not_installed":
                return not any(self._has(value) for value in values)
        return False

    def _has(self, wanted: str) -> bool:
        """Whether a package is installed; `NAME>=VERSION` asks for a version, too."""
        name, at_least, version = wanted.partition(">=")
        if name not in self.installed:
            return False
        return not at_least or any(
            own == name and type_ in SCHEMES and compare(type_, installed, version) in (0, 1)
            for own, type_, installed in self.builds
        )

    def _entitled(self, service: str, subject: Subject) -> bool:
        """An enabled service, or a package that came from one: nobody has an `+esm1` version without it."""
        enabled = any(name == service or name.startswith(f"{service}-") for name in self.entitlements)
        return enabled or service in subject.installed_version


def context_of(inventory: Inventory, subjects: Iterable[Subject]) -> Context:
    """The context of a host: Ubuntu Pro services that are enabled, and what is installed."""
    pro = inventory.one("repository", "ubuntu-pro")
    services = pro.data.get("services") if pro else None
    enabled = (
        frozenset(name for name, state in services.items() if state in ("enabled", True))
        if isinstance(services, dict)
        else frozenset()
    )
    builds = frozenset((subject.name, subject.type, subject.installed_version) for subject in subjects)
    return Context(enabled, frozenset(name for name, _, _ in builds), builds)


def locked_by(row: AffectedRow, subject: Subject, context: Context) -> str:
    """The entitlement that a row needs and the host lacks, or ""."""
    for condition in row.only_if:
        if condition.kind == "entitlement" and not context.holds(condition, subject):
            return " or ".join(condition.values)
    return ""


def applies(row: AffectedRow, subject: Subject, context: Context) -> bool:
    """Whether every condition holds, but for entitlements of Ubuntu: those lock a fix away, not the disclosure.

    An rpm's entitlement is a stream of its own (EUS, LTSS) with builds that no other host sees.
    A row about all versions of a plain rpm says nothing of a build for a module stream, which is listed as such.
    """
    if not row.only_if:
        return bool(row.fixed or row.last_affected) or not subject.is_module_build
    if not (row.fixed or row.last_affected) and subject.is_module_build and not _of_module(row):
        return False
    return all((c.kind == "entitlement" and subject.type == "deb") or context.holds(c, subject) for c in row.only_if)


def unlocked(row: AffectedRow, subject: Subject, context: Context) -> bool:
    """Whether a row stands behind an entitlement that the host has."""
    if not row.only_if:
        return False
    entitlements = [c for c in row.only_if if c.kind == "entitlement"]
    return bool(entitlements) and all(context.holds(c, subject) for c in entitlements)


def depends_on_host(row: AffectedRow) -> bool:
    """Whether the row's verdict can differ between hosts that have the very same package."""
    return any(condition.kind in _HOST_WIDE for condition in row.only_if)


def _of_module(row: AffectedRow) -> bool:
    return any(condition.kind == "module" for condition in row.only_if)


def _same_stream(label: str, wanted: str) -> bool:
    return label == wanted or label.startswith(f"{wanted}:")
