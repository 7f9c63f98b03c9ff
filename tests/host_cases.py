"""Cases of host rules, written as TOML: what is on the host, and the verdict of the rule.

A file `<topic>.case.toml` has one table a rule, in it one list a verdict, in it one table a case::

    [telnet-server-absent]
    pass = [{ name = "no server at all" }]
    fail = [{ name = "installed", package = ["telnetd"] }, { platform = "rhel:9", package = ["telnet-server"] }]
    not_applicable = [{ container = true }]

Everything else was looked at and is not there: paths, folders, modules and patterns that the rule's check names are
told as absent, and every kind has a fact that is of no matter. `without = ["text"]` takes those away (nobody looked).
`params` replace the rule's own, `arch` is the architecture. Facts are written shortly, a key for each kind:

- `package = ["chrony", "aide=0.18-1"]`, `container = true`, `gap = { text = "not root" }`
- `unit = { "chrony.service" = "enabled active" }`, `sysctl = { "net.ipv4.ip_forward" = "0" }`
- `text = { "/etc/fstab" = "one line\\nanother" }`, `mount = { "/tmp" = "tmpfs rw,nosuid" }`
- `file = { "/etc/shadow" = "0640 root:shadow", "/etc" = "directory 0755 root:root", "/x" = "absent" }`
- `kernel_module = { cramfs = "available loaded" }`, `boot = { running = "quiet audit=1" }`
- every other kind, and these where a table is written: subject → data, `account = { alice = { uid = 1000 } }`;
  a list of tables is a fact for each.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from examined import fact, host
from shindan.collect.plan_texts import TEXTS
from shindan.facts.fact import Fact
from shindan.rules.catalog import HostRule
from shindan.rules.checks.compiled import uses
from shindan.rules.examined import Examined

_FOLDERS = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
_DROP_INS = ("sysctl.d/*.conf", "modprobe.d/*.conf", "systemd/system/*.mount")
_DCONF = ("/etc/dconf/profile/*", "/usr/share/dconf/profile/*", "/etc/dconf/db/*.d/*", "/etc/dconf/db/*.d/locks/*")
_IDS = {"root": 0, "shadow": 42, "adm": 4, "syslog": 104, "utmp": 43, "staff": 50, "alice": 1000, "users": 100}
_FIREWALLS = ("nft", "iptables", "ip6tables", "iptables-legacy", "ip6tables-legacy", "ufw", "firewalld")
_OF_THE_PLAN = ("pam", "sudoers", "shell_env", "firewall", "log_files")
_NOT_FACTS = {"name", "platform", "arch", "params", "without", "container", "gap"}


class Case(NamedTuple):
    """One case: the rule's id, the verdict that is wanted, and what is written about the host."""

    rule: str
    verdict: str
    written: Mapping[str, Any]

    @property
    def name(self) -> str:
        said = self.written.get("name") or " ".join(key for key in self.written if key not in ("params", "platform"))
        return f"{self.rule} {self.verdict}: {said or 'bare'} {self.written.get('platform', '')}".strip()


def read(path: Path) -> list[Case]:
    """Every case of a file."""
    tables = tomllib.loads(path.read_text("utf-8"))
    return [
        Case(rule, verdict, one)
        for rule, verdicts in tables.items()
        for verdict, cases in verdicts.items()
        for one in cases
    ]


def examined(case: Case, rule: HostRule) -> Examined:
    """The host of a case."""
    platform, *others = facts(case, rule)
    return host(*others, platform=platform)


def facts(case: Case, rule: HostRule) -> list[Fact]:
    """The facts of a case, the platform first."""
    written = case.written
    os, _, version = str(written.get("platform", "debian:12")).partition(":")
    platform = Fact("platform", "os", {"id": os, "version_id": version, "arch": written.get("arch", "x86_64")})
    said = [one for kind in written if kind not in _NOT_FACTS for one in _facts(kind, written[kind], os)]
    known = {(one.kind, one.subject) for one in said}
    without = set(written.get("without", ()))
    rest = [one for one in _rest(rule, os) if (one.kind, one.subject) not in known and one.kind not in without]
    said.append(fact("container", "self", inside=bool(written.get("container"))))
    gaps = [fact("gap", kind, kinds=[kind], reason=reason) for kind, reason in written.get("gap", {}).items()]
    return [platform, *said, *rest, *gaps]


def _facts(kind: str, written: Any, os: str) -> Iterator[Fact]:
    if kind == "package":
        yield from (_package(one, os) for one in written)
        return
    for subject, data in written.items():
        for one in data if isinstance(data, list) else [data]:
            yield Fact(kind, subject, dict(one) if isinstance(one, dict) else _SHORT[kind](one))


def _package(written: str, os: str) -> Fact:
    name, _, version = written.partition("=")
    type_ = "deb" if os in ("debian", "ubuntu") else "rpm"
    return fact("package", name, type=type_, version=version or "1.0-1", arch="x86_64")


def _unit(written: str) -> dict[str, Any]:
    enabled, active = written.split()
    return {"enabled": enabled, "active": active}


def _file(written: str) -> dict[str, Any]:
    if written == "absent":
        return {"type": "absent"}
    *type_, mode, owners = written.split()
    owner, group = owners.split(":")
    numbers = {"uid": _IDS.get(owner, 990), "gid": _IDS.get(group, 990)}
    return {"type": (type_ or ["regular"])[0], "mode": mode, "owner": owner, "group": group, **numbers}


def _mount(written: str) -> dict[str, Any]:
    fstype, options = written.split()
    return {"source": "x", "fstype": fstype, "options": options.split(",")}


_SHORT: Mapping[str, Any] = {
    "unit": _unit,
    "file": _file,
    "mount": _mount,
    "sysctl": lambda written: {"value": str(written)},
    "text": lambda written: {"lines": written.splitlines()} if isinstance(written, str) else {"absent": True},
    "kernel_module": lambda written: {word: word in written.split() for word in ("loaded", "builtin", "available")},
    "boot": lambda written: {"arguments": written.split()},
}


def _rest(rule: HostRule, os: str) -> Iterator[Fact]:
    """A host with nothing on it: every kind looked at, and what the check names is not there."""
    yield _package("base-files", os)
    yield fact("unit", "dbus.service", enabled="static", active="active")
    yield fact("sysctl", "kernel.ostype", value="Linux")
    yield fact("mount", "/", source="/dev/vda1", fstype="ext4", options=["rw"])
    yield fact("boot", "running", arguments=["quiet"])
    yield fact("process", "/usr/lib/systemd/systemd", path="/usr/lib/systemd/systemd", uids=[0])
    yield fact("interface", "lo", kind="loopback", up=True, addresses=["127.0.0.1/8"])
    yield fact("crypto_policy", "current", policy="", subpolicies=[], fips=False)
    yield from (fact("lsm", name, active=False) for name in ("selinux", "apparmor"))
    yield fact("text", "/etc/fstab", absent=True)
    yield from (fact("text", f"{base}/{name}", pattern=True) for base in _FOLDERS for name in _DROP_INS)
    yield fact("cpu", "0", arch="x86_64", flags=["nx", "pae"])
    yield fact("audit_rule", "status", installed=True, live=True, enabled="1")
    yield from (fact("firewall", name, present=False, loaded=False, rules=[]) for name in _FIREWALLS)
    for way in rule.ways.values():
        kinds = {kind.name for kind, _ in uses(way.check)}
        if kinds & set(_OF_THE_PLAN) or "'function'" in repr(way.check):
            # These find their files themselves: the agent looks for all that its plan names.
            yield from (fact("text", one, **{"pattern" if "*" in one else "absent": True}) for one in TEXTS)
            yield fact("file", "/var/log/**", type="pattern", complete=True)
        if "firewall" in kinds:
            yield fact("listener", "tcp 127.0.0.1:631", protocol="tcp", address="127.0.0.1", port=631)
        for kind, arguments in uses(way.check):
            yield from _absent(kind.name, arguments)


def _absent(kind: str, p: Mapping[str, Any]) -> Iterator[Fact]:
    if kind == "file":
        yield from (fact("file", path, type="absent") for path in p.get("paths", [p.get("path")]) if path)
        if "dir" in p or "glob" in p:
            tail = "**" if p.get("recursive") else "*"
            yield fact("file", p.get("glob") or f"{p['dir'].rstrip('/')}/{tail}", type="pattern", complete=True)
    elif kind == "dconf":
        yield fact("dconf", "*", installed=False)
        yield from (fact("text", pattern, pattern=True) for pattern in _DCONF)
    elif kind == "kernel_module":
        yield fact("kernel_module", p["name"].replace("-", "_"), loaded=False, builtin=False, available=False)
    else:
        yield from (one for path in p.get("files", ()) if isinstance(path, str) for one in _absent_text(path))


def _absent_text(path: str) -> Iterator[Fact]:
    if path.startswith("etc:"):
        yield from (fact("text", f"{base}/{path[4:]}/*.conf", pattern=True) for base in _FOLDERS)
    elif "*" in path:
        folder, _, pattern = path.rpartition("/")
        yield fact("text", f"{folder}/*{pattern.lstrip('*')}", pattern=True)
    else:
        yield fact("text", path, absent=True)
