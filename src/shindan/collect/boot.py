"""Which installed kernel the boot loader takes next. Python 3.6 grammar.

Source: GRUB's manual ("Simple configuration": GRUB_DEFAULT; "Environment block"), and linux-update-symlinks(1), which
keeps `/vmlinuz` or `/boot/vmlinuz` for the loaders that follow a link.
"""

import os
import re
from typing import Dict, Iterator, List, NamedTuple, Optional

from shindan.collect.boot_entries import by_entries, by_legacy
from shindan.collect.root import Root, first_of
from shindan.collect.unavailable import Unavailable

_CONFIGURATIONS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")
_LINKS = ("/vmlinuz", "/boot/vmlinuz")
_ENTRY = re.compile(r"^\s*(menuentry|submenu)\s+(?:'([^']*)'|\"([^\"]*)\")")
_ID = re.compile(r"(?:\$menuentry_id_option|--id)\s+['\"]?([^'\"\s{]+)")
_KERNEL = re.compile(r"^\s*linux(?:16|efi)?\s+\S*/vmlinu[zx]-(\S+)")
_DEFAULT = re.compile(r"^\s*set\s+default=\"?([^\"]*)\"?\s*$")
_VARIABLE = re.compile(r"^\$\{?(\w+)\}?$")


class Choice(NamedTuple):
    """One line of GRUB's menu: where it stands (`0`, `1>2`), its title and id, and the kernel it starts, or ""."""

    position: str
    title: str
    id: str
    release: str


def default_release(root: Root, releases: List[str]) -> str:
    """The release that boots next, one of `releases` (the newest last); "" where there are none.

    The loader's entries or GRUB's menu tell it, else a link of Debian's, else the newest is taken as every loader's
    default.
    """
    for told in (by_entries(root), _by_grub(root), by_legacy(root), _by_link(root)):
        if told in releases:
            return told
    return releases[-1] if releases else ""


def _by_link(root: Root) -> str:
    for link in _LINKS:
        target = root.link(link)
        if target is not None:
            return re.sub(r"^vmlinu[zx]-", "", os.path.basename(target))
    return ""


def _by_grub(root: Root) -> str:
    path = first_of(root, _CONFIGURATIONS)
    if path is None:
        return ""
    try:
        lines = root.text(path)
        environment = _environment(root, os.path.dirname(path) + "/grubenv")
    except (FileNotFoundError, Unavailable):
        return ""
    menu = list(_menu(lines))
    wanted = _wanted(lines, environment)
    chosen = _chosen(menu, wanted)
    if chosen is None:
        chosen = _chosen(menu, "0")
    return chosen.release if chosen is not None else ""


def _wanted(lines: List[str], environment: Dict[str, str]) -> str:
    """The entry asked for: once (`next_entry`), else the last `set default` whose value is known."""
    wanted = "0"
    for line in lines:
        match = _DEFAULT.match(line)
        if match is None:
            continue
        variable = _VARIABLE.match(match.group(1))
        if variable is None:
            # What stands after an `else` is taken where the variable before it is empty.
            wanted = wanted if wanted != "0" else match.group(1)
        elif variable.group(1) == "next_entry" and environment.get("next_entry"):
            return environment["next_entry"]
        elif environment.get(variable.group(1)):
            wanted = environment[variable.group(1)]
    return wanted


def _chosen(menu: List[Choice], wanted: str) -> Optional[Choice]:
    """The entry by position, id or title; a path through submenus is told apart by `>`."""
    last = wanted.rsplit(">", 1)[-1]
    for choice in menu:
        if choice.release and wanted == choice.position:
            return choice
    return next((one for one in menu if one.release and not last.isdigit() and last in (one.id, one.title)), None)


def _menu(lines: List[str]) -> Iterator[Choice]:
    """Every entry with the kernel that stands in its block; blocks are as `grub-mkconfig` writes them."""
    counts = [0]
    prefix: List[str] = []
    depths: List[int] = []
    depth = 0
    current: Optional[Choice] = None
    for line in lines:
        entry = _ENTRY.match(line)
        if entry is not None:
            position = ">".join(prefix + [str(counts[-1])])
            counts[-1] += 1
            if entry.group(1) == "submenu":
                prefix.append(position.rsplit(">", 1)[-1])
                counts.append(0)
                depths.append(depth)
            else:
                found = _ID.search(line)
                current = Choice(position, entry.group(2) or entry.group(3) or "", found.group(1) if found else "", "")
        kernel = _KERNEL.match(line)
        if kernel is not None and current is not None:
            yield current._replace(release=kernel.group(1))
            current = None
        if line.rstrip().endswith("{"):
            depth += 1
        elif line.strip() == "}":
            depth -= 1
            if depths and depth == depths[-1]:
                depths.pop()
                prefix.pop()
                counts.pop()


def _environment(root: Root, path: str) -> Dict[str, str]:
    """GRUB's environment block: `name=value` lines, padded with `#`."""
    if not root.exists(path):
        return {}
    pairs = [line.split("=", 1) for line in root.text(path) if "=" in line and not line.startswith("#")]
    return {name: value.strip() for name, value in pairs}
