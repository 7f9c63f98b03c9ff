"""XML as a stream: complete elements, bounded memory, and nothing that a hostile document could do."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.feeds import xml_stream
from shindan.feeds.xml_stream import child, children, elements, text
from shindan.model.errors import FeedError

ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><x><y>&c;</y></x>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x><y>&a;</y></x>'


def texts(document: str | bytes, *wanted: str) -> list[str]:
    content = document if isinstance(document, bytes) else document.encode()
    return [(element.text or "").strip() for element in elements(io.BytesIO(content), "doc.xml", wanted)]


def test_elements_come_complete_and_without_their_namespaces() -> None:
    document = '<a xmlns="urn:x"><head/><b:y xmlns:b="urn:y"><z n="1">one</z><z n="2">two</z></b:y><y>three</y></a>'
    found = [
        (text(element, "z"), [z.get("n") for z in children(element, "z")], element.text)
        for element in elements(io.BytesIO(document.encode()), "doc.xml", ("y",))
    ]
    assert found == [("one", ["1", "2"], None), ("", [], "three")]


def test_an_element_within_its_own_kind_belongs_to_the_outer_one() -> None:
    stream = io.BytesIO(b"<a><y><y>in</y></y><y>out</y></a>")
    assert [text(element, "y") or element.text for element in elements(stream, "doc.xml", ("y",))] == ["in", "out"]


def test_what_is_not_there_is_no_error() -> None:
    (element,) = elements(io.BytesIO(b"<a><y/></a>"), "doc.xml", ("y",))
    assert (child(element, "p", "q"), text(element, "p"), text(None, "p"), list(children(None, "p"))) == (
        None,
        "",
        "",
        [],
    )


@pytest.mark.parametrize("document", [ENTITIES, EXTERNAL, "<!DOCTYPE x><x><y>1</y></x>"], ids=["bomb", "file", "dtd"])
def test_document_types_and_entities_are_refused(document: str) -> None:
    with pytest.raises(FeedError, match="hostile"):
        texts(document, "y")


@pytest.mark.parametrize(
    "document",
    ["", "<", "no xml", "<a><y>1</y>", "<a><y></a></y>", b"<a>\xff\xfe</a>", b'<?xml version="1.0" encoding="no"?><a/>', "<a>\0</a>"],
    ids=repr,
)  # fmt: skip
def test_what_is_torn_or_no_xml_is_refused(document: str | bytes) -> None:
    with pytest.raises(FeedError, match=r"doc\.xml"):
        texts(document, "y")


@pytest.mark.parametrize(
    "document",
    ["<a><y>" + "x" * 400_000 + "</y></a>", "<a><!--" + "x" * 400_000 + "--><y/></a>", "<a><y" + ' b="1"' * 99_000],
    ids=["text", "comment", "attributes"],
)
def test_an_element_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, document: str) -> None:
    monkeypatch.setattr(xml_stream, "MAX_ELEMENT", 100_000)
    with pytest.raises(FeedError, match=r"larger than 100,000 bytes|torn"):
        texts(document, "y")


def test_a_long_document_of_small_elements_is_read_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MAX_ELEMENT", 200_000)
    document = b"<a>" + b"<n><m>skipped</m></n><y>wanted</y>" * 40_000 + b"</a>"
    tracemalloc.start()
    try:
        count = sum(1 for _ in elements(io.BytesIO(document), "doc.xml", ("y",)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 40_000
    assert peak < 3_000_000, f"{peak:,} bytes for a document of {len(document):,}"


@settings(max_examples=150)
@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_end_in_anything_but_elements_or_a_feed_error(noise: bytes, at: int) -> None:
    whole = b'<?xml version="1.0"?><a><y k="v">text</y><y/></a>'
    try:
        texts(whole[:at] + noise + whole[at:], "y")
    except FeedError as error:
        assert str(error)
