"""Large documents read object by object: exactly what a whole decoding gives, at any block border."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.feeds import json_objects
from shindan.feeds.json_objects import objects
from shindan.model.errors import FeedError

TEXTS = st.text(alphabet='ab{}[]"\\,: \n\u00e9', max_size=8)
VALUES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=4), max_size=4)


class Dripping(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._size)


def joined(stream: io.BytesIO) -> Any:
    return json.loads(b"{" + b"".join(before + text for before, text in objects(stream, "it")) + b"}")


@given(document=DOCUMENTS, size=st.integers(min_value=1, max_value=40), indent=st.none() | st.just(1))
@settings(max_examples=200)
def test_the_pieces_are_the_document(document: dict[str, Any], size: int, indent: int | None) -> None:
    content = json.dumps(document, indent=indent).encode()
    assert joined(Dripping(content, size)) == document
    pieces = [text for _, text in objects(Dripping(content, size), "it") if text]
    assert [json.loads(piece) for piece in pieces] == list(document.values())


@given(document=DOCUMENTS, cut=st.integers(min_value=0, max_value=200))
@settings(max_examples=100)
def test_a_cut_document_is_refused(document: dict[str, Any], cut: int) -> None:
    content = json.dumps(document).encode()
    with pytest.raises(FeedError):
        list(objects(io.BytesIO(content[: min(cut, len(content) - 1)]), "it"))


def test_a_member_without_end_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_objects, "MAX_OBJECT", 4096)
    monkeypatch.setattr(json_objects, "_BLOCK", 1024)
    stream = io.BytesIO(b'{"a": {"b": "' + b"x" * 1024 * 1024)
    with pytest.raises(FeedError, match="more than"):
        list(objects(stream, "it"))
    assert stream.tell() < 10_000


@pytest.mark.parametrize("content", [b'{"a": {}} x', b'{"a": {}}{"b": {}}', b"", b"5", b'"a"'])
def test_what_is_no_single_object_is_refused(content: bytes) -> None:
    with pytest.raises(FeedError):
        list(objects(io.BytesIO(content), "it"))


def test_a_byte_order_mark_and_blanks_are_passed_over() -> None:
    assert joined(io.BytesIO(b'\xef\xbb\xbf \n{"a": {"b": 1}} \n')) == {"a": {"b": 1}}
