"""Findings by package, the worst first; packages of one source with the very same findings stand together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shindan.model.packages import PackageName, package
from shindan.model.result import Finding, Package

_Key = tuple[Package | None, PackageName, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Packages that share their findings, such as `libssl3` and `openssl`: the same flaws, versions and fixes.

    `packages` is empty for findings about the host itself. `findings` are those of the first package: each stands
    for one of every package of the group.
    """

    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]

    @property
    def about(self) -> str:
        """What stands in place of packages' names: the host, or the rules package whose rules these are."""
        name = self.findings[0].rules_package
        return "this host" if name == "cve" else package(name).title

    @property
    def uncounted(self) -> str:
        """Why its findings do not count; "" where they do."""
        return uncounted(self.findings[0])


def groups_of(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Groups in the order of their first finding (the service gives the worst first), those that count first.

    Findings of one package that do not count stand apart from those that do, and so do those of another reason.
    """
    by_package: dict[_Key, list[Finding]] = {}
    for finding in findings:
        by_package.setdefault((finding.package, finding.rules_package, uncounted(finding)), []).append(finding)
    alike: dict[object, list[_Key]] = {}
    for key, several in by_package.items():
        alike.setdefault(_likeness(key, several), []).append(key)
    groups = [
        Group(tuple(installed for installed, _, _ in keys if installed is not None), tuple(by_package[keys[0]]))
        for keys in alike.values()
    ]
    return tuple(sorted(groups, key=lambda group: group.uncounted != ""))


def uncounted(finding: Finding) -> str:
    """Why a finding does not count, in words; "" where it does."""
    if not finding.active:
        return f"inactive: {finding.inactive_reason}"
    return f"ignored ({finding.ignored_as.replace('_', ' ')}): {finding.ignored}" if finding.ignored else ""


def _likeness(key: _Key, findings: list[Finding]) -> object:
    """Equal for packages that a reader need not tell apart."""
    installed, _, why = key
    if installed is None:
        return key
    shared = frozenset((f.id, f.fixed_version, f.severity) for f in findings)
    return (installed.type, installed.source, installed.source_version, installed.version, installed.arch, why, shared)
