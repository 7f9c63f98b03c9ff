"""What is reachable as a finding: one for each port, zone and process, with the API's attributes."""

from __future__ import annotations

from examined import PLATFORM, fact
from shindan.facts.wire import dumps
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.rules.packages import HOST_PACKAGES
from shindan.service.host_judging import HostJudge
from shindan.service.network_flaws import network_flaw_of


def test_an_open_port_is_a_finding_with_its_path() -> None:
    facts = [
        PLATFORM,
        fact("interface", "eth0", addresses=["203.0.113.5/24"], up=True, kind="physical"),
        fact("route", "0.0.0.0/0", device="eth0", via="203.0.113.1"),
        *(fact("firewall", name, present=True, loaded=False, rules=[]) for name in ("nft", "iptables", "ip6tables")),
        fact("listener", "tcp 0.0.0.0:22", protocol="tcp", address="0.0.0.0", port=22, program="/usr/sbin/sshd", pid=7),
        fact("listener", "tcp 0.0.0.0:9999", protocol="tcp", address="0.0.0.0", port=9999, program="/opt/x", pid=8),
    ]
    with HostJudge(HOST_PACKAGES["network"], show=network_flaw_of).begin() as judging:
        (verdict,) = judging.judge(["\n".join(map(dumps, facts)).encode()])
    found = {(one.rule.id, dict(one.attributes).get("PORT")): one for one in verdict.flaws}
    ssh = found["Recognized port with listener reachable from internet", "22"]
    assert SHOWN_SEVERITIES[ssh.severity] == "Medium"
    attributes = dict(ssh.attributes)
    assert attributes["RULE_TYPE"] == "RecognizedPortWithListener"
    assert attributes["PORT_GROUP_NAME"] == "SSH"
    assert attributes["PROTOCOL"] == "TCP"
    assert ("Unrecognized port with listener reachable from internet", "9999") in found
    abouts = [(one.rule.id, one.about) for one in verdict.flaws]
    assert len(abouts) == len(set(abouts)), "issues over runs are told apart"
