"""Collectors of audit rules, packet filters and dconf; what the tools themselves print is read back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shindan.collect.audit_rules import AuditRules, loaded, status, version_key
from shindan.collect.base import collected
from shindan.collect.dconf_databases import DconfDatabases
from shindan.collect.packet_filters import PacketFilters, objects, says_something
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact
from shindan.facts.wire import MAX_LINE, dumps
from shindan.model.inventory import Inventory
from shindan.rules.checks.compiled import compiled
from shindan.rules.examined import Examined
from shindan.rules.files.audit_layers import layer_of
from support import need_tool
from unit.collect.trees import gather, tree

RULES = {
    "etc/audit/rules.d/10-b.rules": "# comment\n\n-e 2\n-w /b -p wa\n",
    "etc/audit/rules.d/9-a.rules": "-D\n-b 8192\n  -w /a -p wa -k x\n-f 1\n",
    "etc/audit/rules.d/not.rule": "-w /never\n",
}


def test_configured_lines_in_the_order_of_augenrules(tmp_path: Path) -> None:
    facts = gather(AuditRules(), tree(tmp_path, {**RULES, "etc/audit/audit.rules": "-w /old\n"}))
    assert [(fact.data.get("file", ""), fact.data.get("rule")) for fact in facts] == [
        ("/etc/audit/rules.d/9-a.rules", "-D"),
        ("/etc/audit/rules.d/9-a.rules", "-b 8192"),
        ("/etc/audit/rules.d/9-a.rules", "-w /a -p wa -k x"),
        ("/etc/audit/rules.d/9-a.rules", "-f 1"),
        ("/etc/audit/rules.d/10-b.rules", "-e 2"),
        ("/etc/audit/rules.d/10-b.rules", "-w /b -p wa"),
        ("/etc/audit/audit.rules", "-w /old"),
        ("", None),
    ]
    assert facts[2].subject == "configured /etc/audit/rules.d/9-a.rules:3"
    assert facts[-1].data == {"live": False}


@pytest.mark.system
def test_augenrules_puts_the_same_rules_together(tmp_path: Path) -> None:
    """augenrules itself, with its folders below the test's own."""
    script = Path(need_tool("augenrules", "auditd")).read_text()
    folder = tmp_path / "etc/audit"
    root = tree(tmp_path, RULES)
    script = script.replace("/etc/audit", str(folder)).replace("/tmp/aurules", f"{tmp_path}/aurules")
    subprocess.run(["sh", "-c", script], check=True, capture_output=True)
    written = [line for line in (folder / "audit.rules").read_text().splitlines() if line[:1] not in ("", "#")]
    (folder / "audit.rules").unlink()
    layer = layer_of(Examined(Inventory(gather(AuditRules(), root))), "configured")
    assert layer is not None
    assert list(layer.texts) == [line.strip() for line in written if line.strip().startswith("-w")]
    assert f"-e {layer.enabled}" == written[-1]


@pytest.mark.parametrize("names", [["10-a", "9-b", "1-c"], ["a10", "a9", "b1"], ["x", "x1", "x-1"]])
def test_names_sort_as_ls_has_them(names: list[str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).touch()
    listed = subprocess.run(["ls", "-1v", tmp_path], check=True, capture_output=True, text=True).stdout.split()
    assert sorted(names, key=version_key) == listed


def test_the_state_of_audit_in_both_spellings() -> None:
    new = ["enabled 1", "failure 1", "pid 7", "rate_limit 0", "backlog_limit 8192", "lost 3", "backlog 0"]
    old = ["AUDIT_STATUS: enabled=1 flag=1 pid=7 rate_limit=0 backlog_limit=8192 lost=3 backlog=0"]
    assert status(new) == {"enabled": "1", "failure": "1", "backlog_limit": 8192, "lost": 3}
    assert status(old) == {"enabled": "1", "backlog_limit": 8192, "lost": 3}
    assert list(loaded(["No rules"])) == []
    assert list(loaded(["-w /etc/passwd -p wa -k x"])) == ["-w /etc/passwd -p wa -k x"]


def test_too_many_lines_are_a_gap(tmp_path: Path) -> None:
    root = tree(tmp_path, {"etc/audit/audit.rules": "-w /a\n" * 6000})
    facts = list(collected([AuditRules()], root))
    assert len(facts) == 5001 and "more than 5000" in facts[-1].data["reason"]


# ── packet filters ──

NFT = """table inet f {
  set open { type inet_service; flags interval; elements = { 22, 8000-8010 } }
  chain input { type filter hook input priority 0; policy drop;
    iif lo accept
    ip saddr 127.0.0.0/8 counter drop
    ip6 saddr ::1 counter drop
    tcp dport @open accept
    udp dport { 53, 123 } jump more
  }
  chain more { th dport vmap { 53 : accept }; }
  chain forward { type filter hook forward priority 0; policy accept; counter reject; }
  chain output { type filter hook output priority 0; policy accept; oifname "lo" accept; }
}
"""
IPTABLES = [
    ["-P", "INPUT", "DROP"],
    ["-A", "INPUT", "-i", "lo", "-j", "ACCEPT"],
    ["-A", "OUTPUT", "-o", "lo", "-j", "ACCEPT"],
    ["-A", "INPUT", "-s", "127.0.0.0/8", "-j", "DROP"],
    ["-A", "INPUT", "-p", "tcp", "-m", "multiport", "--dports", "22,80:90", "-m", "comment", "--comment", "a b", "-j", "ACCEPT"],
]  # fmt: skip


def in_a_namespace(*commands: list[str], last: list[str], stdin: str = "") -> str:
    """What the last command prints in a network namespace of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs to be root: unshare --net")
    quoted = [" ".join(f"'{word}'" for word in command) for command in [*commands, last]]
    argv = [need_tool("unshare", "util-linux"), "--net", "sh", "-ec", "\n".join(quoted)]
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    assert "syntax error" not in done.stderr, done.stderr
    if done.returncode:
        pytest.skip(f"the kernel of this machine cannot: {done.stderr.strip()[-200:]}")
    return done.stdout


def listening(address: str, port: int, protocol: str = "tcp") -> Fact:
    return Fact("listener", f"{protocol} {address}:{port}", {"protocol": protocol, "address": address, "port": port})


def verdict(check: dict[str, Any], *facts: Fact) -> str:
    return compiled({"firewall": check})(Examined(Inventory(list(facts)))).verdict


@pytest.mark.system
def test_what_nft_itself_prints_is_understood() -> None:
    nft = need_tool("nft", "nftables")
    printed = in_a_namespace([nft, "-f", "-"], last=[nft, "-j", "list", "ruleset"], stdin=NFT)
    fact = Fact("firewall", "nft", {"present": True, "loaded": True, "rules": objects(printed.splitlines())})
    for check, wanted in (
        ({"policy": ["input", "forward"]}, "pass"),
        ({"policy": ["output"]}, "fail"),
        ({"loopback": True}, "pass"),
        ({"base_chains": ["input", "forward", "output"]}, "pass"),
        ({"table": True}, "pass"),
    ):
        assert verdict({"backend": "nft", **check}, fact) == wanted, check
    covered = {"backend": "nft", "open_ports_covered": True}
    for one, wanted in (
        (listening("0.0.0.0", 22), "pass"),
        (listening("::", 8004), "pass"),
        (listening("0.0.0.0", 53, "udp"), "pass"),
        (listening("0.0.0.0", 53), "fail"),
        (listening("0.0.0.0", 8080), "fail"),
        (listening("127.0.0.1", 8080), "pass"),
    ):
        assert verdict(covered, fact, one) == wanted, one.subject


@pytest.mark.system
@pytest.mark.parametrize("backend", ["iptables-nft", "iptables-legacy"])
def test_what_the_savers_print_is_understood(backend: str) -> None:
    tool = need_tool(backend, "iptables")
    printed = in_a_namespace(*([tool, *one] for one in IPTABLES), last=[f"{tool}-save"])
    lines = [line for line in printed.splitlines() if not line.startswith("#")]
    fact = Fact("firewall", "iptables", {"present": True, "loaded": says_something(lines), "rules": lines})
    assert fact.data["loaded"]
    assert verdict({"backend": "iptables", "policy": ["input"]}, fact) == "pass"
    assert verdict({"backend": "iptables", "policy": ["forward"]}, fact) == "fail"
    assert verdict({"backend": "iptables", "loopback": True}, fact) == "pass"
    covered = {"backend": "iptables", "open_ports_covered": True}
    assert verdict(covered, fact, listening("0.0.0.0", 85)) == "pass"
    assert verdict(covered, fact, listening("0.0.0.0", 443)) == "fail"


@pytest.mark.system
def test_this_machine_has_packet_filters_and_says_so() -> None:
    need_tool("nft", "nftables")
    facts = list(collected([PacketFilters()], Root("/")))
    assert {fact.subject for fact in facts} <= {
        "nft", "iptables", "ip6tables", "iptables-legacy", "ip6tables-legacy", "packet filters",
    }  # fmt: skip
    assert all("loaded" in fact.data for fact in facts if fact.kind == "firewall")


def test_below_a_root_nothing_is_loaded(tmp_path: Path) -> None:
    assert gather(PacketFilters(), tree(tmp_path, {"etc/passwd": ""})) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"x": 1}', '{"nftables": 3}'])
def test_torn_json_of_nft_is_no_rule_set(text: str) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        objects([text])


class _Crowded(Root):
    """This machine, were its rule set as large as that of a crowded cluster."""

    def packet_filter(self, name: str) -> list[str] | None:
        return ["*filter", *(f"-A INPUT -s 10.{n >> 8}.{n & 255}.0/24 -j DROP" for n in range(30000)), "COMMIT"]


def test_more_rules_than_a_line_can_hold_are_a_gap() -> None:
    facts = list(collected([PacketFilters()], _Crowded("/")))
    assert any("more rules than can be told" in fact.data.get("reason", "") for fact in facts)
    assert all(len(dumps(fact)) < MAX_LINE for fact in facts)


# ── dconf ──


def test_a_database_is_older_than_its_key_files(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "etc/dconf/db/local.d/00-x": "[org/x]\ny=1\n",
            "etc/dconf/db/local.d/locks/x": "/org/x/y\n",
            "etc/dconf/db/local": "GVariant",
            "etc/dconf/db/site.d/00-x": "",
        },
    )
    for path in (tmp_path / "etc/dconf/db").rglob("*"):
        os.utime(path, (1000, 1000))
    os.utime(tmp_path / "etc/dconf/db/local.d", (1000, 1000))
    facts = {fact.subject: fact.data for fact in gather(DconfDatabases(), root)}
    assert facts["*"] == {"installed": True}
    assert facts["local"]["up_to_date"] is True
    assert (facts["site"]["compiled"], facts["site"]["up_to_date"]) == (False, False)
    os.utime(tmp_path / "etc/dconf/db/local.d/locks/x", (2000, 2000))
    again = {fact.subject: fact.data for fact in gather(DconfDatabases(), root)}
    assert again["local"] == {"compiled": True, "up_to_date": False, "newest": "/etc/dconf/db/local.d/locks/x"}


def test_a_host_without_dconf_says_so(tmp_path: Path) -> None:
    assert [fact.data for fact in gather(DconfDatabases(), tree(tmp_path, {"etc/passwd": ""}))] == [
        {"installed": False}
    ]
