"""What the SSH server lets in, by facts of what is in force in it."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host, package
from shindan.facts.fact import Fact
from shindan.rules.practices.ssh import PASSWORD_LOGIN, ROOT_LOGIN, VERSION_2

STRICT = {
    "permitrootlogin": "no",
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "usepam": "yes",
}


def sshd(subject: str = "global", /, **options: Any) -> Fact:
    return fact("sshd", subject, origin=options.pop("origin", "sshd -T"), options=options)


OFF = fact("sshd", "global", installed=False)
CASES = [
    ("root: no", ROOT_LOGIN, "pass", [sshd(permitrootlogin="no")]),
    ("root: yes", ROOT_LOGIN, "fail", [sshd(permitrootlogin="yes")]),
    ("root: prohibit-password as sshd -T prints it", ROOT_LOGIN, "fail", [sshd(permitrootlogin="without-password")]),
    ("root: prohibit-password", ROOT_LOGIN, "fail", [sshd(permitrootlogin="prohibit-password")]),
    (
        "root: a Match block opens what everybody is refused",
        ROOT_LOGIN, "fail", [sshd(permitrootlogin="no"), sshd("address 10.0.0.0/8", permitrootlogin="yes")],
    ),
    ("root: no server", ROOT_LOGIN, "not_applicable", [OFF]),
    ("root: nobody looked", ROOT_LOGIN, "unknown", []),
    ("root: an invalid keyword", ROOT_LOGIN, "error", [gap("sshd", "sshd -T: Bad configuration option", "sshd")]),
    ("root: started by systemd for each caller, no process", ROOT_LOGIN, "fail",
     [sshd(permitrootlogin="yes"), fact("unit", "ssh.socket", enabled="enabled", active="active")]),
    ("version: a server that knows no Protocol", VERSION_2, "pass", [sshd(**STRICT)]),
    ("version: an old server with both", VERSION_2, "fail", [sshd(protocol="2,1")]),
    ("version: an old server with 2 alone", VERSION_2, "pass", [sshd(protocol="2")]),
    ("version: Protocol 1 in the file of a new server, read and not asked", VERSION_2, "pass",
     [sshd(origin="parsed", protocol="1"), package("openssh-server", "1:9.2p1-2+deb12u7")]),
    ("version: Protocol 1 in the file of an old one", VERSION_2, "fail",
     [sshd(origin="parsed", protocol="1"), package("openssh-server", "5.3p1-124.el6_10", "rpm")]),
    ("version: an old one that says nothing prefers 2", VERSION_2, "pass",
     [sshd(origin="parsed"), package("openssh-server", "6.6.1p1-31.el7", "rpm")]),
    ("version: a very old one takes both by itself", VERSION_2, "fail",
     [sshd(origin="parsed"), package("openssh-server", "4.3p2-82.el5", "rpm")]),
    ("version: exactly 7.4", VERSION_2, "pass",
     [sshd(origin="parsed", protocol="1"), package("openssh-server", "7.4p1-23.el7_9", "rpm")]),
    ("version: of no package", VERSION_2, "unknown", [sshd(origin="parsed"), package("bash")]),
    ("version: no server", VERSION_2, "not_applicable", [OFF, package("bash")]),
    ("version: nobody looked", VERSION_2, "unknown", [package("openssh-server", "1:9.2p1-2")]),
    ("password: off", PASSWORD_LOGIN, "pass", [sshd(**STRICT)]),
    ("password: on", PASSWORD_LOGIN, "fail", [sshd(**{**STRICT, "passwordauthentication": "yes"})]),
    ("password: on unless it is said", PASSWORD_LOGIN, "fail", [sshd(origin="parsed", usepam="yes")]),
    ("password: asked by PAM", PASSWORD_LOGIN, "fail", [sshd(**{**STRICT, "kbdinteractiveauthentication": "yes"})]),
    (
        "password: asked by PAM, under the option's old name",
        PASSWORD_LOGIN, "fail",
        [sshd(passwordauthentication="no", challengeresponseauthentication="yes", usepam="yes")],
    ),
    (
        "password: asked by nobody, for PAM is off",
        PASSWORD_LOGIN, "pass", [sshd(**{**STRICT, "kbdinteractiveauthentication": "yes", "usepam": "no"})],
    ),
    (
        "password: only behind a key",
        PASSWORD_LOGIN, "pass",
        [sshd(**{**STRICT, "passwordauthentication": "yes", "authenticationmethods": "publickey,password"})],
    ),
    (
        "password: one of two lists is passwords alone",
        PASSWORD_LOGIN, "fail",
        [sshd(**{**STRICT, "passwordauthentication": "yes", "authenticationmethods": ["publickey,password", "password"]})],
    ),
    (
        "password: a list of what is switched off",
        PASSWORD_LOGIN, "pass", [sshd(**{**STRICT, "authenticationmethods": "password"})],
    ),
    (
        "password: keyboard-interactive narrowed to PAM",
        PASSWORD_LOGIN, "fail",
        [sshd(**{**STRICT, "kbdinteractiveauthentication": "yes", "authenticationmethods": "keyboard-interactive:pam"})],
    ),
    (
        "password: a Match block lets a group in by it",
        PASSWORD_LOGIN, "fail", [sshd(**STRICT), sshd("group sftp", passwordauthentication="yes")],
    ),
    ("password: no server", PASSWORD_LOGIN, "not_applicable", [OFF]),
    ("password: nobody may look", PASSWORD_LOGIN, "error", [gap("sshd", "no hostkeys available", "sshd")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "verdict", "facts"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_the_server_lets_in(rule: Any, verdict: str, facts: list[Fact]) -> None:
    said = rule.judge(host(*facts))
    assert said.verdict == verdict, said
    assert said.evidence or said.reason


def test_root_by_keys_may_be_accepted() -> None:
    given = {"allowed": ["no", "prohibit-password"]}
    assert ROOT_LOGIN.judge(host(sshd(permitrootlogin="without-password")), given).verdict == "pass"
    assert ROOT_LOGIN.judge(host(sshd(permitrootlogin="yes")), given).verdict == "fail"


def test_codes_asked_by_pam_may_be_accepted() -> None:
    asked = host(sshd(**{**STRICT, "kbdinteractiveauthentication": "yes"}))
    assert PASSWORD_LOGIN.judge(asked, {"keyboard_interactive": False}).verdict == "pass"


def test_the_evidence_names_the_block() -> None:
    (line,) = PASSWORD_LOGIN.judge(host(sshd(**STRICT), sshd("group sftp", passwordauthentication="yes"))).evidence
    assert line.subject == "sshd, group sftp" and line.observed == "PasswordAuthentication yes"
