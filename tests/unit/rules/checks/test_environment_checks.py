"""Check kinds `sudoers`, `shell_env` and `log_files`."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host
from shindan.facts.fact import Fact
from shindan.model.outcome import Verdict
from shindan.rules.checks.compiled import compiled

Case = tuple[str, dict[str, Any], list[Fact], Verdict]


def text(path: str, *lines: str, **more: Any) -> Fact:
    return fact("text", path, lines=list(lines), **more)


def folder(pattern: str) -> Fact:
    return fact("text", pattern, pattern=True)


def sudo(*lines: str, **others: list[str]) -> list[Fact]:
    files = [text(f"/etc/sudoers.d/{name}", *inner) for name, inner in others.items()]
    return [text("/etc/sudoers", *lines, "@includedir /etc/sudoers.d"), folder("/etc/sudoers.d/*"), *files]


PTY, TIMEOUT = {"has": "use_pty"}, {"has": "timestamp_timeout", "between": [0, 15], "default": "5"}
NO_TAG, NO_AUTH = {"tag_lacks": ["NOPASSWD"]}, {"lacks": "!authenticate"}
SUDOERS: list[Case] = [
    ("on", PTY, sudo("Defaults use_pty"), "pass"),
    ("not set", PTY, sudo("Defaults env_reset"), "fail"),
    ("among others", PTY, sudo('Defaults env_reset, use_pty, secure_path="/bin:/sbin"'), "pass"),
    ("in a file of the folder", PTY, sudo("", x=["Defaults use_pty"]), "pass"),
    ("switched off later", PTY, sudo("Defaults use_pty", x=["Defaults !use_pty"]), "fail"),
    ("switched off twice", PTY, sudo("Defaults !!use_pty"), "pass"),
    ("switched off for one user", PTY, sudo("Defaults use_pty", "Defaults:alice !use_pty"), "fail"),
    ("on for one user alone", PTY, sudo("Defaults:alice use_pty"), "fail"),
    ("a name with a dot is not read", PTY, sudo("", **{"x.conf": ["Defaults use_pty"]}), "fail"),
    ("a name with a tilde is not read", PTY, sudo("", **{"x~": ["Defaults use_pty"]}), "fail"),
    ("a comment", PTY, sudo("#Defaults use_pty"), "fail"),
    ("over two lines", PTY, sudo("Defaults env_reset,\\", "  use_pty"), "pass"),
    ("included by name", PTY, [text("/etc/sudoers", "#include /etc/sudoers.local"), text("/etc/sudoers.local", "@include /etc/sudoers.d/more"), text("/etc/sudoers.d/more", "Defaults use_pty")], "pass"),
    ("included beside it", PTY, [text("/etc/sudoers", '@include "sudoers.local"'), text("/etc/sudoers.local", "Defaults use_pty")], "pass"),
    ("an included file that is missing", PTY, [text("/etc/sudoers", "@include /x"), text("/x", absent=True)], "error"),
    ("an included file that nobody read", PTY, [text("/etc/sudoers", "@include /x")], "unknown"),
    ("a circle", PTY, [text("/etc/sudoers", "@include /etc/sudoers")], "error"),
    ("a log file", {"has": "logfile", "eq": "/var/log/sudo.log"}, sudo('Defaults logfile="/var/log/sudo.log"'), "pass"),
    ("a log file without quotes", {"has": "logfile"}, sudo("Defaults logfile=/var/log/sudo.log"), "pass"),
    ("another log file", {"has": "logfile", "eq": "/var/log/sudo.log"}, sudo("Defaults logfile=/tmp/x"), "fail"),
    ("the default is right", TIMEOUT, sudo(""), "pass"),
    ("short", TIMEOUT, sudo("Defaults timestamp_timeout=10"), "pass"),
    ("with spaces", TIMEOUT, sudo("Defaults timestamp_timeout = 10"), "pass"),
    ("long", TIMEOUT, sudo("Defaults timestamp_timeout=60"), "fail"),
    ("a little too long", TIMEOUT, sudo("Defaults timestamp_timeout=15.5"), "fail"),
    ("for ever", TIMEOUT, sudo("Defaults timestamp_timeout=-1"), "fail"),
    ("for ever for one user", TIMEOUT, sudo("Defaults timestamp_timeout=5", "Defaults:alice timestamp_timeout=-1"), "fail"),
    ("everybody is asked", NO_TAG, sudo("root ALL=(ALL:ALL) ALL", "%sudo ALL=(ALL) ALL"), "pass"),
    ("somebody is not asked", NO_TAG, sudo("%wheel ALL=(ALL) NOPASSWD: ALL"), "fail"),
    ("a tag without a space", NO_TAG, sudo("%wheel ALL=NOPASSWD:ALL"), "fail"),
    ("behind an alias", NO_TAG, sudo("User_Alias ADMINS = alice, bob", "ADMINS ALL = NOPASSWD: /bin/ls"), "fail"),
    ("in a file that is not read", NO_TAG, sudo("", **{"90-cloud.conf": ["alice ALL=(ALL) NOPASSWD: ALL"]}), "pass"),
    ("in a file that is", NO_TAG, sudo("", **{"90-cloud-init-users": ["alice ALL=(ALL) NOPASSWD: ALL"]}), "fail"),
    ("the tag in a comment", NO_TAG, sudo("alice ALL=(ALL) ALL # NOPASSWD: ALL"), "pass"),
    ("an id of a user", NO_TAG, sudo("#1000 ALL=(ALL) NOPASSWD: ALL"), "fail"),
    ("never asked", NO_AUTH, sudo("Defaults !authenticate"), "fail"),
    ("one user is never asked", NO_AUTH, sudo("Defaults:alice !authenticate"), "fail"),
    ("asked", NO_AUTH, sudo("Defaults authenticate"), "pass"),
    ("no sudo", PTY, [text("/etc/sudoers", absent=True)], "not_applicable"),
    ("nobody could", PTY, [gap("texts", "not root", "text")], "error"),
]  # fmt: skip

PROFILES = [folder("/etc/profile.d/*.sh"), text("/etc/bashrc", absent=True)]
UMASK, TMOUT = {"umask": "027"}, {"variable": "TMOUT", "between": [1, 900], "readonly": True}


def profile(*lines: str, **others: list[str]) -> list[Fact]:
    return [
        *PROFILES,
        text("/etc/profile", *lines),
        text("/etc/bash.bashrc"),
        *(text(f"/etc/profile.d/{name}.sh", *inner) for name, inner in others.items()),
    ]


SHELLS: list[Case] = [
    ("as wanted", UMASK, profile("umask 027"), "pass"),
    ("stricter", UMASK, profile("umask 077"), "pass"),
    ("four digits", UMASK, profile("umask 0027"), "pass"),
    ("symbolic", UMASK, profile("umask u=rwx,g=rx,o="), "pass"),
    ("symbolic and weaker", UMASK, profile("umask u=rwx,g=rwx,o="), "fail"),
    ("weaker", UMASK, profile("umask 022"), "fail"),
    ("not set", UMASK, profile("# umask 027"), "fail"),
    ("one file is weaker", UMASK, profile("umask 027", x=["umask 002"]), "fail"),
    ("in the folder alone", UMASK, profile(x=["umask 027"]), "pass"),
    ("both branches", UMASK, profile("if [ $UID -gt 199 ]; then", "  umask 027", "else", "  umask 077", "fi"), "pass"),
    ("one branch weaker", UMASK, profile("if [ $UID -gt 199 ]; then", "  umask 002", "else", "  umask 027", "fi"), "fail"),
    ("one branch alone", UMASK, profile("if [ $UID -gt 199 ]; then", "  umask 027", "fi"), "manual"),
    ("whatever shell it is", UMASK, profile('if [ "$PS1" ]; then', "  umask 027", "fi"), "pass"),
    ("behind a condition", UMASK, profile("[ $UID -gt 0 ] && umask 027"), "manual"),
    ("shown, not set", UMASK, profile("umask"), "fail"),
    ("a variable", TMOUT, profile("readonly TMOUT=900; export TMOUT"), "pass"),
    ("declared", TMOUT, profile("declare -xr TMOUT=900"), "pass"),
    ("readonly on a line of its own", TMOUT, profile("TMOUT=600", "readonly TMOUT", "export TMOUT"), "pass"),
    ("typeset", TMOUT, profile("typeset -xr TMOUT=900"), "pass"),
    ("not readonly", TMOUT, profile("TMOUT=900"), "fail"),
    ("switched off", TMOUT, profile("readonly TMOUT=0"), "fail"),
    ("too long", TMOUT, profile("readonly TMOUT=1800"), "fail"),
    ("two that differ", TMOUT, profile("readonly TMOUT=900", x=["TMOUT=1800"]), "fail"),
    ("unless it is set", TMOUT, profile('[ -n "$TMOUT" ] || readonly TMOUT=900'), "pass"),
    ("as an argument", TMOUT, profile("echo TMOUT=900"), "fail"),
    ("in a loop", TMOUT, profile("for x in 1; do", "readonly TMOUT=900", "done"), "manual"),
    ("a torn file", TMOUT, profile("if [ $UID -gt 0 ]; then", "readonly TMOUT=900"), "manual"),
    ("exported, and is not", {"variable": "TMOUT", "exported": True}, profile("TMOUT=900"), "fail"),
    ("nobody read it", UMASK, [text("/etc/other")], "unknown"),
]  # fmt: skip

LOGS = {"mode_max": "0640", "owner": ["root", "syslog"]}


def log(path: str, mode: str = "0640", owner: str = "root") -> Fact:
    return fact(
        "file", path, type="regular", mode=mode, uid=0 if owner == "root" else 9, gid=4, owner=owner, group="adm"
    )


def rsyslog(*lines: str) -> list[Fact]:
    return [
        text("/etc/rsyslog.conf", *lines),
        folder("/etc/rsyslog.d/*.conf"),
        fact("file", "/var/log/**", type="pattern", complete=True),
    ]


FILES: list[Case] = [
    ("closed", LOGS, [*rsyslog("*.* /var/log/syslog"), log("/var/log/syslog")], "pass"),
    ("open", LOGS, [*rsyslog("*.* -/var/log/syslog"), log("/var/log/syslog", "0644")], "fail"),
    ("another's", LOGS, [*rsyslog("mail.*;kern.info  /var/log/mail"), log("/var/log/mail", owner="bob")], "fail"),
    ("RainerScript", LOGS, [*rsyslog('*.* action(type="omfile"', '  file="/var/log/x" dirCreateMode="0700")'), log("/var/log/x", "0666")], "fail"),
    ("within a branch", LOGS, [*rsyslog('if $programname == "x" then {', 'action(type="omfile" file="/var/log/x")', "}"), log("/var/log/x", "0666")], "fail"),
    ("a property filter", LOGS, [*rsyslog(':programname, isequal, "x" /var/log/x'), log("/var/log/x", "0666")], "fail"),
    ("commented", LOGS, [*rsyslog("#*.* /var/log/x"), log("/var/log/x", "0666")], "not_applicable"),
    ("sent away", LOGS, rsyslog("*.* @@logs.example:514"), "not_applicable"),
    ("with a template", LOGS, [*rsyslog("*.* /var/log/x;Short"), log("/var/log/x", "0666")], "fail"),
    ("not there yet", LOGS, rsyslog("*.* /var/log/x"), "pass"),
    ("elsewhere", LOGS, rsyslog("*.* /data/x"), "unknown"),
    ("left out", {**LOGS, "exclude": ["/var/log/x*"]}, [*rsyslog("*.* /var/log/xy"), log("/var/log/xy", "0666")], "not_applicable"),
    ("everything below", {**LOGS, "source": "all"}, [*rsyslog(), log("/var/log/a"), log("/var/log/b/c", "0666")], "fail"),
    ("everything below is closed", {**LOGS, "source": "all"}, [*rsyslog(), log("/var/log/a"), log("/var/log/b/c")], "pass"),
]  # fmt: skip

ALL = [
    (kind, *one) for kind, cases in (("sudoers", SUDOERS), ("shell_env", SHELLS), ("log_files", FILES)) for one in cases
]


@pytest.mark.parametrize(
    ("kind", "check", "facts", "verdict"),
    [(one[0], *one[2:]) for one in ALL],
    ids=[f"{one[0]}: {one[1]}" for one in ALL],
)
def test_verdicts(kind: str, check: dict[str, Any], facts: list[Fact], verdict: Verdict) -> None:
    assert compiled({kind: check})(host(*facts)).verdict == verdict
