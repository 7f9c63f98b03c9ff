"""Arguments of the kernel that runs and of those that can be booted. Python 3.6 grammar.

Source: proc_cmdline(5), the Boot Loader Specification (https://uapi-group.org/specifications/specs/boot_loader_specification/),
GRUB's manual, and GRUB Legacy's (`title`, `kernel`).
"""

import os
import re
from typing import Any, Dict, Iterator, List

from shindan.collect.base import Collector
from shindan.collect.boot import default_release
from shindan.collect.grub_menu import MenuEntry, arguments, assignments, entries, guard
from shindan.collect.release_order import natural
from shindan.collect.root import Root, first_of
from shindan.collect.secrets_in_texts import without_secrets
from shindan.facts.fact import Fact

_CONFIGURATIONS = ("/boot/grub2/grub.cfg", "/boot/grub/grub.cfg")
_EFI = "/boot/efi/EFI"
_ENTRY_FOLDERS = ("/boot/loader/entries", "/efi/loader/entries", "/boot/efi/loader/entries")
_LEGACY = ("/boot/grub/grub.conf", "/boot/grub/menu.lst")
_KERNEL = re.compile(r"vmlinu[zx]-(\S+)$")
_LONGEST = 64 * 1024
_MOST = 200


class Boot(Collector):
    """Subject `running` on a live host, one fact an entry of each loader that is configured, and `grub`."""

    name = "boot"
    kinds = ("boot",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if root.live:
            line = root.head("/proc/cmdline", _LONGEST).decode("utf-8", "replace")
            yield Fact("boot", "running", {"arguments": _told(arguments(line, {}))})
        found = list(_by_specification(root))
        loader = "bls" if found else "grub"
        configurations = _configurations(root)
        for path in configurations:
            if not found:
                found = list(entries(root.text(path), _environment(root, path)))
        if not found and not configurations:
            found, loader = list(_by_legacy(root)), "legacy"
        following = _following(root, found)
        for one in found:
            yield _fact(one, loader, bool(following) and one is following)
        if configurations:
            yield _grub(root, configurations)


def _following(root: Root, found: List[MenuEntry]) -> Any:
    """The entry that boots next: the first one of the release that does."""
    releases = sorted({one.kernel for one in found if one.kernel}, key=natural)
    following = default_release(root, releases) if releases else ""
    return next((one for one in found if one.kernel and one.kernel == following), None)


def _fact(one: MenuEntry, loader: str, default: bool) -> Fact:
    data: Dict[str, Any] = {"arguments": _told(one.arguments), "loader": loader, "default": default}
    if one.kernel:
        data["kernel"] = one.kernel
    return Fact("boot", one.name, data)


def _told(words: List[str]) -> List[str]:
    return [without_secrets(word) for word in words]


def _configurations(root: Root) -> List[str]:
    """GRUB's configurations that are there; on EFI systems of the Red Hat family it may lie on the EFI partition."""
    places = list(_CONFIGURATIONS) + ["{}/{}/grub.cfg".format(_EFI, name) for name in root.names(_EFI)[:_MOST]]
    return [path for path in places if root.exists(path)]


def _grub(root: Root, configurations: List[str]) -> Fact:
    """What guards the entries; that of the configuration which is more than a reference to another."""
    superusers = password = False
    for path in configurations:
        said = guard(root.text(path), _assignments(root, os.path.dirname(path) + "/user.cfg"))
        superusers, password = superusers or said.superusers, password or said.password
    return Fact("boot", "grub", {"superusers": superusers, "password": password, "cfg": configurations[0]})


def _environment(root: Root, path: str) -> Dict[str, str]:
    return _assignments(root, os.path.dirname(path) + "/grubenv")


def _assignments(root: Root, path: str) -> Dict[str, str]:
    try:
        return assignments(root.text(path))
    except FileNotFoundError:
        return {}


def _by_specification(root: Root) -> Iterator[MenuEntry]:
    folder = first_of(root, _ENTRY_FOLDERS)
    if folder is None:
        return
    variables: Dict[str, str] = {}
    for path in ("/boot/grub2/grubenv", "/boot/grub/grubenv"):
        variables = variables or _assignments(root, path)
    for name in [name for name in root.names(folder) if name.endswith(".conf")][:_MOST]:
        options: List[str] = []
        kernel = ""
        for line in root.text("{}/{}".format(folder, name)):
            word, _, rest = line.strip().partition(" ")
            if word == "options":
                options += arguments(rest, variables)
            elif word == "linux":
                match = _KERNEL.search(rest.strip())
                kernel = match.group(1) if match is not None else kernel
            elif word == "version":
                kernel = kernel or rest.strip()
        yield MenuEntry(name[: -len(".conf")], kernel, options)


def _by_legacy(root: Root) -> Iterator[MenuEntry]:
    path = first_of(root, _LEGACY)
    title = ""
    for line in root.text(path) if path is not None else ():
        word, _, rest = line.strip().partition(" ")
        if word == "title":
            title = rest.strip()
        elif word == "kernel" and title:
            image, _, options = rest.strip().partition(" ")
            match = _KERNEL.search(image)
            yield MenuEntry(title, match.group(1) if match is not None else "", arguments(options, {}))
            title = ""
