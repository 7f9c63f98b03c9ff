"""Check kind `audit_rule`: what the audit system records, by every spelling of its rules."""

from __future__ import annotations

from typing import Any

import pytest

from examined import PLATFORM, fact, gap, host
from shindan.facts.fact import Fact
from shindan.model.outcome import Verdict
from shindan.rules.checks.compiled import CheckRefused, compiled
from shindan.rules.files.audit_rules import Field, field, implies, parsed

FOLDER = "/etc/audit/rules.d/50-x.rules"


def configured(*rules: str, path: str = FOLDER) -> list[Fact]:
    return [
        fact("audit_rule", f"configured {path}:{number}", rule=rule, layer="configured", file=path)
        for number, rule in enumerate(rules, 1)
    ]


def loaded(*rules: str, enabled: str = "1") -> list[Fact]:
    status = fact("audit_rule", "status", live=True, installed=True, enabled=enabled)
    return [status, *(fact("audit_rule", f"loaded {n}", rule=rule, layer="loaded") for n, rule in enumerate(rules, 1))]


def both(*rules: str) -> list[Fact]:
    return configured(*rules) + loaded(*rules)


DISK = [fact("audit_rule", "status", live=False)]
PASSWD = {"watch": "/etc/passwd", "perm": "wa"}
CHMOD = {"syscalls": ["chmod", "fchmod"], "user": True, "layers": ["configured"]}
FILTERS = "-F auid>=1000 -F auid!=unset -F key=perm_mod"
CHMOD_32 = f"-a always,exit -F arch=b32 -S chmod,fchmod {FILTERS}"
CHMOD_64 = f"-a always,exit -F arch=b64 -S chmod,fchmod {FILTERS}"
OPEN = {"syscalls": ["open"], "filters": ["exit=-EACCES"], "user": True, "arch": ["b64"], "layers": ["configured"]}
SUID = {
    "syscalls": ["execve"],
    "compare": ["euid!=uid"],
    "filters": ["auid!=unset"],
    "arch": ["b64"],
    "layers": ["configured"],
}
CHCON = {"exec": "/usr/bin/chcon", "layers": ["configured"]}
IMMUTABLE = {"immutable": True, "layers": ["configured"]}
SETUID = [
    fact("sweep", "setuid", paths=["/usr/bin/su", "/usr/bin/sudo"], count=2, complete=True, walked=9),
    fact("sweep", "setgid", paths=["/usr/bin/wall"], count=1, complete=True, walked=9),
]

CASES: list[tuple[str, dict[str, Any], list[Fact], Verdict]] = [
    ("a watch", PASSWD, both("-w /etc/passwd -p wa -k identity"), "pass"),
    ("permissions in another order", PASSWD, both("-w /etc/passwd -p aw"), "pass"),
    ("no permissions are all", PASSWD, both("-w /etc/passwd"), "pass"),
    ("one permission too few", PASSWD, both("-w /etc/passwd -p w"), "fail"),
    ("more permissions", PASSWD, both("-w /etc/passwd -p rwxa"), "pass"),
    ("the folder above", PASSWD, both("-w /etc/ -p wa"), "pass"),
    ("a folder of almost that name", PASSWD, both("-w /etc/pass -p wa"), "fail"),
    ("a look-alike path", PASSWD, both("-w /etc/passwd- -p wa"), "fail"),
    ("a slash at the end", {**PASSWD, "watch": "/etc/sudoers.d/"}, both("-w /etc/sudoers.d -p wa"), "pass"),
    ("as a rule for system calls", PASSWD, both("-a always,exit -F path=/etc/passwd -F perm=wa -k x"), "pass"),
    ("both widths", PASSWD, both("-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa", "-a always,exit -F arch=b32 -F path=/etc/passwd -F perm=wa"), "pass"),
    ("one width alone", PASSWD, both("-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa"), "fail"),
    ("path= does not go below", {**PASSWD, "watch": "/etc/apt/x"}, both("-a always,exit -F path=/etc/apt -F perm=wa"), "fail"),
    ("dir= goes below", {**PASSWD, "watch": "/etc/apt/x"}, both("-a always,exit -F dir=/etc/apt -F perm=wa"), "pass"),
    ("a comment", PASSWD, both("#-w /etc/passwd -p wa"), "fail"),
    ("exit,always", PASSWD, both("-a exit,always -F path=/etc/passwd -F perm=wa"), "pass"),
    ("only people's access is too little", PASSWD, both("-a always,exit -F path=/etc/passwd -F perm=wa -F auid>=1000"), "fail"),
    ("a never before it", PASSWD, both("-a never,exit -F path=/etc/passwd", "-w /etc/passwd -p wa"), "fail"),
    ("a never behind it", PASSWD, both("-w /etc/passwd -p wa", "-a never,exit -F path=/etc/passwd"), "pass"),
    ("a never of other files", PASSWD, both("-a never,exit -F path=/etc/group", "-w /etc/passwd -p wa"), "pass"),
    ("no task is looked at", PASSWD, both("-w /etc/passwd -p wa", "-a task,never"), "fail"),
    ("configured, not loaded", PASSWD, configured("-w /etc/passwd -p wa") + loaded(), "fail"),
    ("loaded, not configured", PASSWD, loaded("-w /etc/passwd -p wa"), "fail"),
    ("a mounted disk", PASSWD, configured("-w /etc/passwd -p wa") + DISK, "pass"),
    ("nobody looked", PASSWD, [], "unknown"),
    ("nobody may look", PASSWD, [gap("audit", "not root", "audit_rule")], "error"),
    ("system calls", CHMOD, both(CHMOD_32, CHMOD_64), "pass"),
    ("one architecture missing", CHMOD, both(CHMOD_64), "fail"),
    ("one call missing", CHMOD, both(CHMOD_32, CHMOD_64.replace("chmod,fchmod", "chmod")), "fail"),
    ("calls on lines of their own", CHMOD, both(*(f"-a always,exit -F arch={arch} -S {call} {FILTERS}" for arch in ("b32", "b64") for call in ("chmod", "fchmod"))), "pass"),
    ("calls by several -S", CHMOD, both(*(f"-a always,exit -F arch={arch} -S chmod -S fchmod {FILTERS}" for arch in ("b32", "b64"))), "pass"),
    ("more calls than wanted", CHMOD, both(CHMOD_32.replace("-S ", "-S lchown,"), CHMOD_64.replace("-S ", "-S lchown,")), "pass"),
    ("everybody is more than people", CHMOD, both("-a always,exit -F arch=b32 -S chmod,fchmod", "-a always,exit -F arch=b64 -S chmod,fchmod"), "pass"),
    ("unset as a number", CHMOD, both(CHMOD_32.replace("unset", "4294967295"), CHMOD_64.replace("unset", "-1")), "pass"),
    ("from 500 on is more", CHMOD, both(CHMOD_32.replace("1000", "500"), CHMOD_64.replace("1000", "500")), "pass"),
    ("from 2000 on is less", CHMOD, both(CHMOD_32.replace("1000", "2000"), CHMOD_64.replace("1000", "2000")), "fail"),
    ("only what succeeds is less", CHMOD, both(CHMOD_32, CHMOD_64 + " -F success=1"), "fail"),
    ("no architecture means 64 bits", CHMOD, both(f"-a always,exit -S chmod,fchmod {FILTERS}"), "fail"),
    ("as auditctl -l prints it", CHMOD, both("-a always,exit -F arch=b32 -S chmod,fchmod -F auid>=1000 -F auid!=-1 -F key=perm_mod", "-a always,exit -F arch=b64 -S chmod,fchmod -F auid>=1000 -F auid!=-1 -F key=perm_mod"), "pass"),
    ("the error that is wanted", OPEN, both(f"-a always,exit -F arch=b64 -S open -F exit=-EACCES {FILTERS}"), "pass"),
    ("the error as a number", OPEN, both(f"-a always,exit -F arch=b64 -S open -F exit=-13 {FILTERS}"), "pass"),
    ("another error", OPEN, both(f"-a always,exit -F arch=b64 -S open -F exit=-EPERM {FILTERS}"), "fail"),
    ("a comparison", SUID, both("-a always,exit -F arch=b64 -C euid!=uid -F auid!=unset -S execve"), "pass"),
    ("its sides in another order", SUID, both("-a always,exit -F arch=b64 -C uid!=euid -F auid!=unset -S execve"), "pass"),
    ("only root's is less", SUID, both("-a always,exit -F arch=b64 -C uid!=euid -F euid=0 -F auid!=unset -S execve"), "fail"),
    ("another comparison", SUID, both("-a always,exit -F arch=b64 -C egid!=gid -F auid!=unset -S execve"), "fail"),
    ("a program", CHCON, both(f"-a always,exit -F path=/usr/bin/chcon -F perm=x {FILTERS}"), "pass"),
    ("a program by a watch", CHCON, both("-w /usr/bin/chcon -p x"), "pass"),
    ("a program, written to only", CHCON, both("-w /usr/bin/chcon -p wa"), "fail"),
    ("every program", CHCON, both("-a always,exit -F arch=b32 -S execve", "-a always,exit -F arch=b64 -S execve"), "pass"),
    ("a missing program that does not matter", {**CHCON, "not_there": "not_applicable"}, [*both(), fact("file", "/usr/bin/chcon", type="absent")], "not_applicable"),
    ("every setuid program", {"privileged": True, "layers": ["configured"]}, [*SETUID, *both(*(f"-a always,exit -F path=/usr/bin/{name} -F perm=x {FILTERS}" for name in ("su", "sudo", "wall")))], "pass"),
    ("a new setuid program", {"privileged": True, "layers": ["configured"]}, [*SETUID, *both(*(f"-a always,exit -F path=/usr/bin/{name} -F perm=x {FILTERS}" for name in ("su", "wall")))], "fail"),
    ("a walk that was cut short", {"privileged": True}, [fact("sweep", "setuid", paths=[], count=0, complete=False, walked=9), *both()], "unknown"),
    ("immutable", IMMUTABLE, both("-e 2"), "pass"),
    ("immutable before other rules: augenrules puts it last", IMMUTABLE, both("-e 2", "-w /etc/passwd"), "pass"),
    ("no longer immutable", IMMUTABLE, both("-e 2", "-e 1"), "fail"),
    ("not immutable", IMMUTABLE, both("-w /etc/passwd"), "fail"),
    ("immutable now", {"immutable": True}, [*configured("-e 2"), *loaded(enabled="2")], "pass"),
    ("immutable after the next boot alone", {"immutable": True}, [*configured("-e 2"), *loaded(enabled="1")], "fail"),
    ("what follows -e 2 in audit.rules is not taken", {**PASSWD, "layers": ["configured"]}, configured("-e 2", "-w /etc/passwd -p wa", path="/etc/audit/audit.rules"), "fail"),
    ("-D throws away what was before", {**PASSWD, "layers": ["configured"]}, configured("-w /etc/passwd -p wa", "-D", path="/etc/audit/audit.rules"), "fail"),
    ("audit.rules alone", {**PASSWD, "layers": ["configured"]}, configured("-D", "-w /etc/passwd -p wa", path="/etc/audit/audit.rules"), "pass"),
    ("audit.rules is written anew from rules.d", {**PASSWD, "layers": ["configured"]}, configured("-w /etc/passwd -p wa", path="/etc/audit/audit.rules") + configured("-w /x"), "fail"),
    ("in step", {"in_sync": True}, configured("-w /etc/passwd -p wa -k a") + loaded("-w /etc/passwd -p wa -k b"), "pass"),
    ("one is not loaded", {"in_sync": True}, configured("-w /etc/passwd -p wa", "-w /x -p w") + loaded("-w /etc/passwd -p wa"), "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "facts", "verdict"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_audit_rules(check: dict[str, Any], facts: list[Fact], verdict: Verdict) -> None:
    assert compiled({"audit_rule": check})(host(*facts)).verdict == verdict


def test_a_host_of_32_bits_has_no_64() -> None:
    small = PLATFORM._replace(data={**PLATFORM.data, "arch": "i386"})
    assert compiled({"audit_rule": CHMOD})(host(*both(CHMOD_32), platform=small)).verdict == "pass"


def test_calls_that_an_architecture_never_had_are_not_asked_for() -> None:
    arm = PLATFORM._replace(data={**PLATFORM.data, "arch": "arm64"})
    rules = [CHMOD_32, CHMOD_64.replace("chmod,fchmod", "fchmod")]
    assert compiled({"audit_rule": CHMOD})(host(*both(*rules), platform=arm)).verdict == "pass"


def test_evidence_names_what_is_not_recorded() -> None:
    (evidence,) = compiled({"audit_rule": CHMOD})(host(*both(CHMOD_64, CHMOD_32.replace("chmod,f", "f")))).evidence
    assert evidence.wanted.startswith("chmod (b32)")


# Left as it is written, right as `auditctl -l` of audit 3.0.9 printed it after loading.
PRINTED = [
    ("-w /x/zz -p wa -k k", "-w /x/zz -p wa -k k"),
    ("-a always,exit -F arch=b32 -S chmod,fchmod -F auid>=1000 -F auid!=unset -k k", "-a always,exit -F arch=b32 -S chmod,fchmod -F auid>=1000 -F auid!=-1 -F key=k"),
    ("-a exit,always -F arch=b64 -S open -F exit=-EACCES -F auid>=1000 -F auid!=4294967295", "-a always,exit -F arch=b64 -S open -F exit=-EACCES -F auid>=1000 -F auid!=-1 -F key=k"),
    ("-a always,exit -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=-1", "-a always,exit -S all -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=-1 -F key=k"),
    ("-a always,exit -F arch=b64 -C euid!=uid -F auid!=unset -S execve", "-a always,exit -F arch=b64 -S execve -C uid!=euid -F auid!=-1 -F key=k"),
    ("-a always,exit -F arch=b64 -F path=/etc/zz -F perm=wa", "-a always,exit -F arch=b64 -S all -F path=/etc/zz -F perm=wa -F key=k"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "printed"), PRINTED)
def test_a_rule_is_known_again_when_it_is_loaded(written: str, printed: str) -> None:
    assert parsed(written) == parsed(printed)


@pytest.mark.parametrize(
    ("known", "asked", "follows"),
    [
        ("auid>=1000", "auid>=500", True),
        ("auid>=500", "auid>=1000", False),
        ("auid>=1000", "auid>999", True),
        ("auid=1000", "auid>=1000", True),
        ("auid>=1000", "auid!=0", True),
        ("auid>=1000", "auid!=unset", False),
        ("uid=0", "uid=root", True),
        ("a0=0x0", "a0=0", True),
        ("uid<5", "uid<=4", True),
        ("uid=x", "uid!=y", False),
    ],
)
def test_a_condition_follows_from_another(known: str, asked: str, follows: bool) -> None:
    one, other = field(known), field(asked)
    assert isinstance(one, Field) and isinstance(other, Field)
    assert implies(one, other) == follows


@pytest.mark.parametrize("check", [{}, {"watch": "/x", "immutable": True}, {"syscalls": ["x"], "arch": ["b16"]}])
def test_malformed_checks_are_refused(check: dict[str, Any]) -> None:
    with pytest.raises(CheckRefused):
        compiled({"audit_rule": check})
