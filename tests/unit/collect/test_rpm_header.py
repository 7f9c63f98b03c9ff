"""Headers of rpm packages: which value counts, and what is damage."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from shindan.collect.damaged import Damaged
from shindan.collect.rpm_header import MAX_TEXT, values
from shindan.collect.rpm_package import TAGS, package
from unit.collect import rpm_writers as rpm


def blocks(data: bytes, size: int = 7) -> Iterator[bytes]:
    """Blocks as a database gives them, of an awkward size."""
    return (data[at : at + size] for at in range(0, len(data), size))


def raw(*entries: tuple[int, int, int, int], data: bytes) -> bytes:
    """A header of given index entries (tag, type, offset, count)."""
    index = b"".join(struct.pack(">IIiI", *one) for one in entries)
    return struct.pack(">II", len(entries), len(data)) + index + data


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_values_of_every_type(size: int) -> None:
    header = rpm.header(
        {1000: "bash", 1003: 5, 1004: "translated", 1116: [0, 1], 1117: ["a", "", "c"]}, {268: b"\0\x01"}
    )
    found = values(blocks(header, size), frozenset([1000, 1003, 1004, 1116, 1117, 268, 9999]))
    assert found == {
        1000: b"bash", 1003: (5,), 1004: b"translated", 1116: (0, 1), 1117: (b"a", b"", b"c"), 268: b"\0\x01",
    }  # fmt: skip


def test_what_was_added_on_installation_takes_the_place_of_what_was_signed() -> None:
    assert values(blocks(rpm.header({1000: "old"}, {1000: "new"})), frozenset([1000])) == {1000: b"new"}


def test_a_header_of_rpm_3_has_no_region() -> None:
    assert values(blocks(raw((1000, 6, 0, 1), data=b"bash\0")), frozenset([1000])) == {1000: b"bash"}


def test_names_that_are_not_asked_for_end_the_reading() -> None:
    import re

    def torn() -> Iterator[bytes]:
        yield rpm.package("bash", "1-1", basenames=["x"] * 1000)[:2000]
        pytest.fail("the list of files was read")

    assert values(torn(), frozenset([1000, 1117]), re.compile(b"kernel")) == {1000: b"bash"}


BASH = (1000, 6, 0, 1)
DAMAGE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "ends at byte 0"),
    "no entries": (struct.pack(">II", 0, 5) + b"bash\0", "claims 0 entries"),
    "no data": (struct.pack(">II", 1, 0), "and 0 bytes"),
    "more entries than rpm allows": (struct.pack(">II", 0x10000, 5), "claims 65536 entries"),
    "more data than rpm allows": (struct.pack(">II", 1, 0x10000001), "268435457 bytes"),
    "cut in the index": (raw(BASH, data=b"bash\0")[:20], "ends at byte 20"),
    "cut in the data": (raw(BASH, data=b"bash\0")[:-1], "ends at byte 28"),
    "an offset behind the data": (raw((1000, 6, 5, 1), data=b"bash\0"), "outside its data"),
    "an offset before the data": (raw((1000, 6, -16, 1), data=b"bash\0"), "outside its data"),
    "a count of zero": (raw((1000, 6, 0, 0), data=b"bash\0"), "outside its data"),
    "two values in one place": (raw(BASH, (1001, 6, 2, 1), data=b"bash\0"), "overlap"),
    "a text beyond the data": (raw(BASH, data=b"bash") + b"more\0", "beyond its data"),
    "a text without end": (raw(BASH, data=b"x" * (MAX_TEXT + 9)), "does not end"),
    "a type from the future": (raw((1000, 12, 0, 1), data=b"bash\0"), "unknown type 12"),
    "numbers without number": (raw((1003, 4, 0, 0x7FFFFFFF), data=bytes(8)), "has 8589934588 bytes"),
    "texts without number": (raw((1044, 8, 0, 0xFFFFFFFF), data=bytes(200_000)), "is too long"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_told(case: str) -> None:
    data, reason = DAMAGE[case]
    with pytest.raises(Damaged, match=reason):
        values(blocks(data, 4096), TAGS)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({1001: "1", 1002: "1"}, "a package has no name"),
        ({1000: "bash", 1002: "1"}, "bash has no version"),
        ({1000: "bash"}, "bash has no version and no release"),
        ({1000: 5, 1001: "1", 1002: "1"}, "no name"),
    ],
)
def test_a_package_without_a_name_or_version_is_damage(tags: dict[int, rpm.Value], reason: str) -> None:
    with pytest.raises(Damaged, match=reason):
        package(values(blocks(rpm.header(tags)), TAGS))


@pytest.mark.parametrize(
    ("source_rpm", "source"),
    [
        ("bash-5.1.8-9.el9.src.rpm", ("bash", "5.1.8-9.el9")),
        ("java-11-openjdk-11.0.1-1.el7.nosrc.rpm", ("java-11-openjdk", "11.0.1-1.el7")),
        ("perl-5.26.3-419.el8_4.1.src.rpm", ("perl", "5.26.3-419.el8_4.1")),
        ("bash.src.rpm", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_source_package_s_file_name_carries_no_epoch(source_rpm: str, source: tuple[str, str]) -> None:
    read = package(values(blocks(rpm.package("x", "4:1-1", sourcerpm=source_rpm)), TAGS))
    assert (read.evr, read.source) == ("4:1-1", source)
