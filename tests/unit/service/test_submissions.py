"""Facts handed in: torn, hostile and huge ones end in a clear error and leave nothing; hosts are recognised."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import IO, cast

import pytest

from service_world import ACCOUNT, OTHER, World, facts, worlds
from shindan.model.errors import InventoryUnreadable
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.service import agents, hosts_admin, submissions
from shindan.service.submissions import About, read_facts, submit
from shindan.store import audit
from stores import BACKENDS
from support import REPOSITORY

GOOD = facts({"openssl": "3.0.16-1~deb12u1"})


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def blobs(world: World) -> list[str]:
    return list(world.service.blobs.digests())


def known(world: World) -> list[str]:
    return [host.id for host in hosts_admin.list_(world.service, world.caller, archived=None).items]


def test_what_the_facts_say_of_the_host(world: World, noon: object) -> None:
    about = About("web-1.example", "5d8e", ("10.0.0.7",), "0.1.0", "ami-1", "asg-1")
    host = submit(world.service, ACCOUNT, io.BytesIO(GOOD), tags=[("role", "web")], about=about)
    assert (host.hostname, host.platform, host.system, host.kernel) == (
        "web-1.example",
        "debian:12",
        "debian 12",
        "6.1.0-37",
    )
    assert (host.arch, host.addresses, host.agent_version) == ("amd64", ("10.0.0.7",), "0.1.0")
    assert (host.image, host.scaling_group, host.tags) == ("ami-1", "asg-1", (("role", "web"),))
    assert host.facts_at == host.last_seen == host.created_at == 1795521600000
    assert len(host.id) == 19
    assert host.facts is not None
    assert world.service.blobs.get(host.facts) == read_facts(io.BytesIO(GOOD)).content


@pytest.mark.parametrize("name", ["debian-12", "almalinux-9", "alpine-3.20"])
def test_facts_of_whole_hosts(world: World, name: str) -> None:
    whole = (REPOSITORY / "tests/hosts" / name / "facts.ndjson").read_bytes()
    host = submit(world.service, ACCOUNT, io.BytesIO(whole), about=About(name))
    family = {"debian-12": "debian:12", "almalinux-9": "almalinux:9", "alpine-3.20": "alpine:3.20"}
    assert host.platform == family[name]
    assert host.facts is not None
    kept = [json.loads(line) for line in world.service.blobs.get(host.facts).splitlines()]
    assert kept == [json.loads(line) for line in whole.splitlines()]


def test_a_host_that_comes_again_is_the_same(world: World) -> None:
    first = submit(world.service, ACCOUNT, io.BytesIO(GOOD), tags=[("a", "1"), ("b", "2")], about=About("web", "5D8E"))
    hosts_admin.archive(world.service, world.caller, first.id)
    newer = facts({"openssl": "3.0.17"}, version="13", kernel="6.12")
    again = submit(world.service, ACCOUNT, io.BytesIO(newer), tags=[("b", "3")], about=About("renamed", "5d8e"))
    assert again.id == first.id
    assert (again.hostname, again.platform, again.kernel) == ("renamed", "debian:13", "6.12")
    assert again.tags == (("a", "1"), ("b", "3"))
    assert not again.archived
    assert again.facts != first.facts
    unsaid = submit(world.service, ACCOUNT, io.BytesIO(GOOD), about=About(machine_id="5d8e"))
    assert (unsaid.id, unsaid.hostname) == (first.id, "renamed")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (About("web"), About("WEB"), True),
        (About("web"), About("db"), False),
        (About("web", "1"), About("web", "2"), False),
        (About(), About(), False),
    ],
    ids=["by name", "another name", "another machine of this name", "nothing to tell by"],
)
def test_how_hosts_are_told_apart(world: World, first: About, second: About, same: bool) -> None:
    one = submit(world.service, ACCOUNT, io.BytesIO(GOOD), about=first)
    two = submit(world.service, ACCOUNT, io.BytesIO(GOOD), about=second)
    assert (one.id == two.id) is same


def test_an_id_that_is_given_goes_before_all_else(world: World) -> None:
    one = submit(world.service, ACCOUNT, io.BytesIO(GOOD), host_id="i-0123456789abcdef0", about=About("web"))
    two = submit(world.service, ACCOUNT, io.BytesIO(GOOD), host_id="i-12345678", about=About("web"))
    assert (one.id, two.id) == ("i-0123456789abcdef0", "i-12345678")
    again = submit(world.service, ACCOUNT, io.BytesIO(GOOD), host_id="i-12345678", about=About("other"))
    assert (again.id, again.hostname) == ("i-12345678", "other")
    for wrong in ("", "web", "i-0123456789ABCDEF0", "i-123", "mi-12345678"):
        with pytest.raises(InvalidInput) as caught:
            submit(world.service, ACCOUNT, io.BytesIO(GOOD), host_id=wrong)
        assert caught.value.code == "INVALID_AGENT_ID"


def test_accounts_do_not_share_hosts_but_equal_facts(world: World) -> None:
    mine, theirs = world.host("web"), world.host("web", account=OTHER)
    assert mine.id != theirs.id
    assert mine.facts == theirs.facts
    assert blobs(world) == [mine.facts]
    with pytest.raises(InvalidInput, match="in use already"):
        submit(world.service, OTHER, io.BytesIO(GOOD), host_id=mine.id)
    with pytest.raises(NoSuchEntity):
        submit(world.service, "000000000000", io.BytesIO(GOOD))
    assert known(world) == [mine.id]


def test_many_that_come_at_once_are_one_host(world: World) -> None:
    found: list[str] = []

    def hand_in() -> None:
        found.append(submit(world.service, ACCOUNT, io.BytesIO(GOOD), about=About("web", "1")).id)

    threads = [Thread(target=hand_in) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 5
    assert len(set(found)) == 1
    with world.database.read() as connection:
        entries = audit.entries(connection, ACCOUNT)
    assert [entry.action for entry in entries].count("RegisterHost") == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no facts"),
        (b"\n\n", "no facts"),
        (GOOD[:-20], "line 3 of the facts is none"),
        (GOOD + b"[1]\n", "line 4 of the facts is none: no JSON object"),
        (b"\x00\xff\xfe" + GOOD, "line 1 of the facts is none"),
        (GOOD + b'{"kind":"paint","subject":"red"}\n', "line 4 of the facts is none: unknown kind"),
        (GOOD + b'{"kind":"package","subject":"x","data":{"type":1}}\n', "line 4 of the facts is none: package 'x'"),
        (GOOD + b"[" * 100_000 + b"\n", "line 4 of the facts is none: no JSON"),
        (GOOD + b'{"kind":"gap","subject":"' + b"x" * (1024 * 1024) + b'"}', "line 4 of the facts is none: longer"),
        (b"\x1f\x8b\x08" + b"\x00" * 60, "line 1 of the facts is none"),
    ],
    ids=["empty", "blank", "torn", "no object", "binary", "unknown kind", "malformed", "deep", "long line", "gzip"],
)
def test_what_is_no_inventory_is_refused_and_leaves_nothing(world: World, content: bytes, why: str) -> None:
    with pytest.raises(InventoryUnreadable, match=why) as caught:
        submit(world.service, ACCOUNT, io.BytesIO(content), about=About("web"))
    assert "shindan collect" in caught.value.remedy
    assert blobs(world) == []
    assert known(world) == []


class Endless:
    """A stream of one good line, for ever; counts what was read of it."""

    def __init__(self, line: bytes) -> None:
        self.line = line
        self.read = 0

    def readline(self, size: int = -1) -> bytes:
        self.read += len(self.line)
        return self.line


@pytest.mark.parametrize(
    ("line", "why"),
    [(b'{"kind":"kernel","subject":"a"}\n', "200,000 facts"), (b" " * 1_000_000 + b"\n", "67,108,864 bytes")],
    ids=["too many", "too large"],
)
def test_a_stream_without_end_is_not_read_to_its_end(line: bytes, why: str) -> None:
    stream = Endless(line)
    with pytest.raises(InventoryUnreadable, match=why):
        read_facts(cast(IO[bytes], stream))
    assert stream.read <= submissions.MOST_BYTES + len(line)


def test_a_host_whose_platform_nobody_could_read_is_still_a_host(world: World) -> None:
    gap = b'{"kind":"gap","subject":"os_release","data":{"reason":"no such file"}}\n'
    host = submit(world.service, ACCOUNT, io.BytesIO(gap), about=About("web"))
    assert (host.platform, host.system) == ("", "")


def test_texts_that_no_database_can_hold_are_mended(world: World) -> None:
    hostile = facts({}, version="1\x002", kernel="6\x00\udc80" + "x" * 500)
    host = submit(world.service, ACCOUNT, io.BytesIO(hostile), about=About("a\x00\ud800b" * 200))
    assert host.kernel.startswith("6??xxx")
    assert len(host.kernel) == 128
    assert len(host.hostname) == 253
    assert "\x00" not in host.platform + host.hostname


def test_tags_are_checked_before_anything_is_kept(world: World) -> None:
    with pytest.raises(InvalidInput) as caught:
        submit(world.service, ACCOUNT, io.BytesIO(GOOD), tags=[("", "x")])
    assert caught.value.code == "INVALID_TAG_KEY"
    with pytest.raises(LimitExceeded):
        submit(world.service, ACCOUNT, io.BytesIO(GOOD), tags=[(str(n), "x") for n in range(51)], about=About("web"))
    assert known(world) == []


def test_a_handed_in_host_belongs_to_targets_at_once(world: World) -> None:
    target = world.target("web", [("role", "web")])
    host = world.host("web", tags={"role": "web"})
    assert [one.id for one in agents.preview(world.service, world.caller, target).items] == [host.id]
