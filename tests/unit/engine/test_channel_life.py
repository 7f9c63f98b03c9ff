"""A channel in a real service: runs begin and end, and their findings arrive as one message; with events of templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from channeled import always
from receivers import Receiver, outside, receiver
from run_world import RunWorld, advisories, run_world, until
from service_world import CVE
from shindan.engine import happening
from shindan.engine.handlers import handlers
from shindan.engine.refreshing import rejudge_account
from shindan.notify import Notifier
from shindan.service import channels
from shindan.service.channel_post import ChannelPost
from shindan.service.channel_text import ChannelText
from stores import BACKENDS, databases


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as made:
        yield made


@pytest.fixture(params=BACKENDS)
def living(
    request: pytest.FixtureRequest, tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunWorld]:
    monkeypatch.setattr(happening, "SETTLE", 0.0)
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data", working=False) as made:
            there = outside(ca=hook.ca)
            post = ChannelPost(database, made.service.keys["secrets"], there)
            made.world = replace(made.world, service=replace(made.service, outside=always(there)))
            made.work = replace(made.work, notifier=Notifier.to(there, post))
            advisories(tmp_path / "data")
            made.jobs.start(handlers(made.work))
            yield made


def test_a_run_is_one_message_and_the_next_one_says_nothing_new(living: RunWorld, hook: Receiver) -> None:
    for number in range(3):
        living.world.host(f"web-{number}", packages={"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10"})
    text = ChannelText(name="ops", address=hook.url, events=("finding-opened", "finding-fixed", "run-completed"))
    channels.create(living.service, living.world.caller, text)
    first = living.ended(living.start(packages=(CVE,)))
    assert first.run.state == "COMPLETED"
    until(lambda: len(hook.told) == 1)
    (told,) = hook.told
    assert told["opened"] == {"High": 3, "Medium": 3, "Low": 3}
    (run,) = told["happened"]
    assert (run["what"], run["run"], run["counts"]["High"]) == ("run-completed", first.run.id, 3)
    assert {one["rule"] for one in told["worst"]} == {"CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"}
    living.ended(living.start(packages=(CVE,)))
    until(lambda: len(hook.told) == 2)
    assert hook.told[1]["opened"] == {} and hook.told[1]["happened"][0]["what"] == "run-completed"


def test_new_advisories_are_told_without_a_run(living: RunWorld, hook: Receiver, tmp_path: Path) -> None:
    living.world.host("web-1", packages={"zlib": "1.2.11"})
    channels.create(living.service, living.world.caller, ChannelText(name="ops", address=hook.url))
    rejudge_account(living.work, living.world.caller.account)
    advisories(tmp_path / "data", {"CVE-2026-0009": ("zlib", "1.2.13", "high")})
    rejudge_account(living.work, living.world.caller.account)
    until(lambda: len(hook.told) == 1)
    assert [one["rule"] for one in hook.told[0]["worst"]] == ["CVE-2026-0009"]
