"""Greenbone's notus products from a local copy: both package forms, ids from OIDs, and the notes that go with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feed_golden import expected, parsed
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.feeds.notus import NotusFeed
from shindan.model.advisory import Advisory, Condition, Note
from shindan.model.errors import FeedError
from support import test_data


def product(
    folder: Path, *packages: dict[str, Any], name: str = "Debian 12", form: str = "deb", oid: str = "1.2.3"
) -> Path:
    said = {"product_name": name, "package_type": form, "advisories": [{"oid": oid, "fixed_packages": packages}]}
    path = folder / "x.notus"
    path.write_text(json.dumps(said))
    return path


def read(source: Path) -> Advisory:
    (advisory,) = (record for record in NotusFeed().parse(source, Options()) if isinstance(record, Advisory))
    return advisory


def notes(source: Path) -> list[str]:
    return [record.text for record in NotusFeed().parse(source, Options()) if isinstance(record, Note)]


def test_golden_records() -> None:
    assert parsed("notus") == expected("notus"), "tests/feed_golden.py rewrites them; read the diff"


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("Debian 12", "debian:12"), ("  Ubuntu 16.10", "ubuntu:16.10"), ("Fedora 42", "fedora:42"),
        ("SUSE Linux Enterprise Server 15-SP4", "sles:15.4"), ("SUSE Linux Enterprise Server 15", "sles:15"),
        ("Rocky Linux 9", "rocky:9"), ("Slackware 15.0", "slackware-15.0"),
    ],
)  # fmt: skip
def test_the_platform_of_a_product(tmp_path: Path, name: str, platform: str) -> None:
    path = product(tmp_path, {"name": "a", "full_version": "1", "specifier": ">="}, name=name)
    assert read(path).affected[0].platform == platform


@pytest.mark.parametrize(
    ("oid", "id_"),
    [
        ("1.3.6.1.4.1.25623.1.1.1.1.2023.5418", "DSA-5418"), ("1.3.6.1.4.1.25623.1.1.12.2023.5952.1", "USN-5952-1"),
        ("1.3.6.1.4.1.25623.1.1.4.2023.0174.1", "SUSE-SU-2023:0174-1"), ("1.3.6.1.4.1.25623.1.0.1", "1.3.6.1.4.1.25623.1.0.1"),
    ],
)  # fmt: skip
def test_the_id_of_an_advisory(tmp_path: Path, oid: str, id_: str) -> None:
    found = read(product(tmp_path, oid=oid))
    assert (found.id, found.aliases) == (id_, (oid,) if oid != id_ else ())


def test_rpm_names_are_taken_apart_and_their_missing_epochs_told(tmp_path: Path) -> None:
    path = product(
        tmp_path,
        {"full_name": "libstdc++6-12.2.1+git416-150000.1.5.1.aarch64", "specifier": ">="},
        {"full_name": "libstdc++6-12.2.1+git416-150000.1.5.1.x86_64", "specifier": ">="},
        form="rpm",
    )
    (row,) = read(path).affected
    assert (row.package, row.fixed, row.scheme) == ("libstdc++6", "12.2.1+git416-150000.1.5.1", "rpm")
    assert row.only_if == (Condition("arch", ("aarch64", "x86_64")),)
    assert any("without their epochs" in note for note in notes(path))
    assert any("GPL-2.0-only" in note for note in notes(path))


def test_ranges_and_odd_entries(tmp_path: Path) -> None:
    path = product(
        tmp_path,
        {"name": "php", "range": {"start": "7.4", "end": "7.4.3"}},
        {"name": "odd", "full_version": "1", "specifier": "<"},
    )
    (row,) = read(path).affected
    assert (row.introduced, row.fixed) == ("7.4", "7.4.3")
    assert "Debian 12: 1 package entries have a form that is not understood" in notes(path)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"product_name": 5, "package_type": "deb"}'])
def test_what_is_no_product_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.notus").write_text(content)
    with pytest.raises(FeedError, match=r"x\.notus"):
        list(NotusFeed().parse(tmp_path, Options()))


def test_it_is_imported_never_fetched(tmp_path: Path) -> None:
    assert not NotusFeed().serves(Needs(frozenset({"debian:12"}), everything=True))
    with pytest.raises(FeedError, match="not fetched"):
        NotusFeed().fetch(Downloader(), Needs(), tmp_path, None)
    with pytest.raises(FeedError, match="holds no notus product"):
        list(NotusFeed().parse(tmp_path, Options()))


@pytest.mark.data
@pytest.mark.slow
def test_the_real_products() -> None:
    records = list(NotusFeed().parse(test_data("greenbone/notus-products.tar.zst"), Options()))
    found = [record for record in records if isinstance(record, Advisory)]
    assert len(found) == 24_748
    assert len({row.platform for advisory in found for row in advisory.affected}) == 30
    assert not [record.text for record in records if isinstance(record, Note) and "not understood" in record.text]
