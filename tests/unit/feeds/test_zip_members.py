"""What is read at once is what `zipfile` reads; everything else is left to it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.feeds.containers import members
from shindan.feeds.zip_members import small_member
from shindan.model.errors import FeedError

CONTENT = b'{"id": "A-1"}' * 100


def zipped(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def first(data: bytes, **lies: int) -> bytes | None:
    """The first member, of whose entry in the directory some fields are made to lie."""
    entry = zipfile.ZipFile(io.BytesIO(data)).infolist()[0]
    for field, value in lies.items():
        setattr(entry, field, value)
    return small_member(io.BytesIO(data), entry)


@pytest.mark.parametrize("name", ["a.json", "Sicherheit-\u00fc.json", "\u65e5\u672c.json"])
def test_a_small_member_is_read(name: str) -> None:
    assert first(zipped(name, CONTENT)) == CONTENT


def test_a_member_written_to_a_pipe_is_read() -> None:
    """Its sizes stand behind the content, and in the directory."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", CONTENT)
    assert first(pipe.getvalue()) == CONTENT


@pytest.mark.parametrize(
    ("data", "lies"),
    [
        pytest.param(zipped("a", CONTENT, zipfile.ZIP_STORED), {}, id="not deflated"),
        pytest.param(zipped("a", CONTENT, zipfile.ZIP_LZMA), {}, id="another method"),
        pytest.param(zipped("a", CONTENT), {"flag_bits": 1}, id="encrypted"),
        pytest.param(zipped("a", CONTENT), {"compress_size": 2**21}, id="large when packed"),
        pytest.param(zipped("a", CONTENT), {"file_size": 2**24}, id="large when unpacked"),
        pytest.param(zipped("a", CONTENT), {"file_size": 10}, id="larger than it says"),
        pytest.param(zipped("a", CONTENT), {"file_size": 10_000}, id="smaller than it says"),
        pytest.param(zipped("a", CONTENT), {"compress_size": 5}, id="cut short by its size"),
        pytest.param(zipped("a", CONTENT), {"CRC": 1}, id="another checksum"),
        pytest.param(zipped("a", CONTENT), {"header_offset": 3}, id="no header there"),
        pytest.param(zipped("a", CONTENT), {"header_offset": 2**30}, id="beyond the end"),
    ],
)
def test_what_is_unusual_is_left_to_zipfile(data: bytes, lies: dict[str, int]) -> None:
    assert first(data, **lies) is None


def test_a_member_of_another_name_than_the_directorys_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "it.zip"
    path.write_bytes(zipped("a.json", CONTENT).replace(b"a.json", b"b.json", 1))
    with pytest.raises(FeedError, match="torn"):
        list(members(path))


@settings(max_examples=100)
@given(st.data())
def test_a_damaged_zip_never_gives_other_content(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = bytearray(zipped("a.json", CONTENT))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("zip") / "it.zip"
    path.write_bytes(whole)
    try:
        found = list(members(path))
    except FeedError:
        return
    assert found in ([("a.json", CONTENT)], []) or [content for _, content in found] == [CONTENT]
