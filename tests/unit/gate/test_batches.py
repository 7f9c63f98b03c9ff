"""Batches: parts in any order and from anybody, what becomes of good and of bad lines, and what hostile ones come to."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import zstandard

from service_world import facts
from shindan.model.run import RunHost
from shindan.service import agent_parts, agent_reading, hosts_admin, submissions
from shindan.service.agent_parts import Parts
from shindan.store import run_hosts
from stores import BACKENDS, databases
from unit.gate.agents import (
    HOST,
    KERNEL,
    KINDS,
    LINES,
    PLATFORM,
    Agent,
    Batch,
    Gate,
    batch,
    fact,
    gate,
    package,
    unchanged,
)
from unit.gate.test_poll import RUNTIME, run_of

CONNECTION = fact("connection", "tcp 192.0.2.1:22", protocol="tcp", address="192.0.2.1", port=22)


@pytest.fixture(params=BACKENDS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gate]:
    for database in databases(request.param, tmp_path):
        with gate(database, tmp_path) as made:
            yield made


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Gate]:
    for database in databases("sqlite", tmp_path):
        with gate(database, tmp_path) as made:
            yield made


def inventory(house: Gate, agent: Agent) -> list[dict[str, Any]]:
    """The host's newest inventory; none where there is none."""
    host = hosts_admin.show(house.world.service, house.world.caller, agent.host)
    content = house.world.service.blobs.get(host.facts) if host.facts else b""
    return [json.loads(line) for line in content.splitlines()]


def named(house: Gate, agent: Agent, kind: str = "package") -> list[str]:
    """Subjects of one kind in the host's newest inventory."""
    return sorted(fact["subject"] for fact in inventory(house, agent) if fact["kind"] == kind)


def member(house: Gate, run_id: str) -> RunHost:
    """The one host of a run."""
    with house.world.database.read() as connection:
        (found,) = run_hosts.of_run(connection, run_id)
    return found


def incoming(house: Gate) -> list[str]:
    """What lies in the folder of unfinished batches."""
    return [path.name for path in (house.world.service.data / "incoming").glob("*/*")]


def test_an_inventory_becomes_the_hosts(house: Gate) -> None:
    agent = house.agent()
    sent = batch(LINES)
    told = agent.upload(sent)
    assert told.status == 200, told
    assert told.body == {"protocol": 1, "kept": 5, "refused": 0, "why": [], "inventory": sent.header["digest"]}
    host = hosts_admin.show(house.world.service, house.world.caller, agent.host)
    assert (host.hostname, host.platform, host.kernel, host.arch) == ("web-1", "debian:12", "6.1.0-37-amd64", "amd64")
    assert host.addresses == ("192.0.2.1",) and host.system.startswith("Debian GNU/Linux 12")
    assert named(house, agent) == ["bash", "openssl"] and incoming(house) == []
    assert agent.poll(inventory=sent.header["digest"]).body["inventory"] == "keep"
    assert agent.poll(inventory="0" * 64).body["inventory"] == "send"


def test_it_is_the_same_as_if_the_facts_had_been_handed_in_by_hand(house: Gate, tmp_path: Path) -> None:
    agent = house.agent()
    content = facts({"openssl": "3.0.16-1~deb12u1"})
    agent.upload(batch(content.splitlines()))
    ours = hosts_admin.show(house.world.service, house.world.caller, agent.host).facts
    theirs = house.world.host("by-hand", packages={"openssl": "3.0.16-1~deb12u1"}).facts
    assert ours == theirs


@pytest.mark.parametrize("step", [17, 100, 10_000])
def test_a_batch_comes_in_parts(door: Gate, step: int) -> None:
    told = door.agent().upload(batch(LINES), step=step)
    assert told.status == 200 and (told.body["kept"], told.body["refused"]) == (5, 0)


def test_parts_out_of_order_are_told_where_to_go_on(house: Gate) -> None:
    agent, id_ = house.agent(), secrets.token_hex(16)
    sent = batch(LINES)
    half = len(sent.packed) // 2
    assert agent.have(id_).body == {"protocol": 1, "have": 0}
    told = agent.part(sent, id_, half, sent.packed[half:])
    assert told.error == (409, "WrongOffset") and told.body["have"] == 0
    assert agent.part(sent, id_, 0, sent.packed[:half]).body["have"] == half
    assert agent.have(id_).body["have"] == half
    assert agent.part(sent, id_, 0, sent.packed[:half]).error == (409, "WrongOffset"), "the answer was lost"
    assert agent.part(sent, id_, half, sent.packed[half:]).body["kept"] == 5
    assert agent.have(id_).body["kept"] == 5


def test_a_batch_that_was_taken_in_is_answered_again_and_taken_in_once(house: Gate) -> None:
    agent, id_ = house.agent(), secrets.token_hex(16)
    first = agent.upload(batch(LINES), id_)
    agent.upload(batch([*LINES, package("curl")]))
    again = agent.upload(batch(LINES), id_)
    assert again.body == first.body and "curl" in named(house, agent)


def test_the_same_batch_over_two_connections_is_taken_in_once(door: Gate) -> None:
    agent, id_ = door.agent(), secrets.token_hex(16)
    sent = batch(LINES)

    def bring(number: int) -> int:
        mine = Agent(door, agent.host, agent.key, 1000 * number)
        return mine.upload(sent, id_).status

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(bring, (4, 3, 2, 1)))
    assert 200 in statuses and set(statuses) <= {200, 409}
    assert named(door, agent) == ["bash", "openssl"] and incoming(door) == []


def test_an_unchanged_inventory_is_a_digest(house: Gate) -> None:
    agent, sent = house.agent(), batch(LINES)
    agent.upload(sent)
    before = hosts_admin.show(house.world.service, house.world.caller, agent.host)
    time.sleep(0.002)
    run_id = run_of(house, agent.host)
    told = agent.upload(unchanged(sent))
    assert told.status == 200 and told.body["inventory"] == sent.header["digest"]
    after = hosts_admin.show(house.world.service, house.world.caller, agent.host)
    assert after.facts == before.facts and (after.facts_at or 0) > (before.facts_at or 0)
    assert member(house, run_id).delivered_at == after.facts_at
    assert agent.poll(inventory=sent.header["digest"]).body["order"] is None


@pytest.mark.parametrize("why", ["nothing yet", "another digest", "more kinds", "others handed facts in", "lost"])
def test_what_is_not_held_must_be_sent_whole(door: Gate, why: str) -> None:
    agent, sent = door.agent(), batch(LINES)
    if why != "nothing yet":
        agent.upload(sent)
    same = unchanged(sent)
    if why == "another digest":
        same = same.saying(digest="0" * 64)
    elif why == "more kinds":
        same = same.saying(kinds=[*KINDS, "repository"])
    elif why == "others handed facts in":
        submissions.submit(
            door.world.service, door.world.caller.account, io.BytesIO(facts({"vim": "9"})), host_id=agent.host
        )
    elif why == "lost":
        host = hosts_admin.show(door.world.service, door.world.caller, agent.host)
        door.world.service.blobs.remove(host.facts or "")
    assert agent.upload(same).error == (409, "Unknown")
    assert agent.upload(sent.saying(taken=1)).status == 200


def test_kinds_that_come_replace_those_that_were_and_no_others(house: Gate) -> None:
    agent = house.agent()
    gaps = [
        fact("gap", "packages", reason="no", kinds=["package"]),
        fact("gap", "kernel", reason="no", kinds=["kernel"]),
    ]
    agent.upload(batch([*LINES, *gaps]))
    agent.upload(batch([package("curl")], kinds=["package"]))
    assert named(house, agent) == ["curl"] and named(house, agent, "kernel") == ["running"]
    assert named(house, agent, "platform") == ["os"] and named(house, agent, "gap") == ["kernel"]
    host = hosts_admin.show(house.world.service, house.world.caller, agent.host)
    assert host.platform == "debian:12", "what nobody said stays as it was"


def test_a_collection_that_failed_is_told_by_its_gaps_and_replaces_nothing(house: Gate) -> None:
    agent = house.agent()
    agent.upload(batch(LINES))
    run_id = run_of(house, agent.host)
    failed = batch([fact("gap", "agent", reason="it failed twice", kinds=["package"])], kinds=[], complete=False)
    assert agent.upload(failed).body["kept"] == 1
    assert named(house, agent) == ["bash", "openssl"] and named(house, agent, "gap") == ["agent"]
    assert member(house, run_id).delivered_at is not None
    agent.upload(batch(LINES))
    assert named(house, agent, "gap") == []


def test_good_lines_are_kept_and_bad_ones_are_counted_and_told(house: Gate) -> None:
    agent = house.agent()
    bad = [
        b"no json", b"[]", b'{"kind":"package"}', fact("package", "x"), fact("process", "1", name="init"),
        fact("colour", "blue"), b'{"kind":"package","subject":"x","data":' + b"[" * 3000, b"\xff\xfe",
        fact("package", "y", type=1, version="1", arch="a"), b'{"kind":"package","subject":"","data":{}}',
        fact("package", "big", type="deb", version="1", arch="a", maintainer="m" * 1_100_000),
        fact("package", "z", type="deb", version=None, arch="a"),
    ]  # fmt: skip
    told = agent.upload(batch([*LINES[:3], *bad, *LINES[3:]]))
    assert told.status == 200 and (told.body["kept"], told.body["refused"]) == (5, len(bad))
    assert len(told.body["why"]) == 10 and all(why.startswith("line ") for why in told.body["why"])
    assert told.body["why"][0].startswith("line 4: ") and "process" in told.body["why"][4]
    assert all(len(why) <= 220 for why in told.body["why"])
    assert named(house, agent) == ["bash", "openssl"]


def test_a_batch_without_a_good_line_changes_nothing(door: Gate) -> None:
    agent = door.agent()
    first = batch(LINES)
    agent.upload(first)
    run_id = run_of(door, agent.host)
    told = agent.upload(batch([b"no json"] * 3))
    assert told.body["kept"] == 0 and told.body["refused"] == 3 and told.body["inventory"] == first.header["digest"]
    assert named(door, agent) == ["bash", "openssl"] and member(door, run_id).delivered_at is None


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind":"package","subject":"caf\\ud800e","data":{"type":"deb","version":"1","arch":"a"}}',
        b'{"kind":"package","subject":"n","data":{"type":"deb","version":"1","arch":"a","build_time":'
        + b"9" * 40
        + b"}}",
        '{"kind":"package","subject":"日本","data":{"type":"deb","version":"1","arch":"a"}}'.encode(),
        b'{"kind":"x","kind":"package","subject":"twice","data":{"type":"deb","version":"1","arch":"a"}}',
        b' {"data":{"type":"deb","version":"1","arch":"a"},"subject":"order","kind":"package","more":1} \r',
    ],
    ids=["lone surrogate", "large number", "not ASCII", "a key twice", "other order"],
)
def test_a_fact_however_it_is_written_is_kept_in_one_way(door: Gate, line: bytes) -> None:
    agent = door.agent()
    assert agent.upload(batch([PLATFORM, line])).body["kept"] == 2
    host = hosts_admin.show(door.world.service, door.world.caller, agent.host)
    kept = door.world.service.blobs.get(host.facts or "").splitlines()[-1]
    assert kept.startswith(b'{"kind":"package","subject":"') and json.loads(kept)["data"]["version"] == "1"


def test_zstd_is_taken_as_gzip_is(door: Gate) -> None:
    agent = door.agent()
    content = b"".join(line + b"\n" for line in LINES)
    assert agent.upload(batch(LINES, packed=zstandard.compress(content))).body["kept"] == 5


def bomb(size: int) -> Batch:
    content = b"\n" * size
    return batch([], packed=gzip.compress(content, 9), digest=hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (batch(LINES, sha256="0" * 64), (409, "WrongSum")),
        (batch(LINES, digest="0" * 64), (400, "WrongDigest")),
        (batch(LINES, packed=b"no gzip at all"), (400, "Malformed")),
        (batch(LINES, packed=gzip.compress(b"\n".join(LINES))[:-20]), (400, "Malformed")),
        (batch(LINES, packed=gzip.compress(b"\n".join(LINES))[:12] + b"\x00" * 40), (400, "Malformed")),
        (batch(LINES, packed=zstandard.compress(b"\n".join(LINES))[:-5]), (400, "WrongDigest")),
        (bomb(agent_reading.MOST_BYTES + 1), (413, "TooLarge")),
    ],
    ids=["sum", "digest", "no archive", "torn gzip", "damaged gzip", "torn zstd", "bomb"],
)
def test_a_batch_that_is_no_good_is_let_go_of_and_nothing_is_lost(
    door: Gate, sent: Batch, error: tuple[int, str]
) -> None:
    agent = door.agent()
    agent.upload(batch(LINES))
    told = agent.upload(sent)
    assert told.error == error and told.body["message"]
    assert named(door, agent) == ["bash", "openssl"] and incoming(door) == []
    assert agent.upload(batch([*LINES, package("curl")])).status == 200


@pytest.mark.slow
def test_a_million_lines_are_kept_as_far_as_they_may_go(door: Gate) -> None:
    agent = door.agent()
    line = fact("gap", "g", reason="r")
    told = agent.upload(batch([line] * 1_000_000, kinds=[]))
    assert told.status == 200 and told.body["kept"] == agent_reading.MOST_LINES
    assert told.body["refused"] == 1_000_000 - agent_reading.MOST_LINES


@pytest.mark.parametrize(
    "id_", ["..%2f..%2fetc", "../../../etc/passwd", "x", "A" * 32, "0" * 31, "0" * 33, "", f"{'0' * 32}/", "%00" * 32]
)
def test_an_id_is_no_path(door: Gate, id_: str) -> None:
    agent = door.agent()
    sent = batch(LINES)
    told = agent.part(sent, id_, 0, sent.packed)
    assert told.status in (400, 403, 404), told
    assert list((door.world.service.data).rglob("passwd")) == [] and incoming(door) == []
    with pytest.raises(Exception, match="32 hexadecimal digits"):
        Parts(door.world.service.data).have(agent.host, id_)
    with pytest.raises(Exception, match="32 hexadecimal digits"):
        Parts(door.world.service.data).have("../x", "0" * 32)


def test_the_id_of_another_hosts_batch_is_nobody_elses(house: Gate) -> None:
    first, second = house.agent(), house.agent(machine="e" * 32, hardware="f" * 32)
    id_, sent = secrets.token_hex(16), batch(LINES)
    half = len(sent.packed) // 2
    first.part(sent, id_, 0, sent.packed[:half])
    assert second.have(id_).body["have"] == 0
    assert second.part(sent, id_, half, sent.packed[half:]).error == (409, "WrongOffset")
    other = batch([*LINES[:3], package("curl")])
    assert second.upload(other, id_).status == 200
    assert first.part(sent, id_, half, sent.packed[half:]).body["kept"] == 5
    assert named(house, first) == ["bash", "openssl"] and named(house, second) == ["curl"]


@pytest.mark.parametrize(
    "header",
    [
        "", "{", "[]", json.dumps({"what": "orders"}), json.dumps({**batch(LINES).header, "what": "commands"}),
        json.dumps({**batch(LINES).header, "kinds": ["../x"]}), json.dumps({**batch(LINES).header, "size": -1}),
        json.dumps({**batch(LINES).header, "digest": "x"}), json.dumps({**batch(LINES).header, "run": "'; --"}),
        json.dumps({**batch(LINES).header, "kinds": ["a"] * 100}), json.dumps({**batch(LINES).header, "x": "y" * 2048}),
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_a_header_that_is_malformed_is_refused(door: Gate, header: str) -> None:
    agent = door.agent()
    told = agent.ask("POST", f"/agent/v1/batches/{'0' * 32}", b"x", {"x-shindan-batch": header} if header else {})
    assert told.error == (400, "Malformed") and incoming(door) == []


@pytest.mark.parametrize("offset", ["x", "-1", "1e3", "9" * 13, ""])
def test_an_offset_is_a_number(door: Gate, offset: str) -> None:
    agent, sent = door.agent(), batch(LINES)
    headers = {"x-shindan-batch": json.dumps(sent.header)}
    path = f"/agent/v1/batches/{'0' * 32}?offset={offset}"
    assert agent.ask("POST", path, sent.packed, headers).error == (400, "Malformed")


def test_sizes_have_limits(door: Gate) -> None:
    agent, sent = door.agent(), batch(LINES)
    assert agent.upload(sent.saying(size=agent_parts.LARGEST + 1)).error == (413, "TooLarge")
    assert agent.upload(sent.saying(size=10)).error == (413, "TooLarge"), "more came than was said"
    path = f"/agent/v1/batches/{'0' * 32}"
    headers = {"x-shindan-batch": json.dumps(sent.header)}
    assert agent.ask("POST", path, b"x" * (1024 * 1024 + 1), headers).error == (413, "TooLarge")
    assert agent.part(unchanged(sent), "1" * 32, 0, b"x").error == (400, "Malformed")


def test_so_much_may_be_on_its_way_at_once(door: Gate) -> None:
    agent, sent = door.agent(), batch(LINES)
    for _ in range(agent_parts.MOST_UNFINISHED):
        assert agent.part(sent, secrets.token_hex(16), 0, b"\x1f").status == 200
    told = agent.part(sent, secrets.token_hex(16), 0, b"\x1f")
    assert told.error == (429, "TooMany") and told.headers["retry-after"] == "60"
    assert Parts(door.world.service.data).sweep(kept=-1) == agent_parts.MOST_UNFINISHED
    assert agent.upload(sent).status == 200


def test_old_parts_are_swept_and_young_ones_stay(tmp_path: Path) -> None:
    parts, host = Parts(tmp_path), "i-0123456789abcdef0"
    parts.append(host, "0" * 32, 0, b"old", 9)
    parts.append(host, "1" * 32, 0, b"young", 9)
    old = tmp_path / "incoming" / host / ("0" * 32)
    os.utime(old, (1, 1))
    assert parts.sweep() == 1 and not old.exists() and parts.have(host, "1" * 32) == 5


def test_a_full_disk_of_the_server_is_told_and_the_agent_keeps_its_batch(
    door: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, sent = door.agent(), batch(LINES)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(agent_parts, "_write", full)
    told = agent.upload(sent)
    assert told.error == (507, "NoSpace") and int(told.headers["retry-after"]) > 0
    monkeypatch.undo()
    assert agent.upload(sent).status == 200


def samples(lines: Sequence[bytes], run_id: str, **said: Any) -> Batch:
    return batch(lines, kinds=["process", "listener", "connection"], what="sampled", run=run_id, **said)


def test_a_window_counts_as_delivered_with_its_last_batch_and_the_inventory(house: Gate) -> None:
    agent = house.agent()
    run_id = run_of(house, agent.host, packages=(RUNTIME,))
    gap = fact("gap", "sampling", reason="messages were lost", kinds=["connection"])
    assert agent.upload(samples([gap], run_id)).body["kept"] == 1
    assert agent.upload(batch(LINES)).status == 200
    assert member(house, run_id).delivered_at is None and house.jobs.jobs[-1][0] == "fetch"
    assert agent.poll().body["order"]["run"] == run_id
    last = agent.upload(samples([gap, gap], run_id, last=True, complete=False))
    assert last.status == 200
    found = member(house, run_id)
    assert found.delivered_at is not None and len(found.samples) == 2
    assert house.world.service.blobs.get(found.samples[1]).count(b"\n") == 2
    assert house.jobs.jobs[-1] == ("advance", {"run": run_id})
    assert agent.poll().body["order"] is None


def test_the_inventory_may_come_last(house: Gate) -> None:
    agent = house.agent()
    run_id = run_of(house, agent.host, packages=(RUNTIME,))
    empty = samples([], run_id, last=True)
    assert (
        agent.upload(Batch(b"", {**empty.header, "size": 0, "sha256": hashlib.sha256(b"").hexdigest()})).status == 200
    )
    assert member(house, run_id).delivered_at is None
    agent.upload(batch(LINES))
    found = member(house, run_id)
    assert found.delivered_at is not None and found.samples == ()


@pytest.mark.parametrize("which", ["none", "unknown", "another host's", "another account's", "ended"])
def test_samples_are_for_a_run_that_waits_for_this_host(door: Gate, which: str) -> None:
    agent, other = door.agent(), door.agent(machine="e" * 32, hardware="f" * 32)
    runs = {
        "none": "", "unknown": "0-AAAAAAAA",
        "another host's": run_of(door, other.host, packages=(RUNTIME,)),
        "ended": run_of(door, agent.host, "COMPLETED", packages=(RUNTIME,)),
    }  # fmt: skip
    run_id = runs.get(which, runs["another host's"])
    told = agent.upload(samples([HOST], run_id))
    assert told.error == (404, "UnknownRun") and incoming(door) == []


def test_an_inventory_of_a_run_that_is_not_ones_own_is_an_inventory_all_the_same(door: Gate) -> None:
    """Whatever run a batch names, it is delivered for the runs of its own host alone."""
    agent, other = door.agent(), door.agent(machine="e" * 32, hardware="f" * 32)
    theirs = run_of(door, other.host)
    assert agent.upload(batch(LINES, run=theirs)).status == 200
    assert member(door, theirs).delivered_at is None


def test_kernels_of_a_host_come_with_its_kernel_facts(door: Gate) -> None:
    agent = door.agent()
    agent.upload(batch([PLATFORM, HOST, fact("kernel", "running", release="6.9")]))
    agent.upload(batch([KERNEL], kinds=["kernel"]))
    assert hosts_admin.show(door.world.service, door.world.caller, agent.host).kernel == "6.1.0-37-amd64"
