"""Check kinds about accounts, homes, boot, access control, walks, policies, listeners, interfaces and processes."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, host
from shindan.facts.fact import Fact
from shindan.model.outcome import Verdict
from shindan.rules.checks.compiled import compiled

Case = tuple[str, dict[str, Any], list[Fact], Verdict]
NOLOGIN = "/usr/sbin/nologin"


def user(
    name: str, uid: int, gid: int | None = None, password: str = "locked", shell: str = "/bin/bash", **more: Any
) -> Fact:
    return fact(
        "account", name, uid=uid, gid=uid if gid is None else gid, home="/", shell=shell, password=password, **more
    )


def group(name: str, gid: int, *members: str) -> Fact:
    return fact("group", name, gid=gid, members=list(members))


ROOT, ALICE = (
    user("root", 0, password="hash:y"),
    user("alice", 1000, password="hash:6", max=90, min=1, warn=7, inactive=30),
)
GROUPS = [group("root", 0), group("alice", 1000), group("shadow", 42)]
MAX = {"query": "password_max", "between": [1, 365]}
ACCOUNTS: list[Case] = [
    ("root alone has uid 0", {"query": "uid0_only"}, [ROOT, ALICE], "pass"),
    ("a second uid 0", {"query": "uid0_only"}, [ROOT, user("toor", 0)], "fail"),
    ("a uid twice", {"query": "duplicate_uid"}, [ROOT, user("a", 5), user("b", 5)], "fail"),
    ("uids of their own", {"query": "duplicate_uid"}, [ROOT, ALICE], "pass"),
    ("a name twice", {"query": "duplicate_user"}, [user("a", 5), user("a", 6)], "fail"),
    ("a gid twice", {"query": "duplicate_gid"}, [*GROUPS, group("b", 42), ROOT], "fail"),
    ("a group's name twice", {"query": "duplicate_group"}, [*GROUPS, group("shadow", 43), ROOT], "fail"),
    ("a primary group that is not there", {"query": "gid_exists"}, [*GROUPS, user("a", 7)], "fail"),
    ("primary groups that are", {"query": "gid_exists"}, [*GROUPS, ROOT, ALICE], "pass"),
    ("an empty password", {"query": "empty_password"}, [ROOT, user("a", 7, password="none")], "fail"),
    ("a locked password is not empty", {"query": "empty_password"}, [ROOT, user("a", 7)], "pass"),
    ("a hash in /etc/passwd", {"query": "shadowed"}, [user("a", 7, shadowed=False)], "fail"),
    ("passwords age", MAX, [ALICE], "pass"),
    ("one never does", MAX, [ALICE, user("bob", 1001, password="hash:y")], "fail"),
    ("one does too late", MAX, [user("bob", 1001, password="hash:y", max=99999)], "fail"),
    ("a locked one need not", MAX, [ALICE, user("bob", 1001)], "pass"),
    ("nobody has a password", MAX, [user("bob", 1001)], "not_applicable"),
    ("days before another change", {"query": "password_min", "ge": 1}, [user("bob", 1, password="hash:y", min=0)], "fail"),
    ("days of warning", {"query": "password_warn", "ge": 7}, [ALICE], "pass"),
    ("days until it is locked", {"query": "password_inactive", "le": 45}, [ALICE], "pass"),
    ("changed in the future", {"query": "last_change_in_past"}, [user("a", 7, password="hash:y", last_change=30000, today=20000)], "fail"),
    ("changed today", {"query": "last_change_in_past"}, [user("a", 7, password="hash:y", last_change=20000, today=20000)], "pass"),
    ("a system account with a shell", {"query": "system_shell"}, [ROOT, user("www-data", 33)], "fail"),
    ("a system account without", {"query": "system_shell"}, [ROOT, user("www-data", 33, shell=NOLOGIN)], "pass"),
    ("a system account with a password", {"query": "system_locked"}, [user("www-data", 33, password="hash:y")], "fail"),
    ("no shell, but a password", {"query": "no_shell_locked"}, [user("a", 1001, shell=NOLOGIN, password="hash:y")], "fail"),
    ("root's group", {"query": "root_gid"}, [user("root", 0, 5)], "fail"),
    ("another in group 0", {"query": "gid0_only"}, [ROOT, user("a", 7, 0)], "fail"),
    ("another group 0", {"query": "group0_only"}, [*GROUPS, group("wheel", 0), ROOT], "fail"),
    ("root without a password", {"query": "root_password"}, [user("root", 0)], "fail"),
    ("root locked is under control", {"query": "root_controlled"}, [user("root", 0)], "pass"),
    ("root with nothing is not", {"query": "root_controlled"}, [user("root", 0, password="none")], "fail"),
    ("an entry of NIS", {"query": "legacy_plus"}, [*GROUPS, user("+", 0)], "fail"),
    ("nobody is in group shadow", {"query": "group_empty"}, [*GROUPS, ROOT], "pass"),
    ("somebody is, by his primary group", {"query": "group_empty"}, [*GROUPS, user("a", 7, 42)], "fail"),
    ("a line of NIS has no group", {"query": "gid_exists"}, [*GROUPS, user("+", -1)], "pass"),
    ("nobody could read the passwords", {"query": "empty_password"}, [fact("account", "a", uid=7, gid=7, shell="/bin/sh")], "error"),
    ("nobody looked", {"query": "uid0_only"}, [], "unknown"),
]  # fmt: skip


def a_home(name: str = "alice", **more: Any) -> Fact:
    return fact(
        "home",
        name,
        **{
            "path": f"/home/{name}",
            "exists": True,
            "mode": "0700",
            "uid": 1000,
            "gid": 1000,
            "of": 1000,
            "of_group": 1000,
            "files": [],
            **more,
        },
    )


def dot(name: str, mode: str = "0600", uid: int = 1000, gid: int = 1000) -> dict[str, Any]:
    return {"name": name, "mode": mode, "uid": uid, "gid": gid}


HOMES: list[Case] = [
    ("there", {"query": "exists"}, [a_home()], "pass"),
    ("missing", {"query": "exists"}, [a_home(exists=False)], "fail"),
    ("not visited", {"query": "exists"}, [a_home(), a_home("bob", exists=None, reason="autofs")], "unknown"),
    ("not visited, but another is wrong", {"query": "exists"}, [a_home(exists=False), a_home("bob", exists=None)], "fail"),
    ("of another user", {"query": "owner"}, [a_home(uid=0)], "fail"),
    ("of another group", {"query": "group"}, [a_home(gid=0)], "fail"),
    ("closed to others", {"query": "mode", "mode_max": "0750"}, [a_home()], "pass"),
    ("open to others", {"query": "mode", "mode_max": "0750"}, [a_home(mode="0755")], "fail"),
    ("a dot file others may write", {"query": "dotfiles_mode", "mode_max": "0644"}, [a_home(files=[dot(".profile", "0666")])], "fail"),
    ("only files that are meant", {"query": "dotfiles_mode", "mode_max": "0600", "files": [".netrc"]}, [a_home(files=[dot(".profile", "0666")])], "pass"),
    ("a dot file of another user", {"query": "dotfiles_owner"}, [a_home(files=[dot(".profile", uid=0)])], "fail"),
    ("a dot file of another group", {"query": "dotfiles_group"}, [a_home(files=[dot(".profile", gid=0)])], "fail"),
    ("a file that must not be", {"query": "forbidden", "files": [".rhosts"]}, [a_home(files=[dot(".rhosts")])], "fail"),
    ("no such file", {"query": "forbidden", "files": [".rhosts"]}, [a_home(files=[dot(".profile")])], "pass"),
    ("no people at all", {"query": "exists"}, [fact("home", "*")], "pass"),
    ("nobody looked", {"query": "exists"}, [], "unknown"),
]  # fmt: skip


def boot(subject: str, *arguments: str) -> Fact:
    return fact("boot", subject, arguments=list(arguments), loader="grub")


AUDIT = {"name": "audit", "eq": 1}
BOOT: list[Case] = [
    ("now and for every entry", AUDIT, [boot("running", "audit=1"), boot("6.1", "audit=1")], "pass"),
    ("one entry is without", AUDIT, [boot("running", "audit=1"), boot("6.1", "audit=1"), boot("5.10", "quiet")], "fail"),
    ("not now", AUDIT, [boot("running", "quiet"), boot("6.1", "audit=1")], "fail"),
    ("the last one counts", AUDIT, [boot("running", "audit=1", "audit=0")], "fail"),
    ("a name that begins alike", AUDIT, [boot("running", "audit_backlog_limit=1")], "fail"),
    ("an argument that must not be", {"name": "selinux", "present": False}, [boot("running", "quiet")], "pass"),
    ("an argument that must not be, is", {"name": "norandmaps", "present": False}, [boot("running", "norandmaps")], "fail"),
    ("entries alone, and there are none", {**AUDIT, "layers": ["configured"]}, [boot("running")], "not_applicable"),
    ("a container", AUDIT, [fact("container", "self", inside=True)], "not_applicable"),
    ("grub has a password", {"password": True}, [boot("running"), fact("boot", "grub", superusers=True, password=True)], "pass"),
    ("grub has none", {"password": True}, [boot("running"), fact("boot", "grub", superusers=True, password=False)], "fail"),
    ("no grub", {"password": True}, [boot("running")], "not_applicable"),
]  # fmt: skip


def selinux(mode: str, configured: str, policy: str = "targeted") -> Fact:
    return fact("lsm", "selinux", active=True, mode=mode, configured=configured, policy=policy)


ENFORCING = {"system": "selinux", "mode": ["enforcing"]}
MAC: list[Case] = [
    ("enforcing now and later", ENFORCING, [selinux("enforcing", "enforcing")], "pass"),
    ("enforcing now alone", ENFORCING, [selinux("enforcing", "permissive")], "fail"),
    ("another policy", {**ENFORCING, "policy": ["mls"]}, [selinux("enforcing", "enforcing")], "fail"),
    ("off", ENFORCING, [fact("lsm", "selinux", active=False)], "fail"),
    ("off, which is another's matter", {**ENFORCING, "absent": "not_applicable"}, [fact("lsm", "selinux", active=False)], "not_applicable"),
    ("all profiles enforce", {"system": "apparmor", "profiles": "enforce"}, [fact("lsm", "apparmor", active=True, profiles={"a": "enforce"})], "pass"),
    ("one complains", {"system": "apparmor", "profiles": "enforce"}, [fact("lsm", "apparmor", active=True, profiles={"a": "enforce", "b": "complain"})], "fail"),
    ("complaining is enough", {"system": "apparmor", "profiles": "enforce_or_complain"}, [fact("lsm", "apparmor", active=True, profiles={"b": "complain"})], "pass"),
    ("no profile at all", {"system": "apparmor", "profiles": "enforce"}, [fact("lsm", "apparmor", active=True, profiles={})], "fail"),
    ("something runs unconfined", {"system": "apparmor", "unconfined": "none"}, [fact("lsm", "apparmor", active=True, unconfined=["/usr/sbin/a"])], "fail"),
]  # fmt: skip


def sweep(*paths: str, count: int | None = None, complete: bool = True) -> Fact:
    return fact(
        "sweep",
        "world_writable",
        paths=list(paths),
        count=len(paths) if count is None else count,
        complete=complete,
        walked=10,
    )


SWEEP = {"predicate": "world_writable", "exclude": ["/proc/*"]}
WALKS: list[Case] = [
    ("nothing was found", SWEEP, [sweep()], "pass"),
    ("something was", SWEEP, [sweep("/srv/x")], "fail"),
    ("what was found is left out", SWEEP, [sweep("/proc/1/x")], "pass"),
    ("what is listed is left out, but there is more", SWEEP, [sweep("/proc/1/x", count=2000)], "error"),
    ("the walk was cut short", SWEEP, [sweep(complete=False)], "unknown"),
    ("the walk was cut short, but found something", SWEEP, [sweep("/srv/x", complete=False)], "fail"),
    ("nobody walked", SWEEP, [], "unknown"),
    ("nobody searched for this", {"predicate": "setuid"}, [sweep()], "unknown"),
]  # fmt: skip

POLICY = fact("crypto_policy", "current", policy="DEFAULT", subpolicies=["NO-SHA1"])
POLICIES: list[Case] = [
    ("not legacy", {"not_in": ["LEGACY"]}, [POLICY], "pass"),
    ("one of those", {"in": ["FUTURE", "FIPS"]}, [POLICY], "fail"),
    ("a module in force", {"subpolicies": ["NO-SHA1"]}, [POLICY], "pass"),
    ("a module that is not", {"subpolicies": ["NO-SHA1", "NO-SSHCBC"]}, [POLICY], "fail"),
    ("none on this family", {"not_in": ["LEGACY"]}, [fact("crypto_policy", "current", policy="")], "not_applicable"),
]  # fmt: skip


def listener(protocol: str, address: str, port: int, program: str = "/usr/sbin/x") -> Fact:
    return fact(
        "listener", f"{protocol} {address}:{port}", protocol=protocol, address=address, port=port, program=program
    )


LISTENERS: list[Case] = [
    ("loopback alone", {"ports": ["25"]}, [listener("tcp", "127.0.0.1", 25), listener("tcp", "::1", 25)], "pass"),
    ("everywhere", {"ports": ["25"]}, [listener("tcp", "0.0.0.0", 25)], "fail"),
    ("another port", {"ports": ["25"]}, [listener("tcp", "0.0.0.0", 22)], "pass"),
    ("another protocol", {"protocol": "udp"}, [listener("tcp", "0.0.0.0", 22)], "pass"),
    ("a program", {"process": ["master"]}, [listener("tcp", "0.0.0.0", 25, "/usr/lib/postfix/sbin/master")], "fail"),
    ("not even on loopback", {"ports": ["25"], "scope": "none"}, [listener("tcp", "127.0.0.1", 25)], "fail"),
]  # fmt: skip
INTERFACES: list[Case] = [
    (
        "no wireless interface",
        {"wireless": "none"},
        [fact("interface", "eth0", kind="physical", up=True)],
        "not_applicable",
    ),
    (
        "a wireless one that is down",
        {"wireless": "none"},
        [fact("interface", "wlan0", kind="wireless", up=False)],
        "pass",
    ),
    ("a wireless one that is up", {"wireless": "none"}, [fact("interface", "wlan0", kind="wireless", up=True)], "fail"),
    ("promiscuous", {"promiscuous": "none"}, [fact("interface", "eth0", promiscuous=True)], "fail"),
]


def running(path: str, *uids: int) -> Fact:
    return fact("process", path, path=path, uids=list(uids))


CHRONY = [user("_chrony", 107), user("root", 0)]
PROCESSES: list[Case] = [
    ("as wanted", {"name": "chronyd", "user": ["_chrony", "chrony"]}, [*CHRONY, running("/usr/sbin/chronyd", 107)], "pass"),
    ("as root, too", {"name": "chronyd", "user": ["_chrony"]}, [*CHRONY, running("/usr/sbin/chronyd", 107, 0)], "fail"),
    ("a user without a name", {"name": "chronyd", "user": ["4711"]}, [*CHRONY, running("/usr/sbin/chronyd", 4711)], "pass"),
    ("none runs", {"name": "chronyd", "user": ["_chrony"]}, [*CHRONY, running("/usr/sbin/sshd", 0)], "not_applicable"),
]  # fmt: skip

TABLE = {
    "accounts": ACCOUNTS, "home": HOMES, "bootparam": BOOT, "mac": MAC, "file_scan": WALKS, "crypto_policy": POLICIES,
    "listen": LISTENERS, "netif": INTERFACES, "process": PROCESSES, "manual": [("a person", {"text": "look"}, [], "manual")],
}  # fmt: skip
ALL = [(kind, *case) for kind, cases in TABLE.items() for case in cases]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "check", "facts", "verdict"),
    [(one[0], *one[2:]) for one in ALL],
    ids=[f"{one[0]}: {one[1]}" for one in ALL],
)
def test_check(kind: str, check: dict[str, Any], facts: list[Fact], verdict: Verdict) -> None:
    if kind == "accounts" and facts and not any(one.kind == "group" for one in facts):
        facts = [*facts, *GROUPS]
    result = compiled({kind: check})(host(*facts))
    assert result.verdict == verdict, result
    assert result.reason or verdict in ("pass", "fail")
    if verdict == "fail":
        assert result.evidence
        assert all(one.observed and one.wanted for one in result.evidence)
