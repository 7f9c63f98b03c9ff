"""Which machine it is: told by its own files, and never by another's."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from shindan.collect.identity import Identity
from shindan.collect.root import Root
from unit.collect.trees import tree

MACHINE = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("files", "data"),
    [
        ({"etc/hostname": "web-1\n", "etc/machine-id": MACHINE + "\n"}, {"hostname": "web-1", "machine": "2c9a5d0b"}),
        ({"etc/hostname": "# by hand\n\nweb-1\n"}, {"hostname": "web-1"}),
        ({"etc/machine-id": "uninitialized\n", "var/lib/dbus/machine-id": MACHINE.upper()}, {"machine": "2c9a5d0b"}),
        ({"etc/machine-id": ""}, None),
        ({}, None),
    ],
    ids=["both", "a comment", "the older place", "an image before its first boot", "nothing"],
)
def test_a_root_is_known_by_its_own_files(tmp_path: Path, files: dict[str, str], data: dict[str, str] | None) -> None:
    found = [fact.data for fact in Identity().collect(tree(tmp_path, files))]
    if data is None:
        assert found == []
        return
    (said,) = found
    assert set(said) == set(data)
    assert said.get("hostname") == data.get("hostname")
    assert MACHINE not in str(said), "the id itself stays on the machine"
    assert "machine" not in data or len(said["machine"]) == 32


def test_this_machine_says_what_its_own_tools_say() -> None:
    (fact,) = Identity().collect(Root("/"))
    assert fact.data["hostname"] == (
        Path("/etc/hostname").read_text().strip() if Path("/etc/hostname").exists() else socket.gethostname()
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for address in fact.data.get("addresses", []):
            if ":" not in address:
                probe.bind((address, 0))  # the kernel lets nobody bind what is not its own
                break


def test_tables_of_addresses(tmp_path: Path) -> None:
    from shindan.collect import identity

    trie = (
        "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.2.0\n        /24 link UNICAST\nLocal:\n"
        "     |-- 10.0.2.15\n        /32 host LOCAL\n     |-- 10.0.2.255\n        /32 link BROADCAST\n"
        "     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 10.0.2.15\n        /32 host LOCAL\n"
    )
    inet6 = (
        "fe80000000000000505400fffe123456 02 40 20 80 eth0\n20010db8000000000000000000000001 02 40 00 80 eth0\n"
        "00000000000000000000000000000001 01 80 10 80 lo\ntorn\n"
    )
    root = tree(tmp_path, {"proc/net/fib_trie": trie, "proc/net/if_inet6": inet6})
    assert identity._ipv4(root) == ["10.0.2.15"]
    assert identity._ipv6(root) == ["2001:db8::1"]
