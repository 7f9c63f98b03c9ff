"""Kernels: which package owns one, which boots next, and whether a reboot is due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shindan.collect.kernel import Kernels, Running
from shindan.collect.release_order import natural
from unit.collect.trees import STATUS, entry, gather, tree

INFO = "var/lib/dpkg/info"


def installed(*kernels: tuple[str, str, str]) -> dict[str, str | bytes]:
    """Files of kernels given as (release, package, version)."""
    files: dict[str, str | bytes] = {STATUS: "".join(entry(package, version) for _, package, version in kernels)}
    for release, package, _ in kernels:
        files[f"boot/vmlinuz-{release}"] = ""
        files[f"{INFO}/{package}.list"] = f"/.\n/boot\n/boot/config-{release}\n/boot/vmlinuz-{release}\n/lib\n"
    return files


def kernels(folder: Path, release: str, files: dict[str, str | bytes], version: str = "#1 SMP") -> dict[str, Any]:
    """The data of the kernel facts by subject, on a host that runs `release`."""
    facts = gather(Kernels(Running(release, version)), tree(folder, files))
    return {fact.subject: fact.data for fact in facts}


def test_a_meta_package_makes_no_reboot(tmp_path: Path) -> None:
    """Ubuntu 22.04 with linux-image-virtual."""
    files = installed(("5.15.0-164-generic", "linux-image-5.15.0-164-generic", "5.15.0-164.174"))
    files[STATUS] = f"{files[STATUS]!s}{entry('linux-image-virtual', '5.15.0.164.159')}"
    files[f"{INFO}/linux-image-virtual.list"] = "/.\n/usr/share/doc/linux-image-virtual\n"
    found = kernels(tmp_path, "5.15.0-164-generic", files)
    assert set(found) == {"running", "5.15.0-164-generic"}
    assert found["running"]["reboot_required"] is False
    assert found["running"]["package"] == "linux-image-5.15.0-164-generic"


def test_100_is_newer_than_31(tmp_path: Path) -> None:
    files = installed(
        ("6.8.0-31-generic", "linux-image-6.8.0-31-generic", "6.8.0-31.31"),
        ("6.8.0-100-generic", "linux-image-6.8.0-100-generic", "6.8.0-100.100"),
    )
    found = kernels(tmp_path, "6.8.0-100-generic", files)
    assert found["running"]["reboot_required"] is False
    assert (found["6.8.0-100-generic"]["running"], found["6.8.0-100-generic"]["boots_next"]) == (True, True)
    assert (found["6.8.0-31-generic"]["running"], found["6.8.0-31-generic"]["boots_next"]) == (False, False)


def test_the_owner_of_the_image_counts_not_its_name(tmp_path: Path) -> None:
    """Debian 13: the package is called after another release than the one it installs."""
    files = installed(("6.12.90+deb13.1-amd64", "linux-image-6.12.90+deb13-amd64", "6.12.90-2"))
    found = kernels(tmp_path, "6.12.90+deb13.1-amd64", files, "#1 SMP PREEMPT_DYNAMIC Debian 6.12.90-2 (2026-03-01)")
    assert found["running"]["package"] == "linux-image-6.12.90+deb13-amd64"
    assert found["running"]["reboot_required"] is False
    assert found["6.12.90+deb13.1-amd64"]["version"] == "6.12.90-2"


def test_an_older_kernel_that_runs_waits_for_a_reboot(tmp_path: Path) -> None:
    files = installed(
        ("6.1.0-35-amd64", "linux-image-6.1.0-35-amd64", "6.1.137-1"),
        ("6.1.0-37-amd64", "linux-image-6.1.0-37-amd64", "6.1.140-1"),
    )
    running = kernels(tmp_path, "6.1.0-35-amd64", files)["running"]
    assert running["reboot_required"] is True
    assert running["reboot_reasons"] == ["kernel 6.1.0-37-amd64 boots next"]


def test_a_package_replaced_under_the_running_release_waits_for_a_reboot(tmp_path: Path) -> None:
    files = installed(("6.1.0-37-amd64", "linux-image-6.1.0-37-amd64", "6.1.147-1"))
    running = kernels(tmp_path, "6.1.0-37-amd64", files, "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)")[
        "running"
    ]
    assert running["reboot_required"] is True
    assert "6.1.140-1" in running["reboot_reasons"][0]
    assert "6.1.147-1" in running["reboot_reasons"][0]


@pytest.mark.parametrize("folder", ["run", "var/run"])
@pytest.mark.parametrize(
    ("packages", "reasons"),
    [
        (
            "linux-image-6.1.0-37-amd64\nlibc6\nlibc6\n",
            ["libc6 asked for it", "linux-image-6.1.0-37-amd64 asked for it"],
        ),
        (None, ["a package asked for it"]),
        ("", ["a package asked for it"]),
    ],
)
def test_a_request_for_a_reboot_is_told_with_who_asked(
    tmp_path: Path, folder: str, packages: str | None, reasons: list[str]
) -> None:
    files: dict[str, str | bytes] = {f"{folder}/reboot-required": "*** System restart required ***\n"}
    if packages is not None:
        files[f"{folder}/reboot-required.pkgs"] = packages
    running = kernels(tmp_path, "6.1.0-37-amd64", files)["running"]
    assert (running["reboot_required"], running["reboot_reasons"]) == (True, reasons)


def test_in_a_container_nobody_knows_of_a_reboot(tmp_path: Path) -> None:
    found = kernels(tmp_path, "6.18.44-host", {STATUS: entry("dpkg")}, "#1 SMP @0")
    assert found == {"running": {"release": "6.18.44-host", "version": "#1 SMP @0"}}


def test_a_kernel_built_by_hand_belongs_to_no_package(tmp_path: Path) -> None:
    files = installed(("6.1.0-37-amd64", "linux-image-6.1.0-37-amd64", "6.1.140-1"))
    files["boot/vmlinuz-6.6.6-mine"] = ""
    found = kernels(tmp_path, "6.6.6-mine", files)
    assert set(found) == {"running", "6.1.0-37-amd64"}
    assert "package" not in found["running"]
    assert "reboot_required" not in found["running"]


def test_a_kernel_of_another_maker_is_found_by_its_file(tmp_path: Path) -> None:
    files = installed(("6.8.12-1-pve", "proxmox-kernel-6.8.12-1-pve-signed", "6.8.12-1"))
    assert kernels(tmp_path, "6.8.12-1-pve", files)["running"]["package"] == "proxmox-kernel-6.8.12-1-pve-signed"
    odd = installed(("7.0.0-vendor", "appliance-boot", "7"))
    assert kernels(tmp_path / "odd", "7.0.0-vendor", odd)["running"]["package"] == "appliance-boot"


def test_a_removed_package_whose_image_is_gone_is_no_kernel(tmp_path: Path) -> None:
    files = installed(("6.1.0-35-amd64", "linux-image-6.1.0-35-amd64", "6.1.137-1"))
    del files["boot/vmlinuz-6.1.0-35-amd64"]
    assert kernels(tmp_path, "", files) == {}


def test_below_a_root_no_kernel_runs(tmp_path: Path) -> None:
    files = installed(("6.1.0-35-amd64", "linux-image-6.1.0-35-amd64", "6.1.137-1"))
    facts = gather(Kernels(), tree(tmp_path, files))
    assert [fact.subject for fact in facts] == ["6.1.0-35-amd64"]
    assert "running" not in facts[0].data


@pytest.mark.parametrize(
    ("enabled", "transition", "in_force"), [("1", "0", True), ("1", "1", False), ("0", "0", False), ("1", None, True)]
)
def test_live_patches_in_force(tmp_path: Path, enabled: str, transition: str | None, in_force: bool) -> None:
    files: dict[str, str | bytes] = {"sys/kernel/livepatch/lkp_1/enabled": f"{enabled}\n"}
    if transition is not None:
        files["sys/kernel/livepatch/lkp_1/transition"] = f"{transition}\n"
    running = kernels(tmp_path, "6.8.0-31-generic", files)["running"]
    assert running.get("livepatches") == (["lkp_1"] if in_force else None)


@pytest.mark.parametrize(
    "releases",
    [
        ["6.1.0-9-amd64", "6.1.0-10-amd64", "6.8.0-31-generic", "6.8.0-100-generic", "6.12.90+deb13-amd64"],
        ["3.10.0-1062.el7.x86_64", "3.10.0-1062.12.1.el7.x86_64", "3.10.0-1160.el7.x86_64"],
        ["5.14.0-70.el9.x86_64", "5.14.0-070.5.el9.x86_64", "5.14.0-70.13.1.el9_0.x86_64"],
        ["6.12.90+deb13-amd64", "6.12.90+deb13.1-amd64"],
        ["1." + "9" * 5000, "1.1" + "0" * 5000],
    ],
)
def test_releases_are_ordered_by_their_numbers(releases: list[str]) -> None:
    assert sorted(set(releases), key=natural) == releases
