"""What an administrator types to be rid of findings: the packages to update, and the command that does it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shindan.model.result import Finding, Host, Package
from shindan.model.severity import RANK, Severity
from shindan.render.words import named

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._:-]*")
"""Names that a shell and a package manager take as names and nothing else; a hostile one is never put in a command."""

_RELEASED_KERNEL = re.compile(r"linux-[a-z-]+-\d")
"""Debian's and Ubuntu's kernel packages carry the release in their name: a fix is a new package, not a new version."""

_APT_UPGRADE = "apt-get upgrade --with-new-pkgs"


@dataclass(frozen=True, slots=True)
class Update:
    """One package whose update removes `findings` findings.

    `versions` are those that its findings name as fixed. The newest of them is wanted, which is what a package
    manager takes; this room compares no versions.
    """

    package: Package
    versions: tuple[str, ...]
    findings: int
    worst: Severity
    kev: bool

    @property
    def is_kernel(self) -> bool:
        """Whether the fix comes as a new package beside this one, and counts after a reboot."""
        return self.package.type == "deb" and _RELEASED_KERNEL.match(self.package.name) is not None


@dataclass(frozen=True, slots=True)
class Command:
    """Words to type as root: `lead` and then the package names; `remark` says what else it does."""

    lead: str
    names: tuple[str, ...] = ()
    remark: str = ""

    @property
    def line(self) -> str:
        """The command as one line."""
        return " ".join((self.lead, *self.names))


def updates_of(findings: Iterable[Finding]) -> tuple[Update, ...]:
    """Packages with findings that count and have a fix, in the order of their first one."""
    fixable: dict[Package, list[Finding]] = {}
    for finding in findings:
        if finding.counts and finding.package is not None and finding.fixed_version:
            fixable.setdefault(finding.package, []).append(finding)
    return tuple(_update(package, several) for package, several in fixable.items())


def _update(package: Package, findings: Sequence[Finding]) -> Update:
    versions = tuple(dict.fromkeys(finding.fixed_version for finding in findings if finding.fixed_version))
    worst = min((finding.severity for finding in findings), key=RANK.__getitem__)
    return Update(package, versions, len(findings), worst, any(finding.kev for finding in findings))


def commands_of(updates: Sequence[Update], host: Host) -> tuple[Command, ...]:
    """The commands that make these updates, one a package manager."""
    debs = [update for update in updates if update.package.type == "deb"]
    commands = [
        Command("apt-get install --only-upgrade", _names([u for u in debs if not u.is_kernel], host)),
        Command(_rpm_lead(host), _names([u for u in updates if u.package.type == "rpm"], host)),
        Command("apk add --upgrade", _names([u for u in updates if u.package.type == "apk"], host)),
    ]
    made = [command for command in commands if command.names]
    if any(update.is_kernel for update in debs):
        made.append(Command(_APT_UPGRADE, remark="with the new kernel; then reboot"))
    return tuple(made)


def whole_upgrade(host: Host, updates: Sequence[Update]) -> str:
    """The command that takes every update there is."""
    type_ = updates[0].package.type if updates else "deb"
    return {"deb": _APT_UPGRADE, "apk": "apk upgrade"}.get(type_, _rpm_lead(host))


def _rpm_lead(host: Host) -> str:
    id_, _, version = host.platform.partition(":")
    if id_.startswith(("sle", "opensuse", "suse")):
        return "zypper update"
    old = id_ in ("amzn", "centos", "rhel", "ol") and version in ("1", "2", "5", "6", "7", "2018.03")
    return "yum update" if old else "dnf upgrade"


def _names(updates: Iterable[Update], host: Host) -> tuple[str, ...]:
    names = (named(update.package, host) for update in updates)
    return tuple(dict.fromkeys(name for name in names if _SAFE_NAME.fullmatch(name)))
