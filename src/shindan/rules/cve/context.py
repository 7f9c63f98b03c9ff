"""What of a host decides whether a guarded row counts: entitlements, installed packages, repositories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shindan.model.advisory import AffectedRow, Condition
from shindan.model.inventory import Inventory
from shindan.rules.cve.subject import Subject

_HOST_WIDE = frozenset({"entitlement", "installed", "not_installed"})


@dataclass(frozen=True, slots=True)
class Context:
    """One host's side of the conditions: enabled entitlements (`esm-infra`, `fips`) and installed package names."""

    entitlements: frozenset[str] = frozenset()
    installed: frozenset[str] = frozenset()

    def holds(self, condition: Condition, subject: Subject) -> bool:
        """Whether one condition holds for a subject on this host; an unknown kind of condition does not."""
        values = condition.values
        match condition.kind:
            case "arch":
                return subject.arch in ("", "all", "noarch") or subject.arch in values
            case "module":
                return not subject.module or any(_same_stream(subject.module, value) for value in values)
            case "repository":
                return not subject.repository or subject.repository in values
            case "entitlement":
                return any(self._entitled(value, subject) for value in values)
            case "installed":
                return any(value in self.installed for value in values)
            case "not_installed":
                return not any(value in self.installed for value in values)
        return False

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
    return Context(enabled, frozenset(subject.name for subject in subjects))


def locked_by(row: AffectedRow, subject: Subject, context: Context) -> str:
    """The entitlement that a row needs and the host lacks, or ""."""
    for condition in row.only_if:
        if condition.kind == "entitlement" and not context.holds(condition, subject):
            return " or ".join(condition.values)
    return ""


def applies(row: AffectedRow, subject: Subject, context: Context) -> bool:
    """Whether every condition but entitlements holds: those lock a fix away, not the disclosure."""
    return all(c.kind == "entitlement" or context.holds(c, subject) for c in row.only_if)


def depends_on_host(row: AffectedRow) -> bool:
    """Whether the row's verdict can differ between hosts that have the very same package."""
    return any(condition.kind in _HOST_WIDE for condition in row.only_if)


def _same_stream(label: str, wanted: str) -> bool:
    return label == wanted or label.startswith(f"{wanted}:")
