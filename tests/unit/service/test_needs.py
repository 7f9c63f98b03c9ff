"""Which mirrors a host's facts name for the feed `archive`."""

from __future__ import annotations

from typing import Any

import pytest

from shindan.facts.fact import Fact
from shindan.feeds.base import Mirror
from shindan.model.inventory import Inventory
from shindan.rules.cve.subject import subject_of
from shindan.service.needs import needs_of

MAIN = {"url": "http://deb.debian.org/debian", "suite": "bookworm", "components": ["main"], "signed_by": "/k.gpg"}


def mirrors(*repositories: dict[str, Any]) -> tuple[Mirror, ...]:
    platform = Fact("platform", "os", {"id": "debian", "version_id": "12"})
    facts = [Fact("repository", f"{number}", data) for number, data in enumerate(repositories)]
    return needs_of(Inventory([platform, *facts]), ()).mirrors["debian:12"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Mirror("http://deb.debian.org/debian", "bookworm", ("main",), "/k.gpg"),)),
        ({"origin": "Debian"}, (Mirror("http://deb.debian.org/debian", "bookworm", ("main",), "/k.gpg"),)),
        ({"origin": "Docker"}, ()),
        ({"origin": "Debian Backports"}, ()),
        ({"enabled": False}, ()),
        ({"suite": ""}, ()),
        ({"components": []}, (Mirror("http://deb.debian.org/debian", "bookworm", ("main",), "/k.gpg"),)),
        (
            {"url": "mirror+file:/etc/apt/mirrors/debian.list", "mirrors": ["http://a/debian", "http://b/debian"]},
            (
                Mirror("http://a/debian", "bookworm", ("main",), "/k.gpg"),
                Mirror("http://b/debian", "bookworm", ("main",), "/k.gpg"),
            ),
        ),
        (
            {"url": "mirror+file:/etc/apt/mirrors/debian.list"},
            (Mirror("mirror+file:/etc/apt/mirrors/debian.list", "bookworm", ("main",), "/k.gpg"),),
        ),
    ],
    ids=[
        "unknown origin", "Debian", "a third party", "backports", "switched off", "no suite", "no components",
        "a list of mirrors", "a list that could not be read",
    ],
)  # fmt: skip
def test_mirrors_of_a_host(changes: dict[str, Any], expected: tuple[Mirror, ...]) -> None:
    assert mirrors(MAIN | changes) == expected


def test_a_language_s_package_is_no_source_of_the_release() -> None:
    facts = [
        Fact("platform", "os", {"id": "debian", "version_id": "12"}),
        Fact("package", "python3-yaml", {"type": "deb", "version": "6.0-3+b2", "arch": "amd64", "source": "pyyaml",
                                         "source_version": "6.0-3"}),
        Fact("package", "pyyaml", {"type": "pypi", "version": "5.4", "arch": ""}),
    ]  # fmt: skip
    subjects = [subject_of(fact) for fact in facts[1:]]
    assert needs_of(Inventory(facts), subjects).sources == {("debian:12", "pyyaml"): "6.0-3"}
