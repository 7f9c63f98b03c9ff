"""Commands inside a root in private namespaces: what they set of the kernel is their own, or refused.

Mounts, network, processes and host name are private; the kernel's parameters that all namespaces share can be read and
not written; /run and /dev are empty ones. Nothing of it outlives a call.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support import need_tool

_ENTER = r"""
root=$1; shift
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
for part in kernel fs vm dev debug abi user; do
    [ -d "$root/proc/sys/$part" ] || continue
    mount --bind "$root/proc/sys/$part" "$root/proc/sys/$part"
    mount -o remount,ro,bind "$root/proc/sys/$part"
done
[ ! -e "$root/proc/sysrq-trigger" ] || mount --bind /dev/null "$root/proc/sysrq-trigger"
mount -t sysfs -o ro sys "$root/sys"
mount -t tmpfs -o mode=755 dev "$root/dev"
for node in null zero random urandom tty full; do
    touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir -p "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o nosuid,nodev,noexec shm "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs run "$root/run"
mkdir -p "$root/run/sshd" "$root/run/lock"
ip link set lo up
while [ "$1" != -- ]; do
    mkdir -p "$root$2"; mount --bind "$1" "$root$2"
    [ "$3" = rw ] || mount -o remount,ro,bind "$root$2"
    shift 3
done
shift
exec setpriv --bounding-set -audit_control,-sys_time,-sys_module,-sys_boot,-sys_rawio,-mac_admin,-syslog,-mknod \
    chroot "$root" "$@"
"""
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Confined:
    """A root that can be changed, with folders of this machine inside it: path there → path here, read-only; `out`
    is the one folder here that can be written from there, as /opt/out.
    """

    path: Path
    out: Path
    shared: Mapping[str, Path] = field(default_factory=dict)

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """What a command says in there; its failure is the test's unless `check` is off."""
        shared = [word for there, here in self.shared.items() for word in (str(here), there, "ro")]
        argv = ["unshare", "-m", "-n", "-p", "-i", "-u", "--fork", "--kill-child", "--propagation", "private"]
        argv += ["/bin/bash", "-ec", _ENTER, "enter", str(self.path), *shared, str(self.out), "/opt/out", "rw", "--"]
        done = subprocess.run(
            [*argv, *command], capture_output=True, text=True, env=_ENVIRONMENT, stdin=subprocess.DEVNULL
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done


@contextmanager
def confined_over(root: Path, folder: Path, shared: Mapping[str, Path]) -> Iterator[Confined]:
    """A changeable copy of a root in a folder; skips the test where this machine lets nobody make namespaces."""
    for name in ("unshare", "setpriv", "mount", "ip"):
        need_tool(name, {"ip": "iproute2"}.get(name, "util-linux"))
    for name in ("upper", "work", "merged", "out"):
        (folder / name).mkdir(parents=True)
    merged = (folder / "merged").resolve()
    layers = f"lowerdir={root},upperdir={folder / 'upper'},workdir={folder / 'work'}"
    done = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(merged)], capture_output=True)
    if done.returncode != 0:
        pytest.skip(f"needs leave to mount: {done.stderr.decode().strip()}")
    try:
        confined = Confined(merged, folder / "out", shared)
        tried = confined.run("/bin/true", check=False)
        if tried.returncode != 0:
            pytest.skip(f"needs leave to make namespaces: {tried.stderr.strip()[-300:]}")
        yield confined
    finally:
        subprocess.run(["umount", "--lazy", str(merged)], capture_output=True)
