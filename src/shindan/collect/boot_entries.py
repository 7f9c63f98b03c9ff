"""Which kernel boots next by the boot loader's entries, one file each, and by the GRUB of old. Python 3.6 grammar.

Source: the Boot Loader Specification (https://uapi-group.org/specifications/specs/boot_loader_specification/); GRUB's
`blscfg` as Fedora and its kin patch it in, with `saved_entry` in its environment block; GRUB Legacy's manual
("Configuration": `default`, `title`, `kernel`).
"""

import os
import re
from typing import Dict, List, NamedTuple

from shindan.collect.release_order import natural
from shindan.collect.root import Root, first_of
from shindan.collect.unavailable import Unavailable

_ENTRIES = "/boot/loader/entries"
_ENVIRONMENTS = ("/boot/grub2/grubenv", "/boot/grub/grubenv")
_LEGACY = ("/boot/grub/grub.conf", "/boot/grub/menu.lst")
_IMAGE = re.compile(r"^\s*(?:linux|kernel)\s+\S*vmlinu[zx]-(\S+)")
_MOST = 200


class _Entry(NamedTuple):
    id: str
    title: str
    version: str
    release: str


def by_entries(root: Root) -> str:
    """The release of the chosen entry, else of the newest; "" where there are no entries."""
    entries = [_entry(root, name) for name in root.names(_ENTRIES)[:_MOST] if name.endswith(".conf")]
    entries = sorted((one for one in entries if one.release), key=lambda one: natural(one.version), reverse=True)
    if not entries:
        return ""
    said = environment(root)
    wanted = said.get("next_entry") or said.get("saved_entry") or ""
    for position, one in enumerate(entries):
        if wanted in (one.id, one.title, str(position)):
            return one.release
    return entries[0].release


def by_legacy(root: Root) -> str:
    """The release of the entry that GRUB Legacy's `default` counts to; "" where it is not configured."""
    path = first_of(root, _LEGACY)
    if path is None:
        return ""
    try:
        lines = root.text(path)
    except (FileNotFoundError, Unavailable):
        return ""
    default = next((line.split("=", 1)[1].strip() for line in lines if re.match(r"^\s*default\s*=", line)), "0")
    releases: List[str] = []
    for line in lines:
        image = _IMAGE.match(line)
        if re.match(r"^\s*title\b", line):
            releases.append("")
        elif image is not None and releases and not releases[-1]:
            releases[-1] = image.group(1)
    return releases[int(default)] if default.isdigit() and int(default) < len(releases) else ""


def environment(root: Root) -> Dict[str, str]:
    """GRUB's environment block; empty where there is none that can be read."""
    path = first_of(root, _ENVIRONMENTS)
    try:
        lines = root.text(path) if path is not None else []
    except (FileNotFoundError, Unavailable):
        lines = []
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {name: value.strip() for name, value in pairs}


def _entry(root: Root, name: str) -> _Entry:
    said: Dict[str, str] = {}
    release = ""
    try:
        for line in root.text("{}/{}".format(_ENTRIES, name)):
            image = _IMAGE.match(line)
            release = image.group(1) if image is not None else release
            word, _, rest = line.strip().partition(" ")
            said.setdefault(word, rest.strip())
    except (FileNotFoundError, Unavailable):
        pass
    version = said.get("version", "") or release
    return _Entry(os.path.splitext(name)[0], said.get("title", ""), version, release or version)
