"""From files of a root folder, by the collectors, to the verdict: the traps of includes and drop-ins."""

from __future__ import annotations

from pathlib import Path

import pytest

from shindan.collect.base import collected
from shindan.collect.collectors import COLLECTORS
from shindan.collect.root import Root
from shindan.model.inventory import Inventory
from shindan.rules.examined import Examined
from shindan.rules.practices.package import PACKAGE
from shindan.rules.practices.password_age import MAXIMUM_AGE
from shindan.rules.practices.password_strength import MINIMUM_LENGTH
from shindan.rules.practices.ssh import PASSWORD_LOGIN, ROOT_LOGIN, VERSION_2

INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf\n"
OFF = "PermitRootLogin no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM yes\n"
MAIN, DROP_IN = "etc/ssh/sshd_config", "etc/ssh/sshd_config.d/50-x.conf"
CASES = [
    ("a drop-in that is read first beats the main file", "fail", {MAIN: INCLUDE + OFF, DROP_IN: "PermitRootLogin yes\n"}),
    ("a drop-in that is read last does not", "pass", {MAIN: OFF + INCLUDE, DROP_IN: "PermitRootLogin yes\n"}),
    ("a folder that no Include names", "pass", {MAIN: OFF, DROP_IN: "PermitRootLogin yes\n"}),
    ("the first of two drop-ins by name", "pass",
     {MAIN: INCLUDE, DROP_IN: "PermitRootLogin no\n", "etc/ssh/sshd_config.d/60-y.conf": "PermitRootLogin yes\n"}),
    ("a Match block in a drop-in", "fail",
     {MAIN: INCLUDE + OFF, DROP_IN: "Match Address 10.0.0.0/8\n  PermitRootLogin yes\n"}),
    ("with = and quotes, in capitals", "pass", {MAIN: 'PERMITROOTLOGIN="no"\n'}),
    ("set by nobody: root by keys", "fail", {MAIN: "UsePAM yes\n"}),
]  # fmt: skip


def examined(tmp_path: Path, files: dict[str, str]) -> Examined:
    """A root folder with an SSH server and these files, as the collectors see it."""
    for name, content in {"usr/sbin/sshd": "", **files}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "usr/sbin/sshd").chmod(0o755)
    kinds = ["platform", *PACKAGE.wants.kinds]
    return Examined(Inventory(collected(COLLECTORS, Root(str(tmp_path)), kinds)))


@pytest.mark.parametrize(("verdict", "files"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_root_login(tmp_path: Path, verdict: str, files: dict[str, str]) -> None:
    said = ROOT_LOGIN.judge(examined(tmp_path, files))
    assert said.verdict == verdict, said


def test_passwords_and_version_by_files_alone(tmp_path: Path) -> None:
    status = (
        "Package: openssh-server\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:9.2p1-2+deb12u7\n\n"
    )
    there = examined(tmp_path, {MAIN: OFF + "Protocol 1\n", "var/lib/dpkg/status": status})
    assert PASSWORD_LOGIN.judge(there).verdict == "pass"
    assert VERSION_2.judge(there).verdict == "pass", "a server of 9.2 passes over Protocol"


PASSWD = "root:x:0:0::/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n"
SHADOW = "root:*:19000:0:99999:7:::\nalice:$6$abcdefgh$0123456789abcdefghij:19000:0:{}:7:::\n"


@pytest.mark.parametrize(("days", "verdict"), [("90", "pass"), ("99999", "fail"), ("", "fail")])
def test_maximum_age_of_accounts_that_are_there(tmp_path: Path, days: str, verdict: str) -> None:
    files = {"etc/passwd": PASSWD, "etc/shadow": SHADOW.format(days), "etc/login.defs": "PASS_MAX_DAYS\t90\n"}
    said = MAXIMUM_AGE.judge(examined(tmp_path, files))
    assert said.verdict == verdict, said
    assert "root" not in str(said.evidence), "nobody can log in by its password"


@pytest.mark.parametrize(
    ("file", "argument", "verdict"), [("14", "", "pass"), ("14", "minlen=8", "fail"), ("8", "", "fail")]
)
def test_minimum_length_through_an_include(tmp_path: Path, file: str, argument: str, verdict: str) -> None:
    stack = f"password requisite pam_pwquality.so retry=3 {argument}\npassword required pam_unix.so use_authtok\n"
    files = {
        "etc/passwd": PASSWD, "etc/shadow": SHADOW.format("90"), "etc/pam.d/passwd": "@include common-password\n",
        "etc/pam.d/common-password": stack, "etc/security/pwquality.conf": f"minlen = {file}\n",
    }  # fmt: skip
    said = MINIMUM_LENGTH.judge(examined(tmp_path, files))
    assert said.verdict == verdict, said
