"""What makes a fact well-formed."""

from __future__ import annotations

from typing import Any

import pytest

from shindan.facts.fact import KINDS, Fact, check

OPENSSL: dict[str, Any] = {"type": "deb", "version": "3.0.16-1~deb12u1", "arch": "amd64"}


@pytest.mark.parametrize(
    "fact",
    [
        Fact("package", "openssl", OPENSSL),
        Fact("package", "openssl", {**OPENSSL, "held": True, "unknown-to-us": 5}),
        Fact("package", "openssl", {**OPENSSL, "source": None}),
        Fact("platform", "os", {"id": "debian", "version_id": "12"}),
        Fact("kernel", "running", {}),
        Fact("gap", "dpkg", {"reason": "nobody may look", "kinds": ["package"]}),
    ],
)
def test_well_formed(fact: Fact) -> None:
    assert check(fact) is None


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (Fact("package", "openssl", {"type": "deb", "version": "1"}), "arch is missing"),
        (Fact("package", "openssl", {**OPENSSL, "version": 3}), "version is no string"),
        (Fact("package", "openssl", {**OPENSSL, "held": "yes"}), "held is no boolean"),
        (Fact("package", "", OPENSSL), "without a subject"),
        (Fact("platform", "os", {"id": "debian", "version_id": None}), "version_id is missing"),
        (Fact("repository", "x", {"components": "main"}), "components is no list"),
        (
            Fact("paint", "red", {}),
            "unknown kind 'paint': known are " + ", ".join(sorted(KINDS)),
        ),
    ],
)
def test_malformed(fact: Fact, why: str) -> None:
    assert why in str(check(fact))


def test_every_kind_and_field_is_explained() -> None:
    for kind in KINDS.values():
        assert kind.meaning.endswith(".")
        names = [field.name for field in kind.fields]
        assert len(set(names)) == len(names)
        assert all(field.meaning for field in kind.fields)
