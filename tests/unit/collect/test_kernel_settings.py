"""Facts about the kernel: parameters, modules, arguments, access control, processor, container."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.access_control import AccessControl, _profiles
from shindan.collect.boot_arguments import Boot
from shindan.collect.container import Containers, _runtime, _virtualisation
from shindan.collect.crypto_policy import CryptoPolicy
from shindan.collect.grub_menu import Guard, arguments, assignments, entries, guard
from shindan.collect.kernel_modules import KernelModules
from shindan.collect.kernel_parameters import SECRETS, KernelParameters
from shindan.collect.processor import Processor
from shindan.collect.root import Root
from support import need_tool
from unit.collect.trees import gather, tree


def test_parameters_by_their_keys(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "kernel/randomize_va_space": "2\n",
            "net/ipv4/tcp_rmem": "4096\t131072\t6291456\n",
            "net/ipv4/conf/all/rp_filter": "0\n",
            "net/ipv4/conf/eth0.100/rp_filter": "1\n",
            "net/ipv4/conf/eth0.100/medium_id": "0\n",
            "net/ipv4/neigh/eth0/gc_stale_time": "60\n",
            "net/ipv4/tcp_fastopen_key": "00000000-1\n",
            "net/ipv6/conf/all/stable_secret": "geheim\n",
            "fs/binfmt_misc/status": "enabled\n",
            "kernel/random/boot_id": "x\n",
        },
    )
    (tmp_path / "net/ipv4/route").mkdir()
    (tmp_path / "net/ipv4/route/flush").write_text("")
    (tmp_path / "net/ipv4/route/flush").chmod(0o200)
    facts = gather(KernelParameters(str(tmp_path)), Root("/"))
    assert {fact.subject: fact.data["value"] for fact in facts} == {
        "kernel.randomize_va_space": "2",
        "net.ipv4.tcp_rmem": "4096 131072 6291456",
        "net.ipv4.conf.all.rp_filter": "0",
        "net.ipv4.conf.eth0/100.rp_filter": "1",
    }


@pytest.mark.system
def test_sysctl_prints_the_same_parameters() -> None:
    sysctl = need_tool("sysctl", "procps")
    said = subprocess.run([sysctl, "-a"], capture_output=True, text=True, check=False).stdout
    wanted = dict(line.split(" = ", 1) for line in said.splitlines() if " = " in line)
    found = {
        fact.subject: fact.data["value"] for fact in gather(KernelParameters(), Root("/")) if fact.kind == "sysctl"
    }
    assert len(found) > 200
    assert found.keys() <= wanted.keys() | {key for key, value in found.items() if not value}
    same = [key for key, value in found.items() if " ".join(wanted.get(key, "").split()) == value]
    # Some change from one moment to the next.
    assert len(same) >= 0.98 * len(found)
    assert not any(key.rpartition(".")[2] in SECRETS for key in found)


def test_modules_loaded_built_in_and_at_hand(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "lib/modules/6.1/modules.dep": "kernel/fs/cramfs/cramfs.ko:\nkernel/drivers/usb/storage/usb-storage.ko.xz: kernel/x/scsi.ko.xz\nkernel/fs/udf/udf.ko.zst:\n",
            "lib/modules/6.1/modules.builtin": "kernel/fs/squashfs/squashfs.ko\n",
            "lib/modules/5.10/modules.dep": "kernel/net/tipc/tipc.ko: \n",
        },
    )
    facts = {fact.subject: fact.data for fact in gather(KernelModules(), root)}
    assert [name for name, said in facts.items() if said["available"]] == ["cramfs", "tipc", "udf", "usb_storage"]
    assert [name for name, said in facts.items() if said["builtin"]] == ["squashfs"]
    assert not any(said["loaded"] for said in facts.values())
    assert facts["dccp"] == {"loaded": False, "builtin": False, "available": False}


def test_modules_of_this_machine() -> None:
    facts = {fact.subject: fact.data for fact in gather(KernelModules(), Root("/"))}
    try:
        loaded = {line.split()[0] for line in Path("/proc/modules").read_text().splitlines()}
    except FileNotFoundError:
        loaded = set()
    assert {name for name, said in facts.items() if said["loaded"]} == loaded
    for name, said in facts.items():
        if os.path.isdir(f"/sys/module/{name}"):
            assert said["loaded"] or said["builtin"]


GRUB = """
set superusers="root"
password_pbkdf2 root grub.pbkdf2.sha512.10000.AA.BB
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-1' {
    linux   /boot/vmlinuz-6.1.0-13-amd64 root=UUID=1 ro  quiet audit=1 $vt_handoff
}
submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-1' {
    menuentry 'Debian, with Linux 6.1.0-9 (recovery mode)' {
        linuxefi /vmlinuz-6.1.0-9-amd64 root=UUID=1 ro single dyndbg="file a.c +p; x"
    }
}
menuentry 'UEFI Firmware Settings' { fwsetup }
"""


def test_every_entry_of_grub_with_its_arguments(tmp_path: Path) -> None:
    facts = {fact.subject: fact.data for fact in gather(Boot(), tree(tmp_path, {"boot/grub/grub.cfg": GRUB}))}
    assert list(facts) == ["gnulinux-simple-1", "Debian, with Linux 6.1.0-9 (recovery mode)", "grub"]
    assert facts["gnulinux-simple-1"] == {
        "arguments": ["root=UUID=1", "ro", "quiet", "audit=1"], "loader": "grub", "default": True, "kernel": "6.1.0-13-amd64",
    }  # fmt: skip
    assert facts["Debian, with Linux 6.1.0-9 (recovery mode)"]["arguments"][-1] == 'dyndbg="file a.c +p; x"'
    assert facts["grub"] == {"superusers": True, "password": True, "cfg": "/boot/grub/grub.cfg"}
    assert "pbkdf2" not in str(facts)


def test_entries_of_the_specification_with_the_environments_variables(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "boot/loader/entries/abc-5.14.0-1.el9.conf": "title Red Hat\nversion 5.14.0-1.el9\nlinux /vmlinuz-5.14.0-1.el9\noptions $kernelopts $tuned_params audit=1\n",
            "boot/loader/entries/abc-0-rescue.conf": "title Rescue\nversion 0-rescue\nlinux /vmlinuz-0-rescue\noptions ro\noptions quiet\n",
            "boot/grub2/grubenv": "# GRUB Environment Block\nkernelopts=root=/dev/sda1 ro crashkernel=auto\nsaved_entry=abc-5.14.0-1.el9\n####\n",
            "boot/grub2/grub.cfg": 'if [ -n "${GRUB2_PASSWORD}" ]; then\n  set superusers="root"\n  password_pbkdf2 root ${GRUB2_PASSWORD}\nfi\nblscfg\n',
            "boot/grub2/user.cfg": "GRUB2_PASSWORD=grub.pbkdf2.sha512.10000.AA.BB\n",
        },
    )
    facts = {fact.subject: fact.data for fact in gather(Boot(), root)}
    assert facts["abc-5.14.0-1.el9"] == {
        "arguments": ["root=/dev/sda1", "ro", "crashkernel=auto", "audit=1"], "loader": "bls", "default": True, "kernel": "5.14.0-1.el9",
    }  # fmt: skip
    assert facts["abc-0-rescue"]["arguments"] == ["ro", "quiet"]
    assert facts["abc-0-rescue"]["default"] is False
    assert (facts["grub"]["superusers"], facts["grub"]["password"]) == (True, True)
    (tmp_path / "boot/grub2/user.cfg").unlink()
    facts = {fact.subject: fact.data for fact in gather(Boot(), root)}
    assert (facts["grub"]["superusers"], facts["grub"]["password"]) == (False, False)


def test_the_grub_of_old(tmp_path: Path) -> None:
    text = "default=0\ntitle CentOS (2.6.32-754.el6)\n\troot (hd0,0)\n\tkernel /vmlinuz-2.6.32-754.el6 ro root=/dev/x audit=1\n"
    facts = gather(Boot(), tree(tmp_path, {"boot/grub/grub.conf": text}))
    assert [(fact.subject, fact.data["arguments"], fact.data["loader"]) for fact in facts] == [
        ("CentOS (2.6.32-754.el6)", ["ro", "root=/dev/x", "audit=1"], "legacy")
    ]


def test_the_kernel_that_runs() -> None:
    running = next(fact for fact in gather(Boot(), Root("/")) if fact.subject == "running")
    if "<secret>" not in str(running.data):
        assert " ".join(running.data["arguments"]).split() == Path("/proc/cmdline").read_text().split()


@pytest.mark.parametrize(
    ("lines", "users", "told"),
    [
        ([], {}, Guard(False, False)),
        (['set superusers="root"'], {}, Guard(True, False)),
        (['set superusers="root"', "password root x"], {}, Guard(True, True)),
        (['set superusers="root"', "password anna x"], {}, Guard(True, False)),
        (["password_pbkdf2 root grub.x"], {}, Guard(False, False)),
        (["# set superusers=root", "# password_pbkdf2 root grub.x"], {}, Guard(False, False)),
        (['set superusers=""', "password root x"], {}, Guard(False, False)),
        (["set superusers=root,anna", "password_pbkdf2 anna grub.x"], {}, Guard(True, True)),
        (
            ["set superusers=root", "password_pbkdf2 root ${GRUB2_PASSWORD}"],
            {"GRUB2_PASSWORD": ""},
            Guard(False, False),
        ),
        (["set superusers=root", "password_pbkdf2 root ${GRUB2_PASSWORD}"], {"GRUB2_PASSWORD": "g"}, Guard(True, True)),
    ],
)
def test_who_may_change_entries(lines: list[str], users: dict[str, str], told: Guard) -> None:
    assert guard(lines, users) == told


@settings(max_examples=150)
@given(st.lists(st.text(alphabet="menutry 'abc{}linux/vz-6.1$=\"\\", max_size=40), max_size=10))
def test_any_menu_is_read(lines: list[str]) -> None:
    assert all(isinstance(one.arguments, list) for one in entries(lines, {}))
    assignments(lines)
    guard(lines, {})


@settings(max_examples=150)
@given(st.lists(st.from_regex(r"[a-z.]+(=[a-z0-9,]*)?", fullmatch=True), max_size=8))
def test_arguments_are_words(words: list[str]) -> None:
    assert arguments("  ".join(words), {}) == words


def test_access_control_is_asked_of_a_kernel_that_runs(tmp_path: Path) -> None:
    facts = {fact.subject: fact.data for fact in gather(AccessControl(), Root("/")) if fact.kind == "lsm"}
    assert facts["selinux"]["active"] is os.path.exists("/sys/fs/selinux/enforce")
    assert gather(AccessControl(), tree(tmp_path, {"etc/selinux/config": "SELINUX=enforcing\n"})) == []


def test_profiles_of_apparmor(tmp_path: Path) -> None:
    text = "/usr/sbin/ntpd (enforce)\n/usr/bin/man (complain)\nlsb_release (unconfined)\n/usr/bin/x//child (enforce)\ntorn\n"
    root = tree(tmp_path, {"sys/kernel/security/apparmor/profiles": text})
    assert dict(_profiles(root)) == {
        "/usr/sbin/ntpd": "enforce", "/usr/bin/man": "complain", "lsb_release": "unconfined", "/usr/bin/x//child": "enforce",
    }  # fmt: skip


CONTAINERS: dict[str, tuple[dict[str, str], str]] = {
    "a machine": ({}, ""),
    "said by systemd": ({"run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"),
    "podman's mark": ({"run/.containerenv": ""}, "podman"),
    "docker's mark": ({".dockerenv": ""}, "docker"),
    "a control group of docker": ({"proc/1/cgroup": "12:pids:/docker/0123456789ab\n"}, "docker"),
    "a control group of kubernetes": (
        {"proc/1/cgroup": "1:name=systemd:/kubepods/besteffort/pod1/abc\n"},
        "kubernetes",
    ),
    "a control group of a service": ({"proc/1/cgroup": "0::/init.scope\n"}, ""),
    "openvz": ({"proc/vz/version": ""}, "openvz"),
    "the host of openvz": ({"proc/vz/version": "", "proc/bc/x": ""}, ""),
}


@pytest.mark.parametrize(("files", "runtime"), CONTAINERS.values(), ids=CONTAINERS)
def test_containers_by_their_marks(tmp_path: Path, files: dict[str, str], runtime: str) -> None:
    assert _runtime(tree(tmp_path, files)) == runtime


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"sys/class/dmi/id/sys_vendor": "QEMU\n"}, "qemu"),
        ({"sys/class/dmi/id/product_name": "KVM\n", "sys/class/dmi/id/sys_vendor": "Red Hat\n"}, "kvm"),
        ({"sys/class/dmi/id/sys_vendor": "Amazon EC2\n"}, "amazon"),
        ({"sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n", "sys/class/dmi/id/product_name": "Virtual Machine\n"}, "microsoft"),
        ({"sys/class/dmi/id/sys_vendor": "Dell Inc.\n", "proc/cpuinfo": "flags\t\t: fpu nx\n"}, "none"),
        ({"proc/cpuinfo": "flags\t\t: fpu hypervisor nx\n"}, "other"),
        ({"sys/hypervisor/type": "xen\n"}, "xen"),
    ],
)  # fmt: skip
def test_hypervisors(tmp_path: Path, files: dict[str, str], told: str) -> None:
    assert _virtualisation(tree(tmp_path, files)) == told


def test_this_machine_and_its_processor(tmp_path: Path) -> None:
    (fact,) = gather(Containers(), Root("/"))
    assert fact.data["inside"] is bool(fact.data.get("runtime"))
    (cpu,) = gather(Processor(), Root("/"))
    assert cpu.data["arch"] == os.uname().machine
    if os.uname().machine == "x86_64":
        assert "lm" in cpu.data["flags"]
    root = tree(tmp_path, {"etc/os-release": ""})
    assert gather(Containers(), root) + gather(Processor(), root) == []


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, {"policy": "", "subpolicies": []}),
        ({"config": "# x\nFUTURE\n"}, {"policy": "FUTURE", "subpolicies": []}),
        ({"config": "DEFAULT\n", "state/current": "DEFAULT:NO-SHA1:AD-SUPPORT\n"}, {"policy": "DEFAULT", "subpolicies": ["NO-SHA1", "AD-SUPPORT"], "configured": "DEFAULT"}),
        ({"config": "LEGACY\n", "state/current": "LEGACY\n"}, {"policy": "LEGACY", "subpolicies": []}),
    ],
)  # fmt: skip
def test_crypto_policies(tmp_path: Path, files: dict[str, str], told: dict[str, object]) -> None:
    root = tree(
        tmp_path, {"etc/os-release": "", **{f"etc/crypto-policies/{name}": text for name, text in files.items()}}
    )
    (fact,) = gather(CryptoPolicy(), root)
    assert fact.data == told
