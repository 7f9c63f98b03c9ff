"""Kernels of rpm packages: the owner of an image, which boots next, and whether a reboot is due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shindan.collect.boot_entries import by_entries, by_legacy
from shindan.collect.kernel import Kernels, Running
from unit.collect import rpm_writers as write
from unit.collect.trees import gather, tree

Files = dict[str, str | bytes]


def kernel(name: str, evr: str, *paths: str) -> bytes:
    folders = sorted({path.rpartition("/")[0] + "/" for path in paths})
    return write.package(
        name, evr,
        basenames=[path.rpartition("/")[2] for path in paths],
        dirnames=folders,
        dirindexes=[folders.index(path.rpartition("/")[0] + "/") for path in paths],
    )  # fmt: skip


OLD, NEW = "5.14.0-70.13.1.el9_0", "5.14.0-503.15.1.el9_5"


def el9(*more: bytes) -> Files:
    """A RHEL 9 with two kernels; the image in /boot is copied there, the package names it as a ghost."""
    headers = [write.package("bash", "5-1")]
    files: Files = {}
    for version in (OLD, NEW):
        release = f"{version}.x86_64"
        headers.append(kernel("kernel-core", version, f"/lib/modules/{release}/vmlinuz", f"/boot/vmlinuz-{release}"))
        headers += [write.package("kernel", version), kernel("kernel-modules", version, f"/lib/modules/{release}/x.ko")]
        files[f"boot/vmlinuz-{release}"] = ""
        files[f"boot/loader/entries/0123-{release}.conf"] = (
            f"title Red Hat ({release}) 9\nversion {release}\nlinux /vmlinuz-{release}\ninitrd /initramfs-{release}.img\n"
        )
    files["boot/vmlinuz-0-rescue-0123"] = ""
    files["boot/loader/entries/0123-0-rescue.conf"] = (
        "title Rescue\nversion 0-rescue-0123\nlinux /vmlinuz-0-rescue-0123\n"
    )
    files["var/lib/rpm/Packages"] = write.berkeley([*headers, *more])
    return files


def kernels(folder: Path, release: str, files: Files) -> dict[str, Any]:
    facts = gather(Kernels(Running(release, "#1 SMP PREEMPT_DYNAMIC")), tree(folder, files))
    return {fact.subject: fact.data for fact in facts}


def test_the_newest_entry_boots_where_nothing_is_saved(tmp_path: Path) -> None:
    found = kernels(tmp_path, f"{OLD}.x86_64", el9())
    assert set(found) == {"running", f"{OLD}.x86_64", f"{NEW}.x86_64"}
    assert found["running"]["package"] == "kernel-core"
    assert found["running"]["reboot_reasons"] == [f"kernel {NEW}.x86_64 boots next"]
    assert found[f"{NEW}.x86_64"] == {
        "release": f"{NEW}.x86_64", "image": f"/boot/vmlinuz-{NEW}.x86_64", "package": "kernel-core", "version": NEW,
        "running": False, "boots_next": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "following"),
    [
        (f"saved_entry=0123-{OLD}.x86_64\n", OLD),
        (f"saved_entry=0123-{OLD}.x86_64\nnext_entry=0123-{NEW}.x86_64\n", NEW),
        ("saved_entry=0\n", NEW),
        ("saved_entry=1\n", OLD),
        (f"saved_entry=Red Hat ({OLD}.x86_64) 9\n", OLD),
        ("saved_entry=gone\n", NEW),
        ("###\n", NEW),
    ],
)
def test_what_is_saved_in_grub_s_environment_boots(tmp_path: Path, environment: str, following: str) -> None:
    files = {**el9(), "boot/grub2/grubenv": f"# GRUB Environment Block\n{environment}####"}
    assert by_entries(tree(tmp_path, files)) == f"{following}.x86_64"


def test_a_debug_kernel_is_its_own(tmp_path: Path) -> None:
    release = f"{NEW}.x86_64+debug"
    files = el9(kernel("kernel-debug-core", NEW, f"/lib/modules/{release}/vmlinuz"))
    files[f"lib/modules/{release}/vmlinuz"] = ""
    found = kernels(tmp_path, release, files)
    assert found["running"]["package"] == "kernel-debug-core"
    assert found[release]["image"] == f"/lib/modules/{release}/vmlinuz"


def test_suse_drops_the_rebuild_from_the_release(tmp_path: Path) -> None:
    """kernel-default 5.14.21-150500.55.31.1 runs as 5.14.21-150500.55.31-default; a flag of zypper asks for a reboot."""
    release = "5.14.21-150500.55.31-default"
    header = kernel("kernel-default", "5.14.21-150500.55.31.1", f"/usr/lib/modules/{release}/vmlinuz")
    files: Files = {
        "usr/lib/sysimage/rpm/Packages.db": write.ndb([header]),
        f"usr/lib/modules/{release}/vmlinuz": "",
        "run/reboot-needed": "",
    }
    found = kernels(tmp_path, release, files)
    assert (found["running"]["package"], found[release]["version"]) == ("kernel-default", "5.14.21-150500.55.31.1")
    assert found["running"]["reboot_required"] is True


@pytest.mark.parametrize(
    "name", ["kernel-headers", "kernel-tools", "kernel-devel", "kernel-uek-devel", "kernel-livepatch", "linux-firmware"]
)
def test_what_is_no_kernel(tmp_path: Path, name: str) -> None:
    header = kernel(name, "1-1", "/boot/vmlinuz-1-1.x86_64")
    assert (
        kernels(tmp_path, "", {"var/lib/rpm/Packages": write.berkeley([header]), "boot/vmlinuz-1-1.x86_64": ""}) == {}
    )


def test_an_image_that_is_gone_is_no_kernel(tmp_path: Path) -> None:
    """In a container the package may be there without /boot."""
    header = kernel("kernel-core", "1-1", "/boot/vmlinuz-1-1.x86_64")
    assert set(kernels(tmp_path, "6.1-host", {"var/lib/rpm/Packages": write.berkeley([header])})) == {"running"}


LEGACY = """default={default}
timeout=5
title CentOS (2.6.32-754.35.1.el6.x86_64)
\troot (hd0,0)
\tkernel /vmlinuz-2.6.32-754.35.1.el6.x86_64 ro root=/dev/sda1
title CentOS (2.6.32-754.el6.x86_64)
\tkernel /boot/vmlinuz-2.6.32-754.el6.x86_64 ro
title Windows
\tchainloader +1
"""


@pytest.mark.parametrize(
    ("path", "default", "release"),
    [
        ("boot/grub/grub.conf", "0", "2.6.32-754.35.1.el6.x86_64"),
        ("boot/grub/menu.lst", "1", "2.6.32-754.el6.x86_64"),
        ("boot/grub/grub.conf", "2", ""),
        ("boot/grub/grub.conf", "9", ""),
        ("boot/grub/grub.conf", "saved", ""),
    ],
)
def test_the_grub_of_old_counts_its_titles(tmp_path: Path, path: str, default: str, release: str) -> None:
    assert by_legacy(tree(tmp_path, {path: LEGACY.format(default=default)})) == release


def test_centos_7_names_its_entry_by_its_title(tmp_path: Path) -> None:
    titles = {version: f"CentOS Linux ({version}.x86_64) 7 (Core)" for version in ("3.10.0-1160.el7", "3.10.0-957.el7")}
    menu = "".join(
        f"menuentry '{title}' --class centos --unrestricted $menuentry_id_option 'gnulinux-{version}-advanced' {{\n"
        f"\tlinux16 /vmlinuz-{version}.x86_64 root=/dev/sda1\n}}\n"
        for version, title in titles.items()
    )
    head = 'if [ "${next_entry}" ] ; then\n   set default="${next_entry}"\nelse\n   set default="${saved_entry}"\nfi\n'
    headers = [kernel("kernel", version, f"/boot/vmlinuz-{version}.x86_64") for version in titles]
    files: Files = {
        "boot/grub2/grub.cfg": head + menu,
        "boot/grub2/grubenv": f"# GRUB Environment Block\nsaved_entry={titles['3.10.0-957.el7']}\n###",
        "var/lib/rpm/Packages": write.berkeley(headers),
        **{f"boot/vmlinuz-{version}.x86_64": "" for version in titles},
    }
    found = kernels(tmp_path, "3.10.0-957.el7.x86_64", files)
    assert found["running"]["reboot_required"] is False
    assert found["3.10.0-957.el7.x86_64"]["boots_next"] is True
