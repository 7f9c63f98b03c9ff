"""The agent's last fence lets through what collectors of settings have reduced, and nothing else by those names."""

from __future__ import annotations

from shindan.agent.privacy import clean
from shindan.facts.fact import Fact


def test_what_is_meant_passes() -> None:
    account = Fact("account", "root", {"uid": 0, "gid": 0, "line": 1, "password": "hash:6"})
    boot = Fact("boot", "running", {"arguments": ["quiet", "audit=1"]})
    grub = Fact("boot", "grub", {"password": True, "superusers": True})
    assert [clean(fact) for fact in (account, boot, grub)] == [account, boot, grub]


def test_the_same_keys_of_other_kinds_and_deeper_down_do_not() -> None:
    assert clean(Fact("process", "/bin/x", {"arguments": ["-p", "geheim"], "password": "x"})).data == {}
    assert clean(Fact("boot", "running", {"x": {"password": "geheim"}, "environment": "A=b"})).data == {"x": {}}


def test_a_hash_that_a_collector_let_through_is_removed() -> None:
    assert "abcdefgh" not in str(clean(Fact("account", "a", {"password": "$6$salt$abcdefghijkl"})).data)
