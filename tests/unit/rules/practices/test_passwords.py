"""Age, length and complexity of passwords, by files of PAM and accounts; the traps by name."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host
from shindan.facts.fact import Fact
from shindan.rules.practices.password_age import MAXIMUM_AGE
from shindan.rules.practices.password_strength import COMPLEXITY, MINIMUM_LENGTH
from shindan.rules.practices.people import elsewhere

PATTERNS = (
    "/etc/pam.d/*", "/usr/lib/pam.d/*", "/usr/etc/pam.d/*", "/etc/security/*.conf",
    "/etc/security/pwquality.conf.d/*.conf", "/etc/login.defs.d/*",
)  # fmt: skip
DEBIAN = "password requisite pam_pwquality.so retry=3\npassword [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt\npassword requisite pam_deny.so\npassword required pam_permit.so"
REDHAT = (
    "password requisite pam_pwquality.so\npassword sufficient pam_unix.so use_authtok\npassword required pam_deny.so"
)
HISTORY = "password requisite pam_pwquality.so\npassword required pam_pwhistory.so use_authtok {}\npassword required pam_unix.so use_authtok"


def account(name: str = "alice", password: str | None = "hash:y", **data: Any) -> Fact:
    said = {} if password is None else {"password": password}
    return fact("account", name, uid=1000, gid=1000, line=1, **said, **data)


def texts(files: dict[str, str]) -> list[Fact]:
    """Files as they are; all others of PAM and of login.defs were looked for and are not there."""
    given = {path: fact("text", path, lines=written.splitlines()) for path, written in files.items()}
    rest = ("/etc/login.defs", "/usr/etc/login.defs", "/etc/pam.conf", "/etc/nsswitch.conf")
    absent = [fact("text", path, absent=True) for path in rest if path not in given]
    return [*given.values(), *absent, *(fact("text", pattern, pattern=True) for pattern in PATTERNS)]


AGES = [
    ("both short", "pass", "PASS_MAX_DAYS 365", [account(max=90)]),
    ("as it is shipped", "fail", "PASS_MAX_DAYS 99999", [account(max=90)]),
    ("login.defs mended, accounts as before", "fail", "PASS_MAX_DAYS 90", [account(max=99999)]),
    ("accounts mended, login.defs as before", "fail", "", [account(max=90)]),
    ("an empty field is no limit", "fail", "PASS_MAX_DAYS 90", [account()]),
    ("a negative number is no limit", "fail", "PASS_MAX_DAYS -1", [account(max=90)]),
    ("commented", "fail", "# PASS_MAX_DAYS 90", [account(max=90)]),
    ("the last of two counts", "fail", "PASS_MAX_DAYS 90\nPASS_MAX_DAYS 99999", [account(max=90)]),
    ("locked accounts are no matter", "pass", "PASS_MAX_DAYS 90", [account(max=90), account("bob", "locked")]),
    ("no password that can be used", "not_applicable", "", [account(password="locked"), account("www", "unset")]),
    ("nobody may read the hashes", "error", "PASS_MAX_DAYS 90", [account(password=None)]),
    ("nobody looked at accounts", "unknown", "PASS_MAX_DAYS 90", []),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "defs", "facts"), [case[1:] for case in AGES], ids=[case[0] for case in AGES])
def test_maximum_age(verdict: str, defs: str, facts: list[Fact]) -> None:
    said = MAXIMUM_AGE.judge(host(*facts, *texts({"/etc/login.defs": defs})))
    assert said.verdict == verdict, said


def test_maximum_age_may_be_another() -> None:
    there = host(account(max=365), *texts({"/etc/login.defs": "PASS_MAX_DAYS\t365"}))
    assert MAXIMUM_AGE.judge(there).verdict == "pass"
    said = MAXIMUM_AGE.judge(there, {"days": 90})
    assert said.verdict == "fail" and {one.subject for one in said.evidence} == {
        "/etc/login.defs line 1", "account alice"
    }  # fmt: skip


def test_login_defs_of_the_vendor_and_drop_ins() -> None:
    """As openSUSE has it."""
    vendor = {"/usr/etc/login.defs": "PASS_MAX_DAYS 99999", "/etc/login.defs.d/age.defs": "PASS_MAX_DAYS 60"}
    said = MAXIMUM_AGE.judge(host(account(max=60), *texts(vendor)))
    assert said.verdict == "pass" and said.evidence[0].subject == "/etc/login.defs.d/age.defs line 1"


def test_accounts_of_a_directory_are_said_to_be_unseen() -> None:
    files = {"/etc/login.defs": "PASS_MAX_DAYS 60", "/etc/nsswitch.conf": "passwd: files sss # x\ngroup: files"}
    said = MAXIMUM_AGE.judge(host(account(max=60), *texts(files)))
    assert said.verdict == "pass" and "sss were not looked at" in said.evidence[-1].observed
    assert elsewhere(host(*texts({"/etc/nsswitch.conf": "passwd: files systemd"}))) == ""


def pwquality(stack: str, conf: str | None = None, drop_in: str | None = None, **more: str) -> list[Fact]:
    files = {"/etc/pam.d/common-password": stack, **more}
    if conf is not None:
        files["/etc/security/pwquality.conf"] = conf
    if drop_in is not None:
        files["/etc/security/pwquality.conf.d/50.conf"] = drop_in
    return [account(), *texts(files)]


LENGTHS = [
    ("long enough by the file", "pass", pwquality(DEBIAN, "minlen = 14")),
    ("too short by the file", "fail", pwquality(DEBIAN, "minlen = 8")),
    ("without a file eight", "fail", pwquality(DEBIAN)),
    ("the argument beats the file", "fail", pwquality(DEBIAN.replace("retry=3", "minlen=8"), "minlen = 14")),
    ("by a drop-in alone", "pass", pwquality(DEBIAN, None, "minlen = 14")),
    ("the main file beats the drop-in", "fail", pwquality(DEBIAN, "minlen = 8", "minlen = 14")),
    ("commented", "fail", pwquality(DEBIAN, "# minlen = 14")),
    ("credits above zero shorten it", "fail", pwquality(DEBIAN, "minlen = 14\ndcredit = 1")),
    ("credits below zero do not", "pass", pwquality(DEBIAN, "minlen = 14\ndcredit = -1")),
    ("it only warns", "fail", pwquality(DEBIAN, "minlen = 14\nenforcing = 0")),
    ("a jump leads past the module", "fail",
     pwquality("password [success=1 default=ignore] pam_exec.so /x\n" + REDHAT, "minlen = 14")),
    ("the module's failure counts for nothing", "fail",
     pwquality(REDHAT.replace("requisite pam_pwq", "optional pam_pwq"), "minlen = 14")),
    ("behind a sufficient module", "fail",
     pwquality("password sufficient pam_unix.so\n" + DEBIAN, "minlen = 14")),
    ("a directory before it is not for local accounts", "pass",
     pwquality("password sufficient pam_sss.so\n" + REDHAT, "minlen = 14")),
    ("commented out of the stack", "fail", pwquality(DEBIAN.replace("password requisite pam_pwq", "# pam_pwq"), "minlen = 14")),
    ("cracklib gives credits by itself", "fail", pwquality(REDHAT.replace("pam_pwquality.so", "pam_cracklib.so minlen=14"))),
    ("cracklib without credits", "pass",
     pwquality(REDHAT.replace("pam_pwquality.so", "pam_cracklib.so minlen=14 dcredit=0 ucredit=0 lcredit=0 ocredit=0"))),
    ("passwdqc as it comes", "fail", pwquality(REDHAT.replace("pam_pwquality.so", "pam_passwdqc.so"))),
    ("passwdqc with long ones alone", "pass",
     pwquality(REDHAT.replace("pam_pwquality.so", "pam_passwdqc.so min=disabled,24,14,14,14"))),
    ("passwdqc that only warns", "fail",
     pwquality(REDHAT.replace("pam_pwquality.so", "pam_passwdqc.so min=disabled,24,14,14,14 enforce=none"))),
    ("passwdqc of a file that nobody read", "unknown",
     pwquality(REDHAT.replace("pam_pwquality.so", "pam_passwdqc.so config=/etc/passwdqc.conf"))),
    ("passwdqc of a file", "pass",
     pwquality(REDHAT.replace("pam_pwquality.so", "pam_passwdqc.so config=/etc/passwdqc.conf"),
               **{"/etc/passwdqc.conf": "min=disabled,disabled,disabled,16,14"})),
    ("pam_unix by itself", "pass", pwquality("password required pam_unix.so minlen=14")),
    ("pam_unix without one", "fail", pwquality("password required pam_unix.so")),
    ("login.defs is no matter with PAM", "fail",
     pwquality("password required pam_unix.so", **{"/etc/login.defs": "PASS_MIN_LEN 14"})),
    ("without PAM login.defs is", "pass", [account(), *texts({"/etc/login.defs": "PASS_MIN_LEN 14"})]),
    ("without PAM and without a setting", "fail", [account(), *texts({})]),
    ("one of Red Hat's two stacks", "fail",
     [account(), *texts({"/etc/pam.d/system-auth": REDHAT, "/etc/pam.d/password-auth": "password required pam_unix.so",
                         "/etc/security/pwquality.conf": "minlen = 14"})]),
    ("both of Red Hat's stacks, by the service that includes one", "pass",
     [account(), *texts({"/etc/pam.d/system-auth": REDHAT, "/etc/pam.d/password-auth": REDHAT,
                         "/etc/pam.d/passwd": "password substack system-auth",
                         "/etc/security/pwquality.conf": "minlen = 14"})]),
    ("nobody has a password", "not_applicable", [account(password="locked"), *texts({"/etc/pam.d/passwd": DEBIAN})]),
    ("nobody read the files", "unknown", [account()]),
    ("nobody could read the files", "error", [account(), gap("configuration", "not root", "text")]),
    ("other files were read, none of PAM", "unknown", [account(), fact("text", "/etc/fstab", lines=[])]),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in LENGTHS], ids=[case[0] for case in LENGTHS])
def test_minimum_length(verdict: str, facts: list[Fact]) -> None:
    said = MINIMUM_LENGTH.judge(host(*facts))
    assert said.verdict == verdict, said


def test_minimum_length_may_be_another() -> None:
    there = host(*pwquality(DEBIAN, "minlen = 8"))
    assert MINIMUM_LENGTH.judge(there, {"length": 8}).verdict == "pass"


GOOD = "minclass = 4"
COMPLEX = [
    ("four kinds and a history", "pass", pwquality(HISTORY.format("remember=24"), GOOD)),
    ("by four credits", "pass",
     pwquality(HISTORY.format("remember=24"), "dcredit=-1\nucredit=-1\nlcredit=-1\nocredit=-1")),
    ("by three credits", "fail", pwquality(HISTORY.format("remember=24"), "dcredit=-1\nucredit=-1\nlcredit=-1")),
    ("no kinds asked", "fail", pwquality(HISTORY.format("remember=24"), "minlen=14")),
    ("too short a history", "fail", pwquality(HISTORY.format("remember=5"), GOOD)),
    ("a history of ten where nothing is said", "fail", pwquality(HISTORY.format(""), GOOD)),
    ("a history by the module's file", "pass",
     pwquality(HISTORY.format(""), GOOD, **{"/etc/security/pwhistory.conf": "remember = 24"})),
    ("the argument beats the file", "fail",
     pwquality(HISTORY.format("remember=3"), GOOD, **{"/etc/security/pwhistory.conf": "remember = 24"})),
    ("a history by pam_unix", "pass", pwquality(REDHAT.replace("use_authtok", "use_authtok remember=12"), GOOD)),
    ("no history", "fail", pwquality(REDHAT, GOOD)),
    ("a history behind what sets the password", "fail",
     pwquality(DEBIAN + "\npassword required pam_pwhistory.so remember=24", GOOD)),
    ("it only warns", "fail", pwquality(HISTORY.format("remember=24"), GOOD + "\nenforcing=0")),
    ("passwdqc that takes two kinds if they are many", "fail",
     pwquality(HISTORY.format("remember=24").replace("pam_pwquality.so", "pam_passwdqc.so"))),
    ("passwdqc with four kinds alone", "pass",
     pwquality(HISTORY.format("remember=24").replace(
         "pam_pwquality.so", "pam_passwdqc.so min=disabled,disabled,disabled,disabled,12"))),
    ("without PAM", "fail", [account(), *texts({})]),
    ("nobody has a password", "not_applicable", [account(password="unset"), *texts({})]),
    ("nobody looked", "unknown", [account()]),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in COMPLEX], ids=[case[0] for case in COMPLEX])
def test_complexity(verdict: str, facts: list[Fact]) -> None:
    said = COMPLEXITY.judge(host(*facts))
    assert said.verdict == verdict, said


def test_fewer_kinds_and_no_history_may_be_enough() -> None:
    there = host(*pwquality(REDHAT, "minclass = 3"))
    assert COMPLEXITY.judge(there, {"classes": 3, "remember": 0}).verdict == "pass"
