"""The agent's small parts, each by a table: proxies, clock, back-off, orders, privacy, pressure, time limits."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.agent import child, orders
from shindan.agent.backoff import LONGEST, Backoff
from shindan.agent.clock import Clock
from shindan.agent.deadline import Deadline, TimeUp
from shindan.agent.identity import Identity, Machine, boot, hardware
from shindan.agent.instance import instance
from shindan.agent.pressure import Limits, Pause, pressed
from shindan.agent.privacy import clean
from shindan.agent.proxy import ProxyError, choose, parse
from shindan.agent.timed import timed
from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

# ── proxies ──


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://proxy:3128", ("proxy", 3128, "")),
        ("proxy", ("proxy", 3128, "")),
        ("u:p@[::1]:80/", ("::1", 80, "Basic dTpw")),
        ("http://u%3Ax:p%40@h:1", ("h", 1, "Basic dTp4OnBA")),
    ],
)
def test_a_proxys_address(address: str, expected: tuple[str, int, str]) -> None:
    assert tuple(parse(address)) == expected


@pytest.mark.parametrize("address", ["https://proxy:1", "socks5://h:1", "h:0", "h:65536", "http://user:word@h:port"])
def test_a_proxy_that_cannot_be_used(address: str) -> None:
    with pytest.raises(ProxyError) as error:
        parse(address)
    assert "word" not in str(error.value).replace("password", "")


@pytest.mark.parametrize(
    ("exempt", "straight"),
    [
        ("", False), ("*", True), ("example.com", True), (".example.com", True), ("*.example.com", True),
        ("ample.com", False), ("inspect.example.com:8443", True), ("inspect.example.com:443", False),
        ("a, b inspect.EXAMPLE.com.", True), ("10.0.0.0/8", False),
    ],
)  # fmt: skip
def test_names_that_no_proxy_is_for(exempt: str, straight: bool) -> None:
    found = choose("inspect.example.com", 8443, environment={"HTTPS_PROXY": "p:1", "NO_PROXY": exempt})
    assert (found is None) is straight


def test_the_configurations_proxy_wins() -> None:
    around = {"https_proxy": "env:1", "no_proxy": "h"}
    assert choose("h", 443, "", "", around) is None
    assert choose("h", 443, "own:2", "other", around) == ("own", 2, "")
    assert choose("x", 443, "none", "", around) is None
    assert choose("10.1.2.3", 443, "own:2", "10.0.0.0/8", {}) is None
    assert choose("::1", 443, "own:2", "[::1]:443", {}) is None


# ── clock and back-off ──


def test_a_corrected_clock_goes_on_by_itself() -> None:
    times = {"wall": 1000.0, "steady": 5.0}
    clock = Clock(lambda: times["wall"], lambda: times["steady"])
    assert clock.now() == 1000.0
    assert clock.correct(1_795_521_600_000)
    times.update(wall=77.0, steady=15.0)
    assert clock.now() == 1_795_521_610.0


@pytest.mark.parametrize("said", [None, "1795521600000", True, 1.5, 0, -1, 10**20])
def test_a_moment_that_is_none_corrects_nothing(said: object) -> None:
    clock = Clock(lambda: 1000.0)
    assert not clock.correct(said)
    clock.heard(said)
    assert (clock.now(), clock.skew) == (1000.0, 0)


def test_waiting_grows_is_spread_and_has_an_end() -> None:
    first = [Backoff().failed() for _ in range(200)]
    assert 0.25 <= min(first) < 1.0 < max(first) <= 2.25
    often = Backoff()
    waits = [often.failed() for _ in range(40)]
    assert max(waits) > 100
    assert max(waits) <= LONGEST
    assert often.failed(10_000) == LONGEST
    often.worked()
    assert often.failed() <= 2.25
    assert Backoff().failed(30) >= 30


# ── what a server may ask ──

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "order": JSON | st.fixed_dictionaries({}, optional={"run": JSON, "kinds": JSON, "until": JSON, "interval": JSON, "sampled": JSON}),
        "now": JSON, "next": JSON, "update": JSON | st.fixed_dictionaries({"version": JSON}),
        "limits": JSON | st.fixed_dictionaries({}, optional={"part_bytes": JSON, "batch_bytes": JSON, "lines": JSON}),
    },
)  # fmt: skip


@settings(max_examples=200)
@given(ANSWERS)
def test_no_answer_harms(said: dict[str, Any]) -> None:
    found = orders.order(said)
    if found is not None:
        assert 0 <= found.seconds <= 25 * 3600
        assert 1 <= found.interval <= 3600
        assert all(isinstance(kind, str) for kind in found.kinds + found.sampled)
    assert 1 <= orders.pause(said) <= 900
    limits = orders.limits(said)
    assert 1024 <= limits.piece <= 256 * 1024
    assert 100 <= limits.lines <= 200_000
    assert isinstance(orders.newer(said), str)


def test_an_order_as_the_protocol_has_it() -> None:
    said = {
        "now": 1000,
        "order": {"run": "r", "kinds": ["b", "a", "a", 1], "until": 61000, "interval": 5, "sampled": []},
    }
    assert orders.order(said) == orders.Order("r", ["a", "b"], [], 60.0, 5.0)


@pytest.mark.parametrize(
    ("plan", "scap"),
    [
        (
            {"scap": {"content": "a.xml", "profile": "p", "sha256": "x", "command": "rm"}},
            {"content": "a.xml", "profile": "p", "sha256": "x"},
        ),
        ({"scap": {"content": "a.xml", "profile": "p"}}, {"content": "a.xml", "profile": "p", "sha256": ""}),
        ({"scap": {"content": ["a.xml"], "profile": "p"}}, {}),
        ({"scap": {"content": "a" * 201, "profile": "p"}}, {}),
        ({"scap": "a.xml"}, {}),
        ([], {}),
        (None, {}),
    ],
)
def test_an_order_names_scap_content_and_nothing_else(plan: object, scap: dict[str, str]) -> None:
    found = orders.order({"now": 0, "order": {"run": "r", "kinds": ["scap"], "until": 1000, "plan": plan}})
    assert found is not None and found.scap == scap


# ── privacy ──


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"path": "/a", "arguments": ["--password=x"]}, {"path": "/a"}),
        ({"environment": {"A": "b"}, "password": "x", "uid": 0}, {"uid": 0}),
        ({"url": "https://user:word@deb.example/debian"}, {"url": "https://deb.example/debian"}),
        ({"mirrors": ["http://u@h/x", "http://h/@y"]}, {"mirrors": ["http://h/x", "http://h/@y"]}),
        ({"line": "root:$6$saltsalt$abcdefghijklmnop:19000"}, {"line": "root:(removed):19000"}),
        ({"line": "x $y$j9T$abcdefgh$ijklmnopqrst y"}, {"line": "x (removed) y"}),
        ({"deep": {"list": [{"token": "x", "name": "n"}]}}, {"deep": {"list": [{"name": "n"}]}}),
        ({"price": "5$ or 6$", "mail": "a@b"}, {"price": "5$ or 6$", "mail": "a@b"}),
    ],
)
def test_what_stays_on_the_host(data: dict[str, Any], kept: dict[str, Any]) -> None:
    assert clean(Fact("process", "x", data)).data == kept


def test_arguments_go_where_the_operator_allows_it() -> None:
    assert clean(Fact("process", "x", {"arguments": ["-v"], "env": {}}), arguments=True).data == {"arguments": ["-v"]}


# ── pressure ──


def stalls(folder: Path, **shares: float) -> str:
    for name, share in shares.items():
        (folder / name).write_text(f"some avg10={share:.2f} avg60=0.00 avg300=0.00 total=5\nfull avg10=0.00\n")
    return str(folder)


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({}, ""),
        ({"memory": 5}, ""),
        ({"memory": 50}, "memory"),
        ({"cpu": 95}, "cpu"),
        ({"memory": 50, "cpu": 95}, "memory"),
    ],
)
def test_a_pressed_host(shares: dict[str, float], said: str, tmp_path: Path) -> None:
    found = pressed(Limits(20, 90), stalls(tmp_path, **shares))
    assert found.startswith(said) and bool(found) is bool(said)
    assert not pressed(Limits(0, 0), str(tmp_path))


def test_a_pause_ends_when_the_host_breathes_or_the_patience_is_over(tmp_path: Path) -> None:
    folder, slept = stalls(tmp_path, memory=50), [0]

    def sleep(_: float) -> None:
        slept[0] += 1
        if slept[0] == 3:
            stalls(tmp_path, memory=1)

    pause = Pause(Limits(20, 90), 10, folder, sleep)
    assert pause.wait() == 3
    stalls(tmp_path, memory=50)
    assert pause.wait(2) == 2
    assert pause.wait() == 5
    assert pause.wait() == 0
    assert pause.waited == 10


# ── limits in time ──


class Slow(Collector):
    name, kinds = "slow", ("package",)

    def collect(self, root: Root) -> Iterator[Fact]:
        yield Fact("package", "a", {})
        try:
            while True:
                time.sleep(0.01)
        except Exception:  # noqa: BLE001
            raise Unavailable("this collector outlives every error") from None


class Quick(Collector):
    name, kinds = "quick", ("package",)

    def collect(self, root: Root) -> Iterator[Fact]:
        yield Fact("package", "b", {})


def test_a_collector_that_hangs_becomes_a_gap_and_the_next_has_its_turn(tmp_path: Path) -> None:
    found = list(timed([Slow(), Quick()], Root(str(tmp_path)), ["package"], 0.2, Pause(Limits(0, 0))))
    assert [(fact.kind, fact.subject) for fact in found] == [("package", "a"), ("gap", "slow"), ("package", "b")]
    assert found[1].data == {"reason": "took longer than 0.2 seconds and was ended", "kinds": ["package"]}
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_deadline_that_is_met_leaves_nothing_behind() -> None:
    with Deadline(5):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    with pytest.raises(TimeUp), Deadline(0.05):
        time.sleep(5)


# ── children ──


def test_a_child_gets_its_request_and_gives_its_answer() -> None:
    assert child.finished(child.spawn([], b"hello", ["/bin/cat"]), 10) == b"hello"


@pytest.mark.parametrize(
    ("command", "how"),
    [(["/bin/false"], "status 1"), (["/nonexistent"], "status 127"), (["/bin/sh", "-c", "kill -9 $$"], "signal 9")],
)
def test_a_child_that_fails_says_how(command: list[str], how: str) -> None:
    with pytest.raises(OSError, match=how):
        child.finished(child.spawn([], b"", command), 10)


def test_a_child_that_hangs_is_ended() -> None:
    begun = time.monotonic()
    with pytest.raises(OSError, match="signal 9"):
        child.finished(child.spawn([], b"", ["/bin/sleep", "60"]), 0.3)
    assert time.monotonic() - begun < 10


# ── who this is ──


def test_hardware_and_boot_are_digests(tmp_path: Path) -> None:
    assert (hardware(str(tmp_path)), boot(str(tmp_path))) == ("", "")
    for path, text in {
        "sys/class/dmi/id/product_uuid": "ABC", "sys/class/net/lo/address": "00:00:00:00:00:00",
        "sys/class/net/br0/address": "02:00:00:00:00:09", "sys/class/net/eth1/address": "02:00:00:00:00:01",
        "proc/sys/kernel/random/boot_id": "b",
    }.items():  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text + "\n")
    first = hardware(str(tmp_path))
    assert len(first) == len(boot(str(tmp_path))) == 32
    (tmp_path / "sys/class/net/eth1/device").mkdir()
    second = hardware(str(tmp_path))
    assert second != first, "the address of a real card counts"
    (tmp_path / "sys/class/net/br0/address").write_text("02:00:00:00:00:77\n")
    assert hardware(str(tmp_path)) == second, "that of a bridge does not"


@pytest.mark.parametrize(
    ("machine", "hardware_", "copied"),
    [("m", "h", False), ("m", "x", True), ("x", "h", True), ("m", "", False), ("", "h", False)],
)
def test_what_counts_as_a_copy(machine: str, hardware_: str, copied: bool) -> None:
    kept = Identity("i-1", "r", "k", "s", "https://h", "m", "h", 1)
    assert kept.is_copied(Machine(machine, "other boot", hardware_)) is copied


# ── the cloud's metadata ──


class Metadata(BaseHTTPRequestHandler):
    document: object = {}
    delay = 0.0

    def do_PUT(self) -> None:
        time.sleep(self.delay)
        self._say("token" if self.headers["X-aws-ec2-metadata-token-ttl-seconds"] else "", 200)

    def do_GET(self) -> None:
        good = self.headers["X-aws-ec2-metadata-token"] == "token"
        document = self.document if isinstance(self.document, str) else json.dumps(self.document)
        self._say(document if good else "", 200 if good else 401)

    def log_message(self, *_: object) -> None: ...

    def _say(self, text: str, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


GOOD = {"instanceId": "i-0a1b2c3d4e5f60718", "accountId": "123456789012", "region": "eu-west-1", "imageId": "ami-1"}


@pytest.mark.parametrize(
    ("document", "delay", "found"),
    [
        (GOOD, 0.0, {"id": GOOD["instanceId"], "account": GOOD["accountId"], "region": "eu-west-1", "image": "ami-1"}),
        ({**GOOD, "instanceId": "../../etc"}, 0.0, None),
        ({**GOOD, "region": 7}, 0.0, None),
        ("<html>", 0.0, None),
        ([], 0.0, None),
        (GOOD, 1.0, None),
    ],
    ids=["an instance", "a strange id", "a strange region", "a page", "a list", "too slow"],
)
def test_the_instance_identity_document(document: object, delay: float, found: object) -> None:
    handler = type("Handler", (Metadata,), {"document": document, "delay": delay})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        begun = time.monotonic()
        assert instance(f"127.0.0.1:{server.server_address[1]}", 0.5 if delay else 5.0) == found
        assert time.monotonic() - begun < 5
        server.shutdown()


def test_nobody_is_asked_where_it_is_switched_off_or_nothing_listens() -> None:
    assert instance("") is None
    assert instance("127.0.0.1:1") is None
