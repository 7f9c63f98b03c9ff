"""Whether this is a container, and on what it runs. Python 3.6 grammar.

Source: systemd's "Container Interface" (/run/systemd/container, /run/host/container-manager), the marks that Docker and
Podman leave, control groups of process 1 (cgroups(7)), and the DMI tables of hypervisors (systemd-detect-virt(1)).
"""

import os
import re
from typing import Any, Dict, Iterator

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_SAID = ("/run/systemd/container", "/run/host/container-manager")
_MARKS = (("/run/.containerenv", "podman"), ("/.dockerenv", "docker"))
_GROUPS = re.compile(r"/(docker|lxc|libpod|kubepods|podman|garden|machine\.slice/libpod)[-/.:]")
_BY_GROUP = {"libpod": "podman", "machine.slice/libpod": "podman", "kubepods": "kubernetes"}
_DMI = tuple("/sys/class/dmi/id/" + name for name in ("product_name", "sys_vendor", "board_vendor", "bios_vendor"))
_VENDORS = (("KVM", "kvm"), ("OpenStack", "kvm"), ("KubeVirt", "kvm"), ("Amazon EC2", "amazon"), ("QEMU", "qemu"),
    ("VMware", "vmware"), ("VMW", "vmware"), ("innotek", "oracle"), ("VirtualBox", "oracle"), ("Xen", "xen"),
    ("Bochs", "bochs"), ("Parallels", "parallels"), ("BHYVE", "bhyve"), ("Hyper-V", "microsoft"),
    ("Google Compute Engine", "google"), ("Apple Virtualization", "apple"))  # fmt: skip


class Containers(Collector):
    """Subject `self`; below a root nothing runs."""

    name = "container"
    kinds = ("container",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not root.live:
            return
        runtime = _runtime(root)
        data: Dict[str, Any] = {"inside": bool(runtime)}
        if runtime:
            data["runtime"] = runtime
        data["virtualisation"] = _virtualisation(root)
        yield Fact("container", "self", data)


def _runtime(root: Root) -> str:
    """The runtime's name; "" on a machine of its own."""
    for path in _SAID:
        said = _text(root, path).split("\n")[0].strip()
        if re.match(r"^[A-Za-z0-9_.-]{1,64}$", said):
            return said
    mark = next((name for path, name in _MARKS if root.exists(path)), "")
    if mark:
        return mark
    if root.exists("/proc/vz") and not root.exists("/proc/bc"):
        return "openvz"
    if "microsoft" in os.uname().release.lower() or root.exists("/run/WSL"):
        return "wsl"
    group = _GROUPS.search(_text(root, "/proc/1/cgroup"))
    return _BY_GROUP.get(group.group(1), group.group(1)) if group is not None else ""


def _virtualisation(root: Root) -> str:
    for path in _DMI:
        said = _text(root, path)
        for mark, name in _VENDORS:
            if mark in said:
                return name
    if "Microsoft Corporation" in _text(root, _DMI[1]) and "Virtual" in _text(root, _DMI[0]):
        return "microsoft"
    kind = _text(root, "/sys/hypervisor/type").strip()
    if kind:
        return kind
    processor = _text(root, "/proc/cpuinfo")
    return "other" if re.search(r"^flags\s*:.*\bhypervisor\b", processor, re.M) else "none"


def _text(root: Root, path: str) -> str:
    try:
        return root.head(path, 16384).decode("utf-8", "replace")
    except (FileNotFoundError, Unavailable):
        return ""
