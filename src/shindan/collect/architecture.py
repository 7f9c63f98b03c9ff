"""A host's architecture in the words of its package manager. Python 3.6 grammar.

It is read from the host's own files even where it runs: a 64-bit kernel may carry a 32-bit system, and below a root
`uname` speaks of another machine. Source: ELF specification (`e_machine`), dpkg's `cputable` and `tupletable`.
"""

import os
from typing import Dict, Optional, Tuple

from shindan.collect.dpkg import entries
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

_NATIVE = ("/var/lib/dpkg/arch-native", "/etc/apk/arch")
_ALWAYS_NATIVE = frozenset(["dpkg", "libc6", "base-files", "libc-bin"])
_PROGRAMS = ("/bin/sh", "/usr/bin/env", "/sbin/init", "/bin/busybox", "/usr/sbin/ldconfig", "/sbin/ldconfig")

# (e_machine, 64 bit, little-endian) -> what uname calls it.
_MACHINES: Dict[Tuple[int, bool, bool], str] = {
    (3, False, True): "i686", (62, True, True): "x86_64", (40, False, True): "armv7l", (183, True, True): "aarch64",
    (22, True, False): "s390x", (21, True, True): "ppc64le", (21, True, False): "ppc64", (243, True, True): "riscv64",
    (8, True, True): "mips64", (258, True, True): "loongarch64",
}  # fmt: skip
_DEBIAN_WORDS = {
    "x86_64": "amd64", "aarch64": "arm64", "i686": "i386", "i586": "i386", "i386": "i386", "armv7l": "armhf",
    "ppc64le": "ppc64el", "mips64": "mips64el", "loongarch64": "loong64",
}  # fmt: skip


def architecture(root: Root, family: str) -> Optional[str]:
    """`amd64` in Debian's family, `x86_64` elsewhere; None where nothing tells it."""
    for path in _NATIVE:
        try:
            word = root.head(path, 32).decode("ascii", "replace").strip()
        except (FileNotFoundError, Unavailable):
            continue
        if word:
            return word
    if family == "debian":
        packaged = _of_dpkg(root)
        if packaged:
            return packaged
    machine = _of_programs(root) or (os.uname().machine if root.live else None)
    return _DEBIAN_WORDS.get(machine or "", machine) if family == "debian" else machine


def _of_dpkg(root: Root) -> str:
    """The architecture of a package that is always the system's own."""
    for entry in entries(root):
        word = entry.fields.get("architecture", "")
        if entry.name in _ALWAYS_NATIVE and word not in ("", "all"):
            return word
    return ""


def _of_programs(root: Root) -> Optional[str]:
    """The machine that the first readable ELF program is made for."""
    for path in _PROGRAMS:
        try:
            head = root.head(path, 20)
        except (OSError, Unavailable):
            continue
        if len(head) == 20 and head[:4] == b"\x7fELF":
            little = head[5] != 2
            number = int.from_bytes(head[18:20], "little" if little else "big")
            return _MACHINES.get((number, head[4] == 2, little))
    return None
