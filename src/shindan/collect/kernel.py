"""The kernel that runs, those that are installed, and whether another waits for a reboot. Python 3.6 grammar.

Which package owns the running kernel is asked of dpkg's file lists by the image's path, never guessed from text: a
Debian 13 runs `6.12.90+deb13.1-amd64` from a package called `linux-image-6.12.90+deb13-amd64`.
"""

import os
import re
from typing import Any, Dict, Iterator, List, Tuple

from shindan.collect.base import Collector
from shindan.collect.root import Root, Unavailable
from shindan.facts.fact import Fact

_INFO = "/var/lib/dpkg/info"
_BOOT = "/boot"
_FLAGS = ("/run/reboot-required", "/var/run/reboot-required")
_WHO = ("/run/reboot-required.pkgs", "/var/run/reboot-required.pkgs")
_LIVEPATCH = "/sys/kernel/livepatch"
_DIGITS = re.compile(r"(\d+)")


class Kernels(Collector):
    """Subject `running` (not below a root), and one fact for each image under /boot that a package owns."""

    name = "kernel"
    kinds = ("kernel",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        owners = _owners(root)
        release = os.uname().release if root.live else ""
        following = _boots_next(root, [name for name, _ in owners])
        if release:
            yield Fact("kernel", "running", self._running(root, release, dict(owners), following))
        for installed, package in owners:
            data = {"release": installed, "package": package}  # type: Dict[str, Any]
            if release:
                data["running"] = installed == release
            if following:
                data["boots_next"] = installed == following
            yield Fact("kernel", installed, data)

    def _running(self, root: Root, release: str, owners: Dict[str, str], following: str) -> Dict[str, Any]:
        data = {"release": release, "version": os.uname().version}  # type: Dict[str, Any]
        if release in owners:
            data["package"] = owners[release]
        reasons = _reasons(root)
        if release in owners and following and following != release:
            reasons.append("kernel {} boots next".format(following))
        data["reboot_required"] = bool(reasons)
        if reasons:
            data["reboot_reasons"] = reasons
        patches = [name for name in root.names(_LIVEPATCH) if _enabled(root, name)]
        if patches:
            data["livepatches"] = patches
        return data


def _owners(root: Root) -> List[Tuple[str, str]]:
    """(release, package) of each kernel image that a package owns, the newest last by natural order."""
    found = []
    for name in root.names(_INFO):
        if not name.startswith("linux-image-") or not name.endswith(".list"):
            continue
        package = name[: -len(".list")].split(":")[0]
        try:
            for line in root.text(_INFO + "/" + name):
                if line.startswith(_BOOT + "/vmlinuz-") and root.exists(line):
                    found.append((line[len(_BOOT + "/vmlinuz-") :], package))
        except (FileNotFoundError, Unavailable):
            continue
    return sorted(found, key=lambda pair: natural(pair[0]))


def _boots_next(root: Root, releases: List[str]) -> str:
    """What the boot loader takes by default: where the `vmlinuz` link points, else the newest image."""
    for link in ("/vmlinuz", "/boot/vmlinuz"):
        target = root.link(link)
        if target is not None:
            release = os.path.basename(target)[len("vmlinuz-") :]
            if release in releases:
                return release
    return releases[-1] if releases else ""


def _reasons(root: Root) -> List[str]:
    """Who asked for a reboot (update-notifier's files); the bare flag counts too."""
    for path in _WHO:
        if root.exists(path):
            try:
                return sorted({line.strip() for line in root.text(path) if line.strip()})[:50]
            except (FileNotFoundError, Unavailable):
                break
    return ["a package asked for it"] if any(root.exists(path) for path in _FLAGS) else []


def _enabled(root: Root, name: str) -> bool:
    try:
        return root.text("{}/{}/enabled".format(_LIVEPATCH, name))[:1] == ["1"]
    except (FileNotFoundError, Unavailable):
        return False


def natural(text: str) -> List[Any]:
    """Order in which 6.8.0-100 comes after 6.8.0-31."""
    return [int(part) if part.isdigit() else part for part in _DIGITS.split(text)]

