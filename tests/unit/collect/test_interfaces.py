"""Facts of kinds `interface` and `route`; `ip` is the judge."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.interfaces import Interfaces, Routes, _kind
from shindan.collect.root import Root
from shindan.collect.rtnetlink import _attributes
from support import need_tool
from unit.collect.trees import gather, tree


def by_ip(*arguments: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [need_tool("ip", "iproute2"), "-json", *arguments], capture_output=True, text=True, check=True
    )
    found: list[dict[str, object]] = json.loads(done.stdout or "[]")
    return found


@pytest.mark.system
def test_ip_tells_the_same_of_interfaces() -> None:
    said = by_ip("address", "show")
    facts = {fact.subject: fact.data for fact in gather(Interfaces(), Root("/"))}
    for one in said:
        name, flags = str(one["ifname"]), one["flags"]
        assert isinstance(flags, list)
        assert isinstance(one["addr_info"], list)
        wanted = sorted(f"{each['local']}/{each['prefixlen']}" for each in one["addr_info"])
        assert (sorted(facts[name]["addresses"]), facts[name]["up"]) == (wanted, "UP" in flags)
        assert (facts[name]["kind"] == "loopback") == ("LOOPBACK" in flags)
    assert len(facts) == len(said)


@pytest.mark.system
def test_ip_tells_the_same_routes() -> None:
    said = by_ip("-4", "route", "show", "table", "main") + by_ip("-6", "route", "show", "table", "main")
    wanted = sorted((str(one["dst"]), str(one.get("gateway", "")), str(one.get("dev", ""))) for one in said)
    facts = [fact for fact in gather(Routes(), Root("/")) if fact.data["table"] == 254]
    found = sorted((_called(one.subject), one.data.get("via", ""), one.data.get("device", "")) for one in facts)
    assert found == wanted


def _called(subject: str) -> str:
    if subject.endswith("/0"):
        return "default"
    return subject.removesuffix("/32" if "." in subject else "/128")


UNDER = (
    "ip link set lo up; ip link add br0 type bridge; ip link add d0 type veth peer name d1; ip link set d0 up promisc on; ip link set d1 up;"
    "ip address add 10.9.8.7/24 dev d0; ip route add 10.1.0.0/16 via 10.9.8.1; ip route add blackhole 10.2.0.0/16;"
    "ip tuntap add t0 mode tun;"
)
CODE = "import sys; sys.path.insert(0, sys.argv[1]); from shindan.collect.command import main; sys.exit(main(sys.argv[2:]))"


@pytest.mark.system
def test_kinds_of_interfaces_and_routes_in_a_namespace_of_their_own() -> None:
    unshare = need_tool("unshare", "util-linux")
    need_tool("ip", "iproute2")
    source = str(Path(gather.__code__.co_filename).parents[3] / "src")
    script = f"mount -t sysfs none /sys 2>/dev/null; {UNDER} exec python3 -I -S -B -c '{CODE}' '{source}' --kinds interface,route"
    done = subprocess.run([unshare, "-rnm", "sh", "-ec", script], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no leave for a network namespace: {done.stderr[-200:]}")
    facts = {fact["subject"]: fact["data"] for fact in map(json.loads, done.stdout.splitlines())}
    if "d0" not in facts:
        pytest.skip("no leave to mount sysfs in a namespace")
    assert facts["d0"] == {
        "addresses": ["10.9.8.7/24", *facts["d0"]["addresses"][1:]],
        "up": True,
        "kind": "virtual",
        "promiscuous": True,
    }
    assert facts["t0"]["kind"] == "tunnel"
    assert (facts["br0"]["kind"], facts["br0"]["up"]) == ("bridge", False)
    assert facts["lo"]["kind"] == "loopback"
    assert facts["10.1.0.0/16"] == {"table": 254, "type": "unicast", "via": "10.9.8.1", "device": "d0"}
    assert facts["10.2.0.0/16"]["type"] == "blackhole"


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"wireless/x": ""}, "wireless"),
        ({"phy80211/x": "", "device/x": ""}, "wireless"),
        ({"uevent": "DEVTYPE=wlan\n"}, "wireless"),
        ({"bridge/x": ""}, "bridge"),
        ({"uevent": "DEVTYPE=bond\nINTERFACE=x\n"}, "bond"),
        ({"uevent": "DEVTYPE=vlan\n"}, "vlan"),
        ({"uevent": "DEVTYPE=wireguard\n", "type": "65534\n"}, "tunnel"),
        ({"tun_flags": "0x1\n"}, "tunnel"),
        ({"type": "768\n"}, "tunnel"),
        ({"type": "1\n", "device/x": ""}, "physical"),
        ({"type": "1\n"}, "virtual"),
    ],
)
def test_kinds_by_what_sysfs_says(tmp_path: Path, files: dict[str, str], kind: str) -> None:
    root = tree(tmp_path, {f"sys/class/net/x/{name}": text for name, text in files.items()})
    assert _kind(root, "x", 0x1003) == kind


def test_below_a_root_there_is_no_network(tmp_path: Path) -> None:
    root = tree(tmp_path, {"etc/os-release": ""})
    assert gather(Interfaces(), root) + gather(Routes(), root) == []


@settings(max_examples=150)
@given(st.binary(max_size=60))
def test_any_attributes_are_read(raw: bytes) -> None:
    assert all(isinstance(value, bytes) for value in _attributes(raw, 0).values())


def test_attributes_by_their_types() -> None:
    raw = struct.pack("=HHI", 8, 15, 254) + struct.pack("=HH3sx", 7, 5 | 0x8000, b"abc") + struct.pack("=HH", 99, 1)
    assert _attributes(raw, 0) == {15: struct.pack("=I", 254), 5: b"abc"}
