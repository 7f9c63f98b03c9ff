"""Who this agent is, and on which machine: the key that it signs with, and digests of machine, boot and hardware.

Machine and hardware ids stay on the host; only digests leave it. A copied disk image shows another hardware under the
same key, which is how a clone notices what it is. Python 3.6 grammar.
"""

import hashlib
import os
from typing import Any, Dict, NamedTuple, Optional

from shindan.agent import files

_NAME = "identity.json"
_BOOT = "/proc/sys/kernel/random/boot_id"
_PRODUCT = "/sys/class/dmi/id/product_uuid"
_INTERFACES = "/sys/class/net"
_NO_ADDRESS = "00:00:00:00:00:00"


class Machine(NamedTuple):
    """Digests, 32 hexadecimal digits each; empty where there is nothing to digest."""

    machine: str
    boot: str
    hardware: str


class Identity(NamedTuple):
    """What enrolment gave: host id, region and key, for which server; and the machine that it was given to."""

    host: str
    region: str
    key_id: str
    secret: str
    endpoint: str
    machine: str
    hardware: str
    enrolled: int

    def is_copied(self, here: Machine) -> bool:
        """Whether the key was given to another machine than this one: the image was cloned, or the disk moved."""
        return _differ(self.machine, here.machine) or _differ(self.hardware, here.hardware)


def load(folder: str) -> Optional[Identity]:
    """The identity kept in the state folder; None before enrolment. Raises files.Torn, OSError."""
    path = os.path.join(folder, _NAME)
    found = files.load(path)
    if found is None:
        return None
    values: Dict[str, Any] = {name: found.get(name) for name in Identity._fields}
    wrong = [name for name, value in values.items() if not isinstance(value, int if name == "enrolled" else str)]
    if wrong:
        raise files.Torn("{} lacks {}".format(path, ", ".join(sorted(wrong))))
    return Identity(**values)


def save(folder: str, identity: Identity) -> None:
    """Keeps the identity, mode 600. Raises OSError."""
    files.save(os.path.join(folder, _NAME), identity._asdict())


def hardware(root: str = "/") -> str:
    """Digest of the DMI product's id and the first address of a real network card; empty where neither is known.

    Source: the kernel's Documentation/ABI/testing/sysfs-class-net and sysfs-class-dmi.
    """
    known = [files.first_line(_below(root, _PRODUCT)).lower(), _first_address(root)]
    return digest("hardware", " ".join(known)) if any(known) else ""


def boot(root: str = "/") -> str:
    """Digest of the id that the kernel draws at each start. Source: random(4)."""
    said = files.first_line(_below(root, _BOOT))
    return digest("boot", said) if said else ""


def digest(purpose: str, text: str) -> str:
    """32 hexadecimal digits, made as the collectors make `host.machine`."""
    return hashlib.sha256("shindan {} {}".format(purpose, text).encode("utf-8")).hexdigest()[:32]


def _first_address(root: str) -> str:
    """Of the interfaces with a device behind them, by name; bridges and container links change at every start."""
    folder = _below(root, _INTERFACES)
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    for name in names:
        if os.path.exists(os.path.join(folder, name, "device")):
            address = files.first_line(os.path.join(folder, name, "address")).lower()
            if address and address != _NO_ADDRESS:
                return address
    return ""


def _below(root: str, path: str) -> str:
    return os.path.join(root, path.lstrip("/"))


def _differ(kept: str, here: str) -> bool:
    """An id that cannot be read now says nothing."""
    return bool(kept) and bool(here) and kept != here
