"""Check kinds `config` and `sshd`: settings as the programs that read them merge them."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host
from shindan.facts.fact import Fact
from shindan.model.outcome import Verdict
from shindan.rules.checks.compiled import compiled
from shindan.rules.files.settings import READERS

Case = tuple[str, dict[str, Any], list[Fact], Verdict]


def text(path: str, *lines: str, **more: Any) -> Fact:
    return fact("text", path, lines=list(lines), **more)


def folder(pattern: str) -> Fact:
    return fact("text", pattern, pattern=True)


DIALECTS: list[tuple[str, str, list[str], list[tuple[str, str, str, int]]]] = [
    ("an equals sign", "kv", ["a = 1", "# b = 2", "; c"], [("", "a", "1", 1)]),
    ("a colon", "kv", ["a: 1"], [("", "a", "1", 1)]),
    ("white space", "kv", ["minlen 14"], [("", "minlen", "14", 1)]),
    ("a key alone", "kv", ["enforce_for_root"], [("", "enforce_for_root", "", 1)]),
    ("a comment behind", "kv", ["a = 1 # one"], [("", "a", "1", 1)]),
    ("quotes", "kv", ['a = "x # y"'], [("", "a", "x # y", 1)]),
    ("sections", "ini", ["[main]", "gpgcheck=1", "[repo]", "gpgcheck=0"], [("main", "gpgcheck", "1", 2), ("repo", "gpgcheck", "0", 4)]),
    ("a backslash", "systemd", ["[Journal]", "Storage=\\", "persistent"], [("Journal", "Storage", "persistent", 3)]),
    ("tabs", "login.defs", ["PASS_MAX_DAYS\t365", "UMASK  027"], [("", "PASS_MAX_DAYS", "365", 1), ("", "UMASK", "027", 2)]),
    ("an export", "shell", ["export TMOUT=900", "readonly TMOUT"], [("", "TMOUT", "900", 1)]),
    ("two on a line", "shell", ["TMOUT=900; export TMOUT"], [("", "TMOUT", "900", 1)]),
    ("declare with flags", "shell", ["declare -xr TMOUT=600"], [("", "TMOUT", "600", 1)]),
    ("a directive", "chrony", ["server ntp.example iburst", "! no"], [("", "server", "ntp.example iburst", 1)]),
    ("a limit", "limits", ["* hard core 0", "@g soft core"], [("* hard", "core", "0", 1)]),
    ("lines", "lines", ["x y", "#z"], [("", "line", "x y", 1)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "lines", "settings"), [one[1:] for one in DIALECTS], ids=[f"{one[1]}: {one[0]}" for one in DIALECTS]
)
def test_dialects(dialect: str, lines: list[str], settings: list[tuple[str, str, str, int]]) -> None:
    assert [tuple(one) for one in READERS[dialect](lines)] == settings


DEFS = {"files": ["/etc/login.defs"], "format": "login.defs", "key": "PASS_MAX_DAYS", "le": 365}
JOURNAL = {
    "files": ["/etc/systemd/journald.conf", "etc:systemd/journald.conf.d"],
    "format": "systemd",
    "section": "Journal",
    "key": "Storage",
    "eq": "persistent",
}
FOLDERS = [
    folder(f"{base}/systemd/journald.conf.d/*.conf") for base in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
]
SUDO = {"files": ["/etc/dnf/dnf.conf"], "format": "ini", "section": "*", "key": "gpgcheck", "eq": "1", "merge": "all"}
CONFIGS: list[Case] = [
    ("as wanted", DEFS, [text("/etc/login.defs", "PASS_MAX_DAYS 90")], "pass"),
    ("too large", DEFS, [text("/etc/login.defs", "PASS_MAX_DAYS 99999")], "fail"),
    ("a comment is no setting", DEFS, [text("/etc/login.defs", "#PASS_MAX_DAYS 90")], "fail"),
    ("the last one counts", DEFS, [text("/etc/login.defs", "PASS_MAX_DAYS 90", "PASS_MAX_DAYS 99999")], "fail"),
    ("the first one counts", {**DEFS, "merge": "first"}, [text("/etc/login.defs", "PASS_MAX_DAYS 90", "PASS_MAX_DAYS 9999")], "pass"),
    ("one of them is enough", {**DEFS, "merge": "any"}, [text("/etc/login.defs", "PASS_MAX_DAYS 9999", "PASS_MAX_DAYS 90")], "pass"),
    ("not set", DEFS, [text("/etc/login.defs", "X 1")], "fail"),
    ("not set, and the program's default is right", {**DEFS, "default": "90"}, [text("/etc/login.defs")], "pass"),
    ("not set, and the program's default is not", {**DEFS, "default": "99999"}, [text("/etc/login.defs")], "fail"),
    ("no such file", {**DEFS, "absent": "not_applicable"}, [text("/etc/login.defs", absent=True)], "not_applicable"),
    ("nobody read it", DEFS, [text("/etc/other")], "unknown"),
    ("nobody could", DEFS, [gap("texts", "not root", "text")], "error"),
    ("a drop-in beats the main file", JOURNAL, [text("/etc/systemd/journald.conf", "[Journal]", "Storage=persistent"), text("/etc/systemd/journald.conf.d/a.conf", "[Journal]", "Storage=volatile"), *FOLDERS], "fail"),
    ("drop-ins by name over all folders", JOURNAL, [text("/etc/systemd/journald.conf"), text("/etc/systemd/journald.conf.d/a.conf", "[Journal]", "Storage=volatile"), text("/usr/lib/systemd/journald.conf.d/b.conf", "[Journal]", "Storage=persistent"), *FOLDERS], "pass"),
    ("another section", JOURNAL, [text("/etc/systemd/journald.conf", "[Other]", "Storage=persistent"), *FOLDERS], "fail"),
    ("every section", SUDO, [text("/etc/dnf/dnf.conf", "[main]", "gpgcheck=1", "[x]", "gpgcheck=0")], "fail"),
    ("every section is right", SUDO, [text("/etc/dnf/dnf.conf", "[main]", "gpgcheck=1", "[x]", "gpgcheck=1")], "pass"),
    ("a folder of files", {**SUDO, "files": ["/etc/yum.repos.d/*.repo"]}, [folder("/etc/yum.repos.d/*.repo"), text("/etc/yum.repos.d/a.repo", "[a]", "gpgcheck=0")], "fail"),
    ("what must not be set, is", {**DEFS, "forbid": True}, [text("/etc/login.defs", "PASS_MAX_DAYS 90")], "fail"),
    ("what must not be set, is not", {**DEFS, "forbid": True}, [text("/etc/login.defs", "PASS_MAX_DAYS 9999")], "pass"),
    ("a key in another case", {**DEFS, "key": "pass_max_days"}, [text("/etc/login.defs", "PASS_MAX_DAYS 90")], "fail"),
    ("a key in any case", {**DEFS, "key": "pass_max_days", "case": False}, [text("/etc/login.defs", "PASS_MAX_DAYS 90")], "pass"),
]  # fmt: skip


def server(**options: Any) -> Fact:
    return fact("sshd", "global", options=options, origin="sshd -T")


def block(said: str, **options: Any) -> Fact:
    return fact("sshd", said, options=options)


ROOT = {"option": "PermitRootLogin", "in": ["no"]}
SSHD: list[Case] = [
    ("as wanted", ROOT, [server(permitrootlogin="no")], "pass"),
    ("not as wanted", ROOT, [server(permitrootlogin="without-password")], "fail"),
    ("a Match block undoes it", ROOT, [server(permitrootlogin="no"), block("Match User bob", permitrootlogin="yes")], "fail"),
    ("a Match block that says nothing of it", ROOT, [server(permitrootlogin="no"), block("Match User bob", x11forwarding="yes")], "pass"),
    ("a Match block is not looked at", {**ROOT, "contexts": "global"}, [server(permitrootlogin="no"), block("Match User bob", permitrootlogin="yes")], "pass"),
    ("a number", {"option": "MaxAuthTries", "between": [1, 4]}, [server(maxauthtries="4")], "pass"),
    ("zero tries are none", {"option": "MaxAuthTries", "between": [1, 4]}, [server(maxauthtries="0")], "fail"),
    ("an option that an older server lacks", {"option": "RequiredRSASize", "ge": 2048, "absent": "not_applicable"}, [server(port="22")], "not_applicable"),
    ("weak ciphers", {"option": "Ciphers", "lacks": ["3des-cbc"]}, [server(ciphers="aes256-ctr,3des-cbc")], "fail"),
    ("nothing but these", {"option": "MACs", "subset_of": ["hmac-sha2-512"]}, [server(macs="hmac-sha2-512")], "pass"),
    ("something else", {"option": "MACs", "subset_of": ["hmac-sha2-512"]}, [server(macs="hmac-sha2-512,hmac-md5")], "fail"),
    ("MaxStartups as strict", {"option": "MaxStartups", "numbers": "10:30:60"}, [server(maxstartups="10:30:60")], "pass"),
    ("the middle number is stricter when larger", {"option": "MaxStartups", "numbers": "10:30:60"}, [server(maxstartups="5:50:40")], "pass"),
    ("the middle number is too small", {"option": "MaxStartups", "numbers": "10:30:60"}, [server(maxstartups="10:10:60")], "fail"),
    ("several values", {"option": "AllowUsers", "matches": "."}, [server(allowusers=["alice", "bob"])], "pass"),
    ("no server", ROOT, [fact("sshd", "global", installed=False)], "not_applicable"),
    ("a configuration with which it would not start", ROOT, [gap("sshd", "sshd -T: bad keyword", "sshd")], "error"),
    ("nobody looked", ROOT, [], "unknown"),
]  # fmt: skip
ALL = [(kind, *case) for kind, cases in (("config", CONFIGS), ("sshd", SSHD)) for case in cases]


@pytest.mark.parametrize(
    ("kind", "check", "facts", "verdict"),
    [(one[0], *one[2:]) for one in ALL],
    ids=[f"{one[0]}: {one[1]}" for one in ALL],
)
def test_check(kind: str, check: dict[str, Any], facts: list[Fact], verdict: Verdict) -> None:
    result = compiled({kind: check})(host(*facts))
    assert result.verdict == verdict, result
    assert result.reason or verdict in ("pass", "fail")
    if verdict == "fail":
        assert result.evidence
        assert all(one.observed and one.wanted for one in result.evidence)
