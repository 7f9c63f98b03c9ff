"""What the kernel does with connections: random rule sets, a client that connects from anywhere through a tun device.

Run as a program within a network namespace of its own: `filter_oracle.py SEED COUNT`. A line of JSON for each rule set:
what nft and the savers show of it, and which packets [family, source, target, port] the kernel answered.
Every SYN comes from a port of its own, so that no connection is remembered; after each batch a packet that is
forwarded back marks the end, so that nothing is waited for by the clock.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import select
import socket
import struct
import subprocess
import sys
from pathlib import Path

PORTS = [22, 25, 80, 443, 3005, 5432, 8080, 8443, 9443]
SOURCES = {
    4: ["198.51.100.7", "203.0.113.9", "10.1.2.3", "192.0.2.77", "8.8.4.4"],
    6: ["2001:db8::77", "2001:db8:1::5", "2a00:1450::1"],
}
TARGETS = {4: "192.0.2.1", 6: "2001:db8::1"}
DEVICE = "t0"
_SETUP = """\
addr add 192.0.2.1/24 dev t0
-6 addr add 2001:db8::1/64 dev t0 nodad
link set lo up
link set t0 up
route add default dev t0
-6 route add default dev t0"""
_SYSCTLS = {
    "net/ipv4/conf/all/rp_filter": "0", "net/ipv4/conf/t0/rp_filter": "0", "net/ipv4/tcp_syncookies": "2",
    "net/ipv4/conf/all/forwarding": "1", "net/ipv4/conf/t0/send_redirects": "0", "net/ipv4/conf/all/send_redirects": "0",
}  # fmt: skip


_LEGACY = ["iptables-legacy-restore"]
_EMPTY = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"


class Client:
    """Injects first packets, and sees which are answered."""

    def __init__(self) -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one queue of packets, so that the end comes last
        self._tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self._tun, 0x400454CA, struct.pack("16sH", DEVICE.encode(), 1 | 0x1000))
        self._sent = 0
        for line in _SETUP.splitlines():
            subprocess.run(["ip", *line.split()], check=True)
        for name, value in _SYSCTLS.items():
            Path("/proc/sys", name).write_text(value)
        self._listening = [_listen(port) for port in PORTS]

    def answered(self) -> list[list[object]]:
        """Which of all combinations of source and port are answered."""
        wanted: dict[tuple[str, int, int], list[object]] = {}
        for family, sources in SOURCES.items():
            for source in sources:
                for port in PORTS:
                    self._sent += 1
                    mine = 20000 + self._sent % 40000
                    wanted[source, mine, port] = [family, source, TARGETS[family], port]
                    os.write(self._tun, _packet(family, source, mine, port, self._sent))
        os.write(self._tun, _marker())
        return [wanted[key] for key in dict.fromkeys(self._answers()) if key in wanted]

    def _answers(self) -> list[tuple[str, int, int]]:
        found: list[tuple[str, int, int]] = []
        while select.select([self._tun], [], [], 10)[0]:
            data = os.read(self._tun, 4096)
            if data[0] >> 4 == 4 and data[9] == 17:
                return found
            version, protocol, start, there = (
                (socket.AF_INET, data[9], 20, data[16:20]) if data[0] >> 4 == 4 else
                (socket.AF_INET6, data[6], 40, data[24:40])
            )  # fmt: skip
            if protocol == 6 and data[start + 13] & 0x12 == 0x12:
                port, mine = struct.unpack("!HH", data[start : start + 4])
                found.append((socket.inet_ntop(version, there), mine, port))
        sys.exit("the packet that marks the end did not come back")


def _listen(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET6)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    found.bind(("::", port))
    found.listen(512)
    return found


def _sum(data: bytes) -> bytes:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF)


def _packet(family: int, source: str, mine: int, port: int, number: int) -> bytes:
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    ends = socket.inet_pton(kind, source) + socket.inet_pton(kind, TARGETS[family])
    tcp = struct.pack("!HHIIBBHHH", mine, port, number * 7, 0, 0x50, 2, 65535, 0, 0)
    if family == 4:
        tcp = tcp[:16] + _sum(ends + struct.pack("!BBH", 0, 6, 20) + tcp) + tcp[18:]
        return _header(40, 6, ends) + tcp
    tcp = tcp[:16] + _sum(ends + struct.pack("!II", 20, 6) + tcp) + tcp[18:]
    return struct.pack("!IHBB", 6 << 28, 20, 6, 64) + ends + tcp


def _header(length: int, protocol: int, ends: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, length, 1, 0, 64, protocol, 0) + ends
    return head[:10] + _sum(head) + head[12:]


def _marker() -> bytes:
    ends = socket.inet_aton("198.18.0.9") + socket.inet_aton("198.19.0.1")
    return _header(28, 17, ends) + struct.pack("!HHHH", 9, 9, 8, 0)


class Rules:
    """Random rule sets."""

    def __init__(self, seed: int, legacy: bool) -> None:
        self._random, self._legacy = random.Random(seed), legacy

    def one(self) -> dict[str, str]:
        """What nft and the restorers of iptables are given, by the restorer's name."""
        kind = self._random.random()
        if kind < 0.55:
            return {"nft": self._nft()}
        if kind < 0.85:
            return {"iptables": self._iptables(4), "ip6tables": self._iptables(6)}
        if kind < 0.92 or not self._legacy:
            return {"nft": self._nft(), "iptables": self._iptables(4)}
        return {"nft": self._nft(), "iptables-legacy": self._iptables(4, nat=False)}

    def _pick(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _nft(self) -> str:
        return "".join(self._table(number) for number in range(self._random.choice([1, 1, 2])))

    def _table(self, number: int) -> str:
        family = self._pick("inet", "inet", "ip") if number else "inet"
        inner = [self._rules(family, 2, deep=False), self._rules(family, 2, deep=False), self._rules(family, 6)]
        nat = ""
        if self._random.random() < 0.3:
            to = self._pick("tcp dport 8080 redirect to :22", "ip saddr 10.0.0.0/8 tcp dport 443 redirect to :80",
                            "ip daddr 192.0.2.1 tcp dport 25 dnat ip to 192.0.2.1:5432",
                            "fib daddr type local tcp dport 9443 redirect to :25")  # fmt: skip
            nat = f" chain pre {{\n type nat hook prerouting priority dstnat;\n {to}\n }}\n"
        return (
            f"table {family} f{number} {{\n"
            " set some { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.64-192.0.2.127 } }\n"
            " set ports { type inet_service; flags interval; elements = { 443, 8000-9000 } }\n"
            " set pairs { type ipv4_addr . inet_service; elements = { 8.8.4.4 . 22, 10.1.2.3 . 80 } }\n"
            f" chain low {{\n {inner[0]}\n }}\n chain sub {{\n {inner[1]}\n }}\n{nat}"
            " map ways { type inet_service : verdict; elements = { 22 : accept, 80 : jump sub, 5432 : drop } }\n"
            f" chain in {{\n type filter hook input priority {self._pick('0', '10', '-5')};"
            f" policy {self._pick('accept', 'drop', 'drop')};\n {inner[2]}\n }}\n}}\n"
        )

    def _rules(self, family: str, most: int, deep: bool = True) -> str:
        found: list[str] = []
        while len(found) < most and (not found or self._random.random() < 0.85):
            rule = self._rule(deep)
            if family == "inet" or not ("ip6" in rule or "nfproto" in rule or "icmpv6" in rule):
                found.append(rule)
        return "\n ".join(found)

    def _rule(self, deep: bool) -> str:
        where, what = self._random.random(), self._random.random()
        words = []
        if where < 0.3:
            words.append("ip saddr " + self._pick("10.0.0.0/8", "198.51.100.0/24", "203.0.113.9", "@some",
                                                  "{ 8.8.4.4, 10.0.0.0/8 }", "198.51.100.1-203.0.113.9"))  # fmt: skip
        elif where < 0.36:
            words.append("ip saddr != " + self._pick("10.0.0.0/8", "@some"))
        elif where < 0.5:
            words.append("ip6 saddr " + self._pick("2001:db8::/32", "2a00:1450::1", "!= 2001:db8::/64"))
        elif where < 0.56:
            words.append("meta nfproto " + self._pick("ipv4", "ipv6"))
        elif where < 0.62:
            words.append(self._pick("iif lo", 'iifname "t0"', 'iifname "eth*"', 'iifname != "t0"', 'iifname "t*"'))
        elif where < 0.66:
            words.append("ip saddr . tcp dport " + self._pick("@pairs", "!= @pairs"))
        elif where < 0.7:
            words.append(self._pick("fib daddr type local", "ip daddr 192.0.2.1", "ip6 daddr != 2001:db8::1"))
        if what < 0.3:
            words.append(f"tcp dport {self._random.choice(PORTS)}")
        elif what < 0.5:
            words.append("tcp dport " + self._pick("{ 22, 80, 3000-3010 }", "1-1023", "!= 22", "> 1024", "@ports"))
        elif what < 0.56:
            words.append(self._pick("udp dport 22", "th dport 80", "tcp dport != { 22, 80 }"))
        elif what < 0.66:
            words.append("ct state " + self._pick("established,related", "new", "invalid", "!= new"))
        elif what < 0.7:
            words.append("meta l4proto " + self._pick("tcp", "udp", "{ tcp, udp }"))
        elif what < 0.76:
            words.append("tcp flags " + self._pick("syn / fin,syn,rst,ack", "& (fin|syn) == fin", "& syn != 0"))
        elif what < 0.82 and deep:
            words.append(self._pick("tcp dport vmap { 22 : accept, 80 : drop, 443 : jump sub }", "tcp dport vmap @ways",
                                    "ct state vmap { established : accept, new : jump low }"))  # fmt: skip
            return " ".join(words)
        ends = ["accept", "accept", "drop", "drop", "reject", "return", "counter accept", "ct status dnat accept",
                "reject with icmp host-prohibited", "reject with icmpv6 admin-prohibited"]  # fmt: skip
        words.append(self._pick(*ends, *(["jump sub", "goto low"] if deep else [])))
        return " ".join(words)

    def _iptables(self, family: int, nat: bool = True) -> str:
        lines = [
            f":INPUT {self._pick('ACCEPT', 'DROP')} [0:0]",
            ":FORWARD ACCEPT [0:0]",
            ":sub - [0:0]",
            ":low - [0:0]",
        ]
        for chain, most in (("low", 2), ("sub", 2), ("INPUT", 6)):
            lines += [self._line(family, chain) for _ in range(self._random.randrange(1, most + 1))]
        translated = ""
        if nat and self._random.random() < 0.3:
            translated = ("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -p tcp --dport "
                   f"{self._random.choice(PORTS)} -j REDIRECT --to-ports {self._random.choice(PORTS)}\nCOMMIT\n")  # fmt: skip
        return "*filter\n" + "\n".join(lines) + "\nCOMMIT\n" + translated

    def _line(self, family: int, chain: str) -> str:
        words = ["-A", chain]
        if self._random.random() < 0.4:
            four = (
                "-s 10.0.0.0/8",
                "! -s 198.51.100.0/24",
                "-s 8.8.4.4",
                "-m iprange --src-range 192.0.2.2-192.0.2.99",
            )
            six = ("-s 2001:db8::/32", "! -s 2001:db8::/64", "-s 2a00:1450::1")
            words.append(self._pick(*(four if family == 4 else six)))
        if self._random.random() < 0.15:
            words.append(self._pick("-i lo", "-i t0", "! -i t0", "-i t+", "-i eth+"))
        what = self._random.random()
        if what < 0.25:
            words.append(f"-p tcp -m tcp --dport {self._random.choice(PORTS)}")
        elif what < 0.5:
            words.append("-p tcp " + self._pick("-m multiport --dports 22,80,8000:9000", "-m multiport ! --dports 22,25",
                         "-m tcp ! --dport 1:1023", "--syn", "! --syn", "-m tcp --dport 3000:",
                         "-m tcp --tcp-flags SYN,ACK SYN"))  # fmt: skip
        elif what < 0.6:
            words.append("-m conntrack --ctstate " + self._pick("RELATED,ESTABLISHED", "NEW", "INVALID", "DNAT"))
        elif what < 0.66:
            words.append("-m addrtype --dst-type " + self._pick("LOCAL", "UNICAST"))
        elif what < 0.7:
            words.append('-p udp -m comment --comment "-j ACCEPT"')
        ends = ["ACCEPT", "ACCEPT", "DROP", "REJECT", "RETURN"]
        end = self._pick(*ends, *(["sub", "low"] if chain == "INPUT" else []))
        words.append(self._pick("-g", "-j") + f" {end}" if end in ("sub", "low") else f"-j {end}")
        return " ".join(words)


def _asked(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def _took(argv: list[str], text: str) -> bool:
    try:
        return subprocess.run(argv, input=text, capture_output=True, text=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _loaded(rules: Rules) -> dict[str, str]:
    """The next rule set that the tools take: some that are drawn contradict themselves."""
    for _ in range(100):
        given = rules.one()
        if _took(["nft", "-f", "-"], "flush ruleset\n" + given.get("nft", "")) and all(
            _took([f"{tool}-restore", "-n"], text) for tool, text in given.items() if tool != "nft"
        ):
            return given
    sys.exit("the tools take none of 100 rule sets")


def main(seed: int, count: int) -> None:
    """Loads one rule set after another, and prints what becomes of the client's packets."""
    client = Client()
    rules = Rules(seed, legacy=_took([*_LEGACY, "-n"], _EMPTY))
    for _ in range(count):
        given = _loaded(rules)
        seen: dict[str, object] = {name: _asked(f"{name}-save").splitlines() for name in given if name != "nft"}
        seen["nft"] = json.loads(_asked("nft", "-j", "list", "ruleset"))["nftables"]
        seen["answered"] = client.answered()
        print(json.dumps(seen), flush=True)
        if "iptables-legacy" in given and not _took(_LEGACY, _EMPTY):
            sys.exit("iptables' old backend cannot be emptied")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
