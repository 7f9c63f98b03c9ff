"""Findings by package, the worst first; packages of one source with the very same findings stand together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shindan.model.result import Finding, Package


@dataclass(frozen=True, slots=True)
class Group:
    """Packages that share their findings, such as `libssl3` and `openssl`: the same flaws, versions and fixes.

    `packages` is empty for findings about the host itself. `findings` are those of the first package: each stands
    for one of every package of the group.
    """

    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]

    @property
    def uncounted(self) -> str:
        """Why its findings do not count; "" where they do."""
        return uncounted(self.findings[0])


def groups_of(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Groups in the order of their first finding (the service gives the worst first), those that count first.

    Findings of one package that do not count stand apart from those that do, and so do those of another reason.
    """
    by_package: dict[tuple[Package | None, str], list[Finding]] = {}
    for finding in findings:
        by_package.setdefault((finding.package, uncounted(finding)), []).append(finding)
    alike: dict[object, list[tuple[Package | None, str]]] = {}
    for (package, why), several in by_package.items():
        alike.setdefault(_likeness(package, why, several), []).append((package, why))
    groups = [
        Group(tuple(package for package, _ in keys if package is not None), tuple(by_package[keys[0]]))
        for keys in alike.values()
    ]
    return tuple(sorted(groups, key=lambda group: group.uncounted != ""))


def uncounted(finding: Finding) -> str:
    """Why a finding does not count, in words; "" where it does."""
    if not finding.active:
        return f"inactive: {finding.inactive_reason}"
    return f"ignored ({finding.ignored_as.replace('_', ' ')}): {finding.ignored}" if finding.ignored else ""


def _likeness(package: Package | None, why: str, findings: list[Finding]) -> object:
    """Equal for packages that a reader need not tell apart."""
    if package is None:
        return why
    shared = frozenset((f.id, f.fixed_version, f.severity) for f in findings)
    return (package.type, package.source, package.source_version, package.version, package.arch, why, shared)
