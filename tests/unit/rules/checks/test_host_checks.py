"""Check kinds that look at files, mounts, units, kernel parameters and modules: the cases of rules.md 3.4 and 6."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host
from shindan.facts.fact import Fact
from shindan.model.outcome import Verdict
from shindan.rules.checks.compiled import compiled

Case = tuple[str, dict[str, Any], list[Fact], Verdict]


def a_file(path: str, mode: str = "0644", owner: str = "root", group: str = "root", **more: Any) -> Fact:
    numbers = {"root": 0, "shadow": 42, "adm": 4, "alice": 1000, "staff": 50}
    return fact(
        "file",
        path,
        type="regular",
        mode=mode,
        uid=numbers[owner],
        gid=numbers[group],
        owner=owner,
        group=group,
        **more,
    )


def absent(path: str) -> Fact:
    return fact("file", path, type="absent")


def pattern(text: str, **more: Any) -> Fact:
    return fact("file", text, type="pattern", **more)


def text(path: str, *lines: str, **more: Any) -> Fact:
    return fact("text", path, lines=list(lines), **more)


def folders(name: str, suffix: str = ".conf") -> list[Fact]:
    """All the folders of systemd's programs were looked into."""
    return [
        fact("text", f"{base}/{name}/*{suffix}", pattern=True)
        for base in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
    ]


SHADOW = {
    "path": "/etc/shadow",
    "mode_max": "0640",
    "owner": ["root"],
    "group": ["root", "shadow"],
    "acl": "none",
    "absent": "fail",
}
CRON = {"dir": "/etc/cron.d", "mode_max": "0600", "owner": ["root"]}
FILES: list[Case] = [
    ("as wanted", SHADOW, [a_file("/etc/shadow", "0640", group="shadow")], "pass"),
    ("stricter", SHADOW, [a_file("/etc/shadow", "0000")], "pass"),
    ("everybody may read it", SHADOW, [a_file("/etc/shadow", "0644")], "fail"),
    ("setuid counts", SHADOW, [a_file("/etc/shadow", "4640")], "fail"),
    ("wrong owner", SHADOW, [a_file("/etc/shadow", "0640", owner="alice")], "fail"),
    ("wrong group", SHADOW, [a_file("/etc/shadow", "0640", group="staff")], "fail"),
    ("an access control list", SHADOW, [a_file("/etc/shadow", "0640", acl=True)], "fail"),
    ("a link to an open file is that file", SHADOW, [a_file("/etc/shadow", "0666", link=True, target="/tmp/shadow")], "fail"),
    ("missing where it must be", SHADOW, [absent("/etc/shadow")], "fail"),
    ("missing where that is right", {"path": "/etc/shadow-", "mode_max": "0600"}, [absent("/etc/shadow-")], "pass"),
    ("nobody looked at it", SHADOW, [absent("/etc/gshadow")], "unknown"),
    ("nobody could look", SHADOW, [gap("files", "not root", "file")], "error"),
    ("another type", {"path": "/tmp", "type": "directory"}, [a_file("/tmp")], "fail"),
    ("exactly these bits", {"path": "/tmp", "mode_eq": "1777"}, [a_file("/tmp", "1777")], "pass"),
    ("a bit that is forbidden", {"path": "/tmp", "mode_forbid": "0022"}, [a_file("/tmp", "0664")], "fail"),
    ("all entries of a folder", CRON, [pattern("/etc/cron.d/*"), a_file("/etc/cron.d/a", "0600"), a_file("/etc/cron.d/b", "0600")], "pass"),
    ("one entry of a folder", CRON, [pattern("/etc/cron.d/*"), a_file("/etc/cron.d/a", "0600"), a_file("/etc/cron.d/b", "0644")], "fail"),
    ("an entry that is left out", {**CRON, "exclude": ["/etc/cron.d/b"]}, [pattern("/etc/cron.d/*"), a_file("/etc/cron.d/b", "0644")], "pass"),
    ("an empty folder", CRON, [pattern("/etc/cron.d/*")], "pass"),
    ("a folder below is not this folder", CRON, [pattern("/etc/cron.d/*"), a_file("/etc/cron.d/c/d", "0666")], "pass"),
    ("folders below on demand", {**CRON, "recursive": True}, [pattern("/etc/cron.d/**"), a_file("/etc/cron.d/c/d", "0666")], "fail"),
    ("names that match", {**CRON, "name_matches": "^host_.*_key$"}, [pattern("/etc/cron.d/*"), a_file("/etc/cron.d/x", "0666")], "pass"),
    ("nobody followed the pattern", CRON, [a_file("/etc/cron.d/a", "0600")], "unknown"),
    ("too many to look at", CRON, [pattern("/etc/cron.d/*", complete=False, reason="more than 10,000")], "error"),
    ("an owner without a name", {"path": "/etc/x", "owner": ["root"]}, [fact("file", "/etc/x", type="regular", mode="0600", uid=4711, gid=0, owner="", group="root")], "fail"),
]  # fmt: skip

TMP = {"path": "/tmp", "options_has": ["nodev", "nosuid"], "layers": ["active", "configured"]}
UNITS = folders("systemd/system", ".mount")
NO_FSTAB = text("/etc/fstab", absent=True)


def a_mount(path: str, *options: str, fstype: str = "tmpfs") -> Fact:
    return fact("mount", path, source="tmpfs", fstype=fstype, options=list(options))


MOUNTS: list[Case] = [
    ("now and configured", TMP, [a_mount("/tmp", "rw", "nodev", "nosuid"), text("/etc/fstab", "tmpfs /tmp tmpfs nodev,nosuid 0 0"), *UNITS], "pass"),
    ("now alone", TMP, [a_mount("/tmp", "nodev", "nosuid"), NO_FSTAB, *UNITS], "fail"),
    ("configured alone", TMP, [a_mount("/"), text("/etc/fstab", "tmpfs /tmp tmpfs nodev,nosuid 0 0"), *UNITS], "fail"),
    ("a comment configures nothing", TMP, [a_mount("/tmp", "nodev", "nosuid"), text("/etc/fstab", "# tmpfs /tmp tmpfs nodev,nosuid 0 0"), *UNITS], "fail"),
    ("a mount unit", TMP, [a_mount("/tmp", "nodev", "nosuid"), NO_FSTAB, text("/etc/systemd/system/tmp.mount", "[Mount]", "Where=/tmp", "Options=nodev,\\", "nosuid"), *UNITS], "fail"),
    ("a mount unit in one line", TMP, [a_mount("/tmp", "nodev", "nosuid"), NO_FSTAB, text("/etc/systemd/system/tmp.mount", "[Mount]", "Where=/tmp", "Options=mode=1777,nodev,nosuid"), *UNITS], "pass"),
    ("/etc hides /usr/lib", TMP, [a_mount("/tmp", "nodev", "nosuid"), NO_FSTAB, text("/etc/systemd/system/tmp.mount", "[Mount]", "Where=/tmp", "Options=exec"), text("/usr/lib/systemd/system/tmp.mount", "[Mount]", "Where=/tmp", "Options=nodev,nosuid"), *UNITS], "fail"),
    ("an option is missing", {**TMP, "layers": ["active"]}, [a_mount("/tmp", "nodev"), NO_FSTAB, *UNITS], "fail"),
    ("the last mount counts", {**TMP, "layers": ["active"]}, [a_mount("/tmp", "nodev", "nosuid"), a_mount("/tmp"), NO_FSTAB, *UNITS], "fail"),
    ("no mount at all", TMP, [a_mount("/"), NO_FSTAB, *UNITS], "not_applicable"),
    ("it must be one", {"path": "/home", "separate": True}, [a_mount("/"), NO_FSTAB, *UNITS], "fail"),
    ("it is one", {"path": "/home", "separate": True}, [a_mount("/home"), NO_FSTAB, *UNITS], "pass"),
    ("nobody looked at mounts", TMP, [NO_FSTAB, *UNITS], "unknown"),
]  # fmt: skip


def a_unit(name: str, enabled: str, active: str = "inactive") -> Fact:
    return fact("unit", name, enabled=enabled, active=active)


OFF = {"names": ["cups"], "enabled": ["disabled", "masked", "not-found"], "active": ["inactive", "failed"]}
ON = {"names": ["auditd.service"], "enabled": ["enabled"], "active": ["active"]}
SSH = a_unit("ssh.service", "enabled", "active")
UNIT_CASES: list[Case] = [
    ("on", ON, [a_unit("auditd.service", "enabled", "active")], "pass"),
    ("enabled but stopped", ON, [a_unit("auditd.service", "enabled", "failed")], "fail"),
    ("running but not enabled", ON, [a_unit("auditd.service", "disabled", "active")], "fail"),
    ("of a folder nobody knows what runs", ON, [a_unit("auditd.service", "enabled", "unknown")], "pass"),
    ("not there where it is wanted", ON, [SSH], "fail"),
    ("off because it is not there", OFF, [SSH], "pass"),
    ("off", OFF, [a_unit("cups.service", "masked")], "pass"),
    ("off but its socket is armed", OFF, [a_unit("cups.service", "disabled"), a_unit("cups.socket", "enabled", "active")], "fail"),
    ("a path that starts it", OFF, [a_unit("cups.service", "disabled"), a_unit("cups.path", "enabled", "active")], "fail"),
    ("static is not disabled", OFF, [a_unit("cups.service", "static")], "fail"),
    ("a service that is on may have a timer that is off", {"names": ["aide"], "enabled": ["enabled"]}, [a_unit("aide.service", "enabled"), a_unit("aide.timer", "disabled")], "pass"),
    ("no systemd", ON, [fact("unit", "init", init="other")], "not_applicable"),
    ("nobody looked", ON, [], "unknown"),
]  # fmt: skip

ASLR = {"key": "kernel.randomize_va_space", "eq": 2}
RP = {"key": "net.ipv4.conf.*.rp_filter", "in": [1, 2], "layers": ["runtime"]}
D = folders("sysctl.d")


def running(**values: int) -> list[Fact]:
    return [fact("sysctl", key.replace("__", "."), value=str(value)) for key, value in values.items()]


TWO = running(kernel__randomize_va_space=2)
SYSCTLS: list[Case] = [
    ("now and after boot", ASLR, [*TWO, text("/etc/sysctl.d/60-a.conf", "kernel.randomize_va_space = 2"), *D], "pass"),
    ("now, but in no file", ASLR, [*TWO, text("/etc/sysctl.d/60-a.conf", "# kernel.randomize_va_space = 2"), *D], "fail"),
    ("in a file, but not now", ASLR, [*running(kernel__randomize_va_space=0), text("/etc/sysctl.d/60-a.conf", "kernel/randomize_va_space=2"), *D], "fail"),
    ("a later file by name wins", ASLR, [*TWO, text("/etc/sysctl.d/60-a.conf", "kernel.randomize_va_space=2"), text("/usr/lib/sysctl.d/99-z.conf", "kernel.randomize_va_space=1"), *D], "fail"),
    ("/etc hides the same name", ASLR, [*TWO, text("/etc/sysctl.d/99-z.conf", "kernel.randomize_va_space=2"), text("/usr/lib/sysctl.d/99-z.conf", "kernel.randomize_va_space=1"), *D], "pass"),
    ("a file of its own name hides all", ASLR, [*TWO, text("/etc/sysctl.d/50-a.conf"), text("/usr/lib/sysctl.d/50-a.conf", "kernel.randomize_va_space=2"), *D], "fail"),
    ("a wrong suffix is not read", ASLR, [*TWO, text("/etc/sysctl.d/60-a.txt", "kernel.randomize_va_space=2"), *D], "fail"),
    ("/etc/sysctl.conf is not read", ASLR, [*TWO, text("/etc/sysctl.conf", "kernel.randomize_va_space=2"), *D], "fail"),
    ("a look-alike key", ASLR, [*TWO, text("/etc/sysctl.d/a.conf", "kernel.randomize_va_spaces=2"), *D], "fail"),
    ("the minus before a key", ASLR, [*TWO, text("/etc/sysctl.d/a.conf", "-kernel.randomize_va_space=2"), *D], "pass"),
    ("every instance", RP, running(net__ipv4__conf__all__rp_filter=1, net__ipv4__conf__eth0__rp_filter=2), "pass"),
    ("one instance", RP, running(net__ipv4__conf__all__rp_filter=1, net__ipv4__conf__eth0__rp_filter=0), "fail"),
    ("a glob in a file", {**RP, "key": "net.ipv4.conf.eth0.rp_filter", "layers": ["persisted"]}, [*running(net__ipv4__conf__eth0__rp_filter=1), text("/etc/sysctl.d/a.conf", "net.ipv4.conf.*.rp_filter=1"), *D], "pass"),
    ("a name goes before a glob", {**RP, "key": "net.ipv4.conf.eth0.rp_filter", "layers": ["persisted"]}, [*running(net__ipv4__conf__eth0__rp_filter=1), text("/etc/sysctl.d/a.conf", "net.ipv4.conf.eth0.rp_filter=0", "net.ipv4.conf.*.rp_filter=1"), *D], "fail"),
    ("IPv6 is off", {"key": "net.ipv6.conf.all.accept_ra", "eq": 0}, [*TWO, *D], "not_applicable"),
    ("a container", ASLR, [fact("container", "self", inside=True)], "not_applicable"),
    ("no such parameter", {**ASLR, "key": "kernel.nothing", "layers": ["runtime"]}, TWO, "fail"),
    ("no such parameter, which is right", {**ASLR, "key": "kernel.nothing", "layers": ["runtime"], "absent": "pass"}, TWO, "pass"),
    ("a file that is too large", ASLR, [*TWO, text("/etc/sysctl.d/a.conf", "x=1", truncated=True), *D], "error"),
    ("nobody read the files", ASLR, TWO, "unknown"),
]  # fmt: skip

M = folders("modprobe.d")


def a_module(name: str = "usb_storage", **states: bool) -> Fact:
    return fact("kernel_module", name, **{"loaded": False, "builtin": False, "available": True, **states})


USB = {"name": "usb-storage"}
MODULES: list[Case] = [
    ("blocked", USB, [a_module(), text("/etc/modprobe.d/a.conf", "install usb-storage /bin/false"), *M], "pass"),
    ("an underscore is a hyphen", USB, [a_module(), text("/etc/modprobe.d/a.conf", "install\tusb_storage\t/usr/bin/false"), *M], "pass"),
    ("commented", USB, [a_module(), text("/etc/modprobe.d/a.conf", "# install usb-storage /bin/false"), *M], "fail"),
    ("a wrong suffix", USB, [a_module(), text("/etc/modprobe.d/a", "install usb-storage /bin/false"), *M], "fail"),
    ("the blacklist alone", USB, [a_module(), text("/etc/modprobe.d/a.conf", "blacklist usb-storage"), *M], "fail"),
    ("blocked, blacklist wanted", {**USB, "blacklist": True}, [a_module(), text("/etc/modprobe.d/a.conf", "install usb-storage /bin/false"), *M], "fail"),
    ("an install line that loads it", USB, [a_module(), text("/etc/modprobe.d/a.conf", "install usb-storage /sbin/modprobe -i usb-storage"), *M], "fail"),
    ("blocked but loaded", USB, [a_module(loaded=True), text("/etc/modprobe.d/a.conf", "install usb-storage /bin/false"), *M], "fail"),
    ("built in", USB, [a_module(builtin=True), text("/etc/modprobe.d/a.conf", "install usb-storage /bin/false"), *M], "fail"),
    ("no kernel has it", USB, [a_module(available=False), text("/etc/modprobe.d/a.conf"), *M], "pass"),
    ("loaded as wanted", {**USB, "state": "loaded"}, [a_module(loaded=True)], "pass"),
    ("built in is loaded", {**USB, "state": "loaded"}, [a_module(builtin=True)], "pass"),
    ("not there as wanted", {**USB, "state": "absent"}, [a_module(available=False)], "pass"),
    ("a container", USB, [fact("container", "self", inside=True)], "not_applicable"),
    ("nobody looked for it", USB, [a_module("cramfs"), *M], "unknown"),
]  # fmt: skip

ALL = [
    (kind, *case)
    for kind, cases in (
        ("file", FILES),
        ("mount", MOUNTS),
        ("unit", UNIT_CASES),
        ("sysctl", SYSCTLS),
        ("kernel_module", MODULES),
    )
    for case in cases
]


@pytest.mark.parametrize(
    ("kind", "check", "facts", "verdict"),
    [(one[0], *one[2:]) for one in ALL],
    ids=[f"{one[0]}: {one[1]}" for one in ALL],
)
def test_check(kind: str, check: dict[str, Any], facts: list[Fact], verdict: Verdict) -> None:
    result = compiled({kind: check})(host(*facts))
    assert result.verdict == verdict, result
    if verdict in ("unknown", "error", "not_applicable"):
        assert result.reason
    if verdict == "fail":
        assert all(one.observed and one.wanted for one in result.evidence)
        assert result.evidence
