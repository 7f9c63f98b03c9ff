"""Functions for what fits no check kind."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, host
from shindan.facts.fact import Fact
from shindan.model.outcome import Verdict
from shindan.rules.checks.checks import FUNCTIONS
from shindan.rules.checks.compiled import compiled


def text(path: str, *lines: str, **more: Any) -> Fact:
    return fact("text", path, lines=list(lines), **more)


def folder(pattern: str) -> Fact:
    return fact("text", pattern, pattern=True)


def unit(name: str, active: str = "active", **more: Any) -> Fact:
    return fact("unit", name, active=active, **more)


NOTHING = [
    *(text(path, absent=True) for path in ("/etc/login.defs", "/etc/environment", "/etc/profile", "/etc/bashrc", "/etc/bash.bashrc", "/root/.profile", "/root/.bash_profile", "/root/.bash_login", "/root/.bashrc", "/etc/sudoers")),
    folder("/etc/profile.d/*.sh"),
]  # fmt: skip


def path(value: str) -> list[Fact]:
    """A host whose login.defs gives root a PATH."""
    return [text("/etc/login.defs", f"ENV_SUPATH PATH={value}"), *NOTHING[1:]]


def looked(name: str, mode: str = "0755", uid: int = 0, type_: str = "directory", **more: Any) -> Fact:
    return fact(
        "file", name, type=type_, mode=mode, uid=uid, gid=0, owner="root" if uid == 0 else "bob", group="root", **more
    )


GOOD = [*path("/usr/sbin:/usr/bin"), looked("/usr/sbin"), looked("/usr/bin")]
DEBIANS = ['if [ "$(id -u)" -eq 0 ]; then', '  PATH="/usr/sbin:/usr/bin"', "else", '  PATH="/usr/games"', "fi"]
RSYSLOG = [folder("/etc/rsyslog.d/*.conf")]
HOOKS = [
    f"chain {hook} {{ type filter hook {hook} priority 0; policy drop; }}" for hook in ("input", "forward", "output")
]

CASES: list[tuple[str, str, list[Fact], Verdict]] = [
    ("root_path_no_dot", "absolute folders", GOOD, "pass"),
    ("root_path_no_dot", "a dot", path("/usr/bin:."), "fail"),
    ("root_path_no_dot", "an empty one at the end", path("/usr/bin:"), "fail"),
    ("root_path_no_dot", "an empty one within", path("/usr/bin::/bin"), "fail"),
    ("root_path_no_dot", "a relative one", path("/usr/bin:bin"), "fail"),
    ("root_path_no_dot", "added in a profile", [text("/root/.profile", 'export PATH="$PATH:."'), *GOOD], "fail"),
    ("root_path_no_dot", "in a drop-in of profile", [*GOOD, text("/etc/profile.d/x.sh", "PATH=.:$PATH")], "fail"),
    ("root_path_no_dot", "what was there before is known", [*GOOD, text("/etc/profile.d/x.sh", "PATH=$PATH:/opt/bin")], "pass"),
    ("root_path_no_dot", "by sudo", [*path("/usr/bin")[:-2], text("/etc/sudoers", 'Defaults secure_path="/usr/bin:."'), NOTHING[-1]], "fail"),
    ("root_path_no_dot", "set nowhere", NOTHING, "not_applicable"),
    ("root_path_no_dot", "nobody read it", [], "unknown"),
    ("root_path_all_dirs", "folders", GOOD, "pass"),
    ("root_path_all_dirs", "a file", [*path("/usr/bin"), looked("/usr/bin", type_="regular")], "fail"),
    ("root_path_all_dirs", "missing", [*path("/opt/x"), fact("file", "/opt/x", type="absent")], "fail"),
    ("root_path_all_dirs", "home", [*path("$HOME/bin"), looked("/root/bin")], "pass"),
    ("root_path_all_dirs", "nobody looked at one", [*GOOD, text("/etc/profile.d/x.sh", "PATH=$PATH:/opt/x")], "unknown"),
    ("root_path_all_dirs", "what others get is no matter", [*GOOD, text("/etc/profile.d/x.sh", *DEBIANS)], "pass"),
    ("root_path_all_dirs", "what comes after that is", [*GOOD, text("/etc/profile.d/x.sh", *DEBIANS, "PATH=$PATH:/opt/x")], "unknown"),
    ("root_path_owned_by_root", "root's", GOOD, "pass"),
    ("root_path_owned_by_root", "another's", [*path("/usr/bin"), looked("/usr/bin", uid=1000)], "fail"),
    ("root_path_not_writable", "closed", GOOD, "pass"),
    ("root_path_not_writable", "open to a group", [*path("/usr/bin"), looked("/usr/bin", "0775")], "fail"),
    ("root_path_not_writable", "open to all", [*path("/usr/bin/"), looked("/usr/bin", "0777")], "fail"),
    ("root_path_not_writable", "open by a list", [*path("/usr/bin"), looked("/usr/bin", acl=True)], "fail"),
    ("time_single_service", "one", [unit("chrony.service"), unit("systemd-timesyncd.service", "inactive")], "pass"),
    ("time_single_service", "two", [unit("chrony.service"), unit("systemd-timesyncd.service")], "fail"),
    ("time_single_service", "an alias is no second one", [unit("chrony.service", path="/lib/systemd/system/chrony.service"), unit("chronyd.service", path="/lib/systemd/system/chrony.service")], "pass"),
    ("time_single_service", "none", [unit("cron.service")], "fail"),
    ("time_single_service", "below a root", [unit("chrony.service", "unknown", enabled="enabled"), unit("systemd-timesyncd.service", "unknown", enabled="masked")], "pass"),
    ("logging_service_active", "the journal", [unit("systemd-journald.service")], "pass"),
    ("logging_service_active", "none", [unit("cron.service")], "fail"),
    ("logging_single_service", "both", [unit("systemd-journald.service"), unit("rsyslog.service")], "fail"),
    ("logging_single_service", "one", [unit("systemd-journald.service"), unit("rsyslog.service", "inactive")], "pass"),
    ("default_target_is_text", "text", [unit("default.target", alias_of="multi-user.target")], "pass"),
    ("default_target_is_text", "a desktop", [unit("default.target", path="/lib/systemd/system/graphical.target")], "fail"),
    ("default_target_is_text", "nobody knows", [unit("cron.service")], "unknown"),
    ("rsyslog_sends_away", "the old way", [text("/etc/rsyslog.conf", "*.* @@logs.example:514"), *RSYSLOG], "pass"),
    ("rsyslog_sends_away", "with options", [text("/etc/rsyslog.conf", "*.* @(z9)logs.example"), *RSYSLOG], "pass"),
    ("rsyslog_sends_away", "RainerScript over lines", [text("/etc/rsyslog.conf", '*.* action(type="omfwd"', ' target="logs.example" port="514"', ' protocol="tcp")'), *RSYSLOG], "pass"),
    ("rsyslog_sends_away", "in the folder", [text("/etc/rsyslog.conf"), text("/etc/rsyslog.d/x.conf", "*.* :omrelp:logs.example:20514"), *RSYSLOG], "pass"),
    ("rsyslog_sends_away", "to itself", [text("/etc/rsyslog.conf", "*.* @127.0.0.1"), *RSYSLOG], "fail"),
    ("rsyslog_sends_away", "commented", [text("/etc/rsyslog.conf", "#*.* @@logs.example"), *RSYSLOG], "fail"),
    ("rsyslog_takes_nothing", "nothing", [text("/etc/rsyslog.conf", 'module(load="imuxsock")'), *RSYSLOG], "pass"),
    ("rsyslog_takes_nothing", "a module", [text("/etc/rsyslog.conf", 'module(load="imtcp")'), *RSYSLOG], "fail"),
    ("rsyslog_takes_nothing", "an input", [text("/etc/rsyslog.conf", 'input(type="imudp" port="514")'), *RSYSLOG], "fail"),
    ("rsyslog_takes_nothing", "the old way", [text("/etc/rsyslog.conf", "$ModLoad imudp.so", "$UDPServerRun 514"), *RSYSLOG], "fail"),
    ("nftables_rules_permanent", "in the file", [text("/etc/nftables.conf", *HOOKS), text("/etc/sysconfig/nftables.conf", absent=True)], "pass"),
    ("nftables_rules_permanent", "included", [text("/etc/nftables.conf", 'include "/etc/nftables/*.nft"'), folder("/etc/nftables/*.nft"), text("/etc/nftables/x.nft", *HOOKS), text("/etc/sysconfig/nftables.conf", absent=True)], "pass"),
    ("nftables_rules_permanent", "one is missing", [text("/etc/nftables.conf", *HOOKS[:2]), text("/etc/sysconfig/nftables.conf", absent=True)], "fail"),
    ("nftables_rules_permanent", "a circle", [text("/etc/nftables.conf", 'include "/etc/nftables.conf"'), text("/etc/sysconfig/nftables.conf", absent=True)], "error"),
    ("nftables_rules_permanent", "no file", [text(one, absent=True) for one in ("/etc/nftables.conf", "/etc/sysconfig/nftables.conf")], "fail"),
    ("processor_no_execute", "there", [fact("cpu", "0", flags=["nx", "sse"])], "pass"),
    ("processor_no_execute", "hidden or off", [fact("cpu", "0", flags=["hypervisor"])], "fail"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "facts", "verdict"), [(one[0], *one[2:]) for one in CASES], ids=[f"{one[0]}: {one[1]}" for one in CASES]
)
def test_functions(name: str, facts: list[Fact], verdict: Verdict) -> None:
    assert compiled({"function": name})(host(*facts)).verdict == verdict


def test_every_function_has_a_case_that_passes_and_one_that_does_not() -> None:
    for name in FUNCTIONS:
        verdicts = {verdict for function, _, _, verdict in CASES if function == name}
        assert {"pass", "fail"} <= verdicts, name
