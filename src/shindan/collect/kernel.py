"""The kernel that runs, those that are installed, and whether another waits for a reboot. Python 3.6 grammar.

Which package owns a kernel is asked of dpkg's file lists or of rpm's headers by the image's path, never guessed from
text: a Debian 13 may run `6.12.90+deb13.1-amd64` from a package called `linux-image-6.12.90+deb13-amd64`.
"""

import os
import re
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Optional

from shindan.collect.base import Collector
from shindan.collect.boot import default_release
from shindan.collect.dpkg import INFO, entries
from shindan.collect.release_order import natural
from shindan.collect.root import Root, first_of
from shindan.collect.rpm_kernels import rpm_kernels
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_BOOT = "/boot"
_IMAGE = re.compile(r"^vmlinu[zx]-(.+)$")
_NO_KERNEL = re.compile(r"\.(old|dpkg-\w+|bak|efi\.signed|hmac)$")
_LIKELY_OWNER = re.compile(r"linux|kernel")
_FLAGS = ("/run/reboot-required", "/var/run/reboot-required", "/run/reboot-needed", "/var/run/reboot-needed")
_WHO = ("/run/reboot-required.pkgs", "/var/run/reboot-required.pkgs")
_MOST_REASONS = 50
_LIVEPATCH = "/sys/kernel/livepatch"
_DEBIAN_BUILD = re.compile(r"\bDebian (\S+) \(")


class Running(NamedTuple):
    """What `uname -r` and `uname -v` say; both empty where no kernel of this root runs."""

    release: str
    version: str


class Image(NamedTuple):
    """An installed kernel: its release, its image, the package that owns it and that package's version, if any."""

    release: str
    path: str
    package: str
    version: str


class Kernels(Collector):
    """Subject `running` (not below a root), and one fact for each image under /boot that a package owns.

    In a container no image is found: then the release is all that is told, since the kernel is the host's.
    """

    name = "kernel"
    kinds = ("kernel",)

    def __init__(self, running: Optional[Running] = None) -> None:
        self._told = running

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        running = self._running(root)
        images = _images(root)
        following = default_release(root, [image.release for image in images])
        if running.release:
            yield Fact("kernel", "running", _described(root, running, images, following))
        for image in images:
            data: Dict[str, Any] = {"release": image.release, "image": image.path, "package": image.package}
            if image.version:
                data["version"] = image.version
            if running.release:
                data["running"] = image.release == running.release
            if following:
                data["boots_next"] = image.release == following
            yield Fact("kernel", image.release, data)

    def _running(self, root: Root) -> Running:
        if self._told is not None or not root.live:
            return self._told or Running("", "")
        return Running(os.uname().release, os.uname().version)


def _described(root: Root, running: Running, images: List[Image], following: str) -> Dict[str, Any]:
    data: Dict[str, Any] = {"release": running.release, "version": running.version}
    own = next((image for image in images if image.release == running.release), None)
    if own is not None:
        data["package"] = own.package
    reasons = _asked(root) + _waiting(running, own, following)
    # Without an image of ours and without a request nobody knows: the kernel may be a container's host's.
    if reasons or own is not None:
        data["reboot_required"] = bool(reasons)
    if reasons:
        data["reboot_reasons"] = reasons
    patches = [name for name in root.names(_LIVEPATCH) if _in_force(root, name)]
    if patches:
        data["livepatches"] = patches
    return data


def _waiting(running: Running, own: Optional[Image], following: str) -> List[str]:
    """Why another kernel waits: another release boots next, or the running release's package was replaced.

    Debian's kernels name their package's version in `uname -v`; updates that keep the release show only there.
    """
    if own is None:
        return []
    if following and following != running.release:
        return ["kernel {} boots next".format(following)]
    built = _DEBIAN_BUILD.search(running.version)
    if built is not None and own.version and built.group(1) != own.version:
        return ["kernel {} runs as {}, on disk it is {}".format(running.release, built.group(1), own.version)]
    return []


def _images(root: Root) -> List[Image]:
    """The images under /boot that a package owns, the newest last by natural order of their releases."""
    paths: Dict[str, str] = {}
    for name in root.names(_BOOT):
        match = _IMAGE.match(name)
        if match is not None and not _NO_KERNEL.search(name):
            paths["{}/{}".format(_BOOT, name)] = match.group(1)
    owners = _owners(root, frozenset(paths)) if paths else {}
    versions = _versions(root, frozenset(owners.values())) if owners else {}
    found = [Image(paths[path], path, owner, versions.get(owner, "")) for path, owner in owners.items()]
    found.extend(Image(*kernel) for kernel in rpm_kernels(root))
    return sorted(found, key=lambda image: natural(image.release))


def _owners(root: Root, paths: FrozenSet[str]) -> Dict[str, str]:
    """Path to the package in whose file list it stands; packages that sound like kernels are asked first."""
    names = [name for name in root.names(INFO) if name.endswith(".list")]
    names.sort(key=lambda name: not _LIKELY_OWNER.search(name))
    wanted = {path.encode("utf-8", "surrogateescape"): path for path in paths}
    found: Dict[str, str] = {}
    for name in names:
        if not wanted:
            break
        try:
            for line in root.lines("{}/{}".format(INFO, name)):
                if line in wanted:
                    found[wanted.pop(line)] = name[: -len(".list")].split(":")[0]
        except (FileNotFoundError, Unavailable):
            continue
    return found


def _versions(root: Root, packages: FrozenSet[str]) -> Dict[str, str]:
    return {
        entry.name: entry.fields["version"]
        for entry in entries(root)
        if entry.name in packages and entry.fields.get("version")
    }


def _asked(root: Root) -> List[str]:
    """Which packages asked for a reboot (reboot-notifier(8), update-notifier, zypper); the bare flag counts too."""
    if first_of(root, _FLAGS + _WHO) is None:
        return []
    path = first_of(root, _WHO)
    try:
        lines = root.text(path) if path is not None else []
    except (FileNotFoundError, Unavailable):
        lines = []
    packages = sorted({line.strip() for line in lines if line.strip()})
    return ["{} asked for it".format(name) for name in packages[:_MOST_REASONS]] or ["a package asked for it"]


def _in_force(root: Root, name: str) -> bool:
    """Whether a live patch is enabled and no longer in transition (kernel.org, livepatch.rst, sysfs)."""
    state = [_switch(root, "{}/{}/{}".format(_LIVEPATCH, name, what)) for what in ("enabled", "transition")]
    return state[0] == "1" and state[1] != "1"


def _switch(root: Root, path: str) -> str:
    try:
        return root.head(path, 1).decode("ascii", "replace")
    except (FileNotFoundError, Unavailable):
        return ""
