"""Check kind `pam`: modules that are reached, their arguments and their files."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host
from shindan.facts.fact import Fact
from shindan.model.outcome import Verdict
from shindan.rules.checks.compiled import compiled

FOLDERS = [
    fact("text", pattern, pattern=True)
    for pattern in ("/etc/pam.d/*", "/usr/lib/pam.d/*", "/usr/etc/pam.d/*", "/etc/security/*.conf")
] + [fact("text", "/etc/security/pwquality.conf.d/*.conf", pattern=True), fact("text", "/etc/pam.conf", absent=True)]


def text(path: str, *lines: str) -> Fact:
    return fact("text", path, lines=list(lines))


def pam(service: str, *lines: str) -> Fact:
    return text(f"/etc/pam.d/{service}", *lines)


def password(*lines: str) -> list[Fact]:
    return [pam("common-password", *lines), *FOLDERS]


QUALITY = {"service": ["common-password"], "type": "password", "module": "pam_pwquality.so"}
MINLEN = {
    **QUALITY,
    "arg": "minlen",
    "ge": 14,
    "conf_file": "/etc/security/pwquality.conf",
    "conf_dir": "/etc/security/pwquality.conf.d",
    "default": "8",
}
UNIX = "password [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt"
REACHED = "password requisite pam_pwquality.so retry=3"
MAIN, DROP_IN = "/etc/security/pwquality.conf", "/etc/security/pwquality.conf.d/50-x.conf"
RHEL = {"service": ["system-auth", "password-auth"], "type": "auth", "module": "pam_faillock.so"}
DENY = {**RHEL, "arg": "deny", "between": [1, 5], "conf_file": "/etc/security/faillock.conf", "default": "3"}
LOCK = [
    "auth required pam_faillock.so preauth silent",
    "auth sufficient pam_unix.so",
    "auth required pam_faillock.so authfail",
]
WHEEL = {
    "service": ["su"],
    "type": "auth",
    "module": "pam_wheel.so",
    "control": ["required", "requisite"],
    "has": ["use_uid"],
}

CASES: list[tuple[str, dict[str, Any], list[Fact], Verdict]] = [
    ("in the stack", QUALITY, password(REACHED, UNIX), "pass"),
    ("not in the stack", QUALITY, password(UNIX), "fail"),
    ("commented", QUALITY, password(f"#{REACHED}", UNIX), "fail"),
    ("of another type", QUALITY, password("auth requisite pam_pwquality.so", UNIX), "fail"),
    ("with its path", QUALITY, password("password requisite /usr/lib/security/pam_pwquality.so"), "pass"),
    ("with a dash before it", QUALITY, password("-password requisite pam_pwquality.so"), "pass"),
    ("with capitals", QUALITY, password("PASSWORD Requisite pam_pwquality.so"), "pass"),
    ("over two lines", QUALITY, password("password requisite \\", "  pam_pwquality.so retry=3"), "pass"),
    ("a jump skips it always", QUALITY, password("password [success=1 default=ignore] pam_permit.so", REACHED, UNIX), "fail"),
    ("a jump skips it sometimes", QUALITY, password("password [success=1 default=ignore] pam_localuser.so", REACHED, UNIX), "pass"),
    ("a jump skips it sometimes, and it must always be asked", {**QUALITY, "whole": True}, password("password [success=1 default=ignore] pam_localuser.so", REACHED, UNIX), "fail"),
    ("asked whatever comes", {**QUALITY, "whole": True}, password(REACHED, UNIX, "password requisite pam_deny.so", "password required pam_permit.so"), "pass"),
    ("a sufficient module before it", {**QUALITY, "whole": True}, password("password sufficient pam_unix.so", REACHED), "fail"),
    ("behind pam_deny", QUALITY, password("password requisite pam_deny.so", REACHED), "fail"),
    ("behind what ends the stack", QUALITY, password("password sufficient pam_permit.so", REACHED), "fail"),
    ("by @include", {**QUALITY, "service": ["passwd"]}, [pam("passwd", "@include common-password"), *password(REACHED)], "pass"),
    ("by include", {**QUALITY, "service": ["passwd"]}, [pam("passwd", "password include common-password"), *password(REACHED)], "pass"),
    ("by a substack", {**QUALITY, "service": ["passwd"]}, [pam("passwd", "password substack common-password"), *password(REACHED)], "pass"),
    ("an include of another type", {**QUALITY, "service": ["passwd"]}, [pam("passwd", "auth include common-password"), *password(REACHED)], "fail"),
    ("an included file that is missing", {**QUALITY, "service": ["passwd"]}, [pam("passwd", "password include nothing", REACHED), *FOLDERS], "pass"),
    ("what ends a substack goes on behind it", {**QUALITY, "service": ["passwd"]}, [pam("passwd", "password substack inner", REACHED), pam("inner", "password sufficient pam_permit.so"), *FOLDERS], "pass"),
    ("what ends an include ends it all", {**QUALITY, "service": ["passwd"]}, [pam("passwd", "password include inner", REACHED), pam("inner", "password sufficient pam_permit.so"), *FOLDERS], "fail"),
    ("a jump counts a substack as one", {**QUALITY, "service": ["passwd"]}, [pam("passwd", "password [success=1 default=ignore] pam_permit.so", "password substack inner", REACHED), pam("inner", "password required pam_a.so", "password required pam_b.so"), *FOLDERS], "pass"),
    ("a circle of includes", {**QUALITY, "service": ["a"]}, [pam("a", "@include b"), pam("b", "@include a"), *FOLDERS], "error"),
    ("pam.conf", {**QUALITY, "service": ["passwd"]}, [text("/etc/pam.conf", "passwd password requisite pam_pwquality.so", "other auth required pam_deny.so"), *FOLDERS[:-1]], "pass"),
    ("no such service", {**QUALITY, "service": ["nothing"]}, password(REACHED), "fail"),
    ("no such service, and that is no matter", {**QUALITY, "service": ["nothing"], "absent": "not_applicable"}, password(REACHED), "not_applicable"),
    ("nobody read it", QUALITY, [text("/etc/other")], "unknown"),
    ("nobody could read it", QUALITY, [gap("texts", "not root", "text")], "error"),
    ("must not be used, and is not", {**QUALITY, "present": False}, password(UNIX), "pass"),
    ("must not be used, and is", {**QUALITY, "present": False}, password(REACHED, UNIX), "fail"),
    ("an argument", MINLEN, password(REACHED + " minlen=14", UNIX), "pass"),
    ("an argument that is too small", MINLEN, password(REACHED + " minlen=10", UNIX), "fail"),
    ("the file", MINLEN, [*password(REACHED), text(MAIN, "minlen = 14")], "pass"),
    ("a commented line of the file", MINLEN, [*password(REACHED), text(MAIN, "# minlen = 14")], "fail"),
    ("an argument beats the file", MINLEN, [*password(REACHED + " minlen=6"), text(MAIN, "minlen = 14")], "fail"),
    ("only in the folder", MINLEN, [*password(REACHED), text(MAIN), text(DROP_IN, "minlen = 14")], "pass"),
    ("the file beats its folder", MINLEN, [*password(REACHED), text(MAIN, "minlen = 8"), text(DROP_IN, "minlen = 14")], "fail"),
    ("set nowhere", MINLEN, [*password(REACHED), text(MAIN)], "fail"),
    ("set nowhere, the module's own value is right", {**MINLEN, "ge": 8}, [*password(REACHED), text(MAIN)], "pass"),
    ("set, but the module is not there", MINLEN, [*password(UNIX), text(MAIN, "minlen = 14")], "fail"),
    ("a number below zero", {**MINLEN, "arg": "ocredit", "le": -1, "ge": None}, [*password(REACHED), text(MAIN, "ocredit = -1")], "pass"),
    ("a flag in the file", {**QUALITY, "has": ["enforce_for_root"], "conf_file": MAIN}, [*password(REACHED), text(MAIN, "enforce_for_root")], "pass"),
    ("a flag that is nowhere", {**QUALITY, "has": ["enforce_for_root"], "conf_file": MAIN}, [*password(REACHED), text(MAIN)], "fail"),
    ("enforcing=0", {**QUALITY, "arg": "enforcing", "eq": 1, "default": "1", "conf_file": MAIN}, [*password(REACHED), text(MAIN, "enforcing = 0")], "fail"),
    ("an argument that must not be", {**QUALITY, "module": "pam_unix.so", "lacks": ["remember", "nullok"]}, password(UNIX + " remember=5"), "fail"),
    ("arguments that are not", {**QUALITY, "module": "pam_unix.so", "lacks": ["remember", "nullok"]}, password(UNIX), "pass"),
    ("one of several", {**QUALITY, "module": "pam_unix.so", "has_any": ["sha512", "yescrypt"]}, password(UNIX), "pass"),
    ("none of several", {**QUALITY, "module": "pam_unix.so", "has_any": ["sha512", "gost_yescrypt"]}, password(UNIX), "fail"),
    ("an argument in brackets", {**QUALITY, "has": ["a b"]}, password("password requisite pam_pwquality.so [a b]"), "pass"),
    ("both stacks", RHEL, [pam("system-auth", *LOCK), pam("password-auth", *LOCK), *FOLDERS], "pass"),
    ("one of two stacks", RHEL, [pam("system-auth", *LOCK), pam("password-auth", "auth required pam_unix.so"), *FOLDERS], "fail"),
    ("the line that is meant", {**RHEL, "only_with": ["authfail"]}, [pam("system-auth", *LOCK), pam("password-auth", *LOCK[:2]), *FOLDERS], "fail"),
    ("the value of the file for every line", DENY, [pam("system-auth", *LOCK), pam("password-auth", *LOCK), text("/etc/security/faillock.conf", "deny = 5"), *FOLDERS], "pass"),
    ("an argument of one line", DENY, [pam("system-auth", *LOCK), pam("password-auth", *LOCK[:2], LOCK[2] + " deny=9"), text("/etc/security/faillock.conf", "deny = 5"), *FOLDERS], "fail"),
    ("a control as wanted", WHEEL, [pam("su", "auth sufficient pam_rootok.so", "auth required pam_wheel.so use_uid group=sugroup"), *FOLDERS], "pass"),
    ("brackets that mean a word", WHEEL, [pam("su", "auth [success=ok new_authtok_reqd=ok ignore=ignore default=bad] pam_wheel.so use_uid"), *FOLDERS], "pass"),
    ("another control", WHEEL, [pam("su", "auth sufficient pam_wheel.so use_uid"), *FOLDERS], "fail"),
    ("an argument missing", WHEEL, [pam("su", "auth required pam_wheel.so"), *FOLDERS], "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "facts", "verdict"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_pam(check: dict[str, Any], facts: list[Fact], verdict: Verdict) -> None:
    given = {name: value for name, value in check.items() if value is not None}
    assert compiled({"pam": given})(host(*facts)).verdict == verdict


def test_evidence_names_file_line_and_value() -> None:
    facts = [*password(REACHED), text(MAIN, "", "minlen = 10")]
    (evidence,) = compiled({"pam": MINLEN})(host(*facts)).evidence
    assert evidence == (f"{MAIN} line 2", "minlen 10", "minlen at least 14")
