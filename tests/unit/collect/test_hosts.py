"""Fake hosts and the facts expected of them: `scripts/golden` rewrites `facts.ndjson`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from shindan.collect.command import collect_to
from shindan.facts.fact import Fact
from shindan.facts.wire import read
from support import REPOSITORY
from unit.collect.trees import INVENTORY

HOSTS = sorted(path for path in (REPOSITORY / "tests/hosts").iterdir() if path.is_dir())


def collected(host: Path) -> bytes:
    stream = io.BytesIO()
    assert collect_to(str(host / "root"), INVENTORY, stream) == 0
    return stream.getvalue()


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_a_fake_host_yields_its_golden_facts(host: Path) -> None:
    expected = (host / "facts.ndjson").read_text(encoding="utf-8").splitlines()
    assert collected(host).decode("utf-8").splitlines() == expected, "`scripts/golden` rewrites it; read the diff"


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_golden_facts_are_well_formed_and_begin_with_the_platform(host: Path) -> None:
    items = [item for _, item in read(io.BytesIO((host / "facts.ndjson").read_bytes()))]
    facts = [item for item in items if isinstance(item, Fact)]
    assert len(facts) == len(items), [item for item in items if isinstance(item, str)]
    assert facts[0].kind == "platform"


def test_there_are_fake_hosts() -> None:
    assert len(HOSTS) >= 6
