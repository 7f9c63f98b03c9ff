"""How fake hosts are set up, and the facts expected of them: `scripts/golden` rewrites `facts.ndjson`.

Owners and modes are those of whoever unpacked the tree, so facts of kinds `file` and `home` are no part of it; nor is
what is not there: that is the rest of the plan.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from shindan.facts.fact import Fact
from shindan.facts.wire import read
from support import REPOSITORY
from unit.collect.trees import configured

HOSTS = sorted(path for path in (REPOSITORY / "tests/configured").iterdir() if path.is_dir())


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_a_fake_host_yields_its_golden_facts(host: Path) -> None:
    expected = (host / "facts.ndjson").read_text(encoding="utf-8").splitlines()
    assert configured(host / "root").decode("utf-8").splitlines() == expected, (
        "`scripts/golden` rewrites it; read the diff"
    )


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_golden_facts_are_well_formed_and_hold_no_secret(host: Path) -> None:
    content = (host / "facts.ndjson").read_bytes()
    assert all(isinstance(item, Fact) for _, item in read(io.BytesIO(content)))
    for secret in (b"geheim", b"ijklmnop", b"AAAA.BBBB"):
        assert secret not in content


def test_there_are_fake_hosts() -> None:
    assert len(HOSTS) >= 2
