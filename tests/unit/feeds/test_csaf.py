"""CSAF documents: products through relationships, remarks by product, and what is no document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.feeds.csaf import Remark, by_product, decoded, description_of, products_of, vectors_of
from shindan.model.errors import FeedError


def product(id_: str, **helper: str) -> dict[str, Any]:
    return {"product_id": id_, "name": id_, "product_identification_helper": helper}


def relation(id_: str, part: str, of: str) -> dict[str, Any]:
    return {"full_product_name": product(id_), "product_reference": part, "relates_to_product_reference": of}


def document(**changes: Any) -> bytes:
    tree = {
        "branches": [
            {
                "category": "vendor",
                "branches": [
                    {"category": "product_name", "product": product("os", cpe="cpe:/o:x:y:9")},
                    {"category": "product_version", "product": product("nginx", purl="pkg:rpm/x/nginx@1-1")},
                ],
            }
        ],
        "full_product_names": [product("module", purl="pkg:rpmmod/x/nginx@1.22")],
        "relationships": [relation("os:module", "module", "os"), relation("os:module:nginx", "nginx", "os:module")],
    }
    base: dict[str, Any] = {"document": {"tracking": {"id": "X"}}, "product_tree": tree, "vulnerabilities": []}
    return json.dumps({**base, **changes}).encode()


@pytest.mark.parametrize(
    ("id_", "parts"),
    [
        ("os:module:nginx", ("nginx", "os")), ("os:module", ("module", "os")), ("os", ("os", "os")),
        ("nobody", None),
    ],
)  # fmt: skip
def test_a_component_of_a_component_is_followed_to_both_ends(id_: str, parts: tuple[str, str] | None) -> None:
    found = products_of(decoded("x.json", document())).resolved(id_)
    assert (found and (found[0].product_id, found[1].product_id)) == parts


def test_relationships_in_a_circle_end() -> None:
    tree = {"relationships": [relation("a", "b", "b"), relation("b", "a", "a")]}
    assert products_of(decoded("x.json", document(product_tree=tree))).resolved("a") is None


def test_branches_nested_without_measure_end() -> None:
    branch: dict[str, Any] = {"product": product("deep")}
    for _ in range(400):
        branch = {"branches": [branch]}
    found = products_of(decoded("x.json", document(product_tree={"branches": [branch]})))
    assert found.by_id["deep"].name == "deep"


def test_the_first_remark_about_a_product_counts() -> None:
    remarks = [Remark("workaround", "no", product_ids=["a"]), Remark("none_available", "first", product_ids=["a", "b"]),
               Remark("none_available", "second", product_ids=["a"])]  # fmt: skip
    assert {id_: r.details for id_, r in by_product(remarks, "none_available").items()} == {"a": "first", "b": "first"}
    assert by_product(remarks)["a"].details == "no"


def test_vectors_once_and_the_nearest_text() -> None:
    score = {"products": [], "cvss_v3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}
    bad = {"products": [], "cvss_v3": {"vectorString": "CVSS:3.1/nonsense"}}
    vulnerability = {"cve": "CVE-2026-1", "scores": [score, score, bad], "notes": [{"category": "other", "text": "no"}]}
    head = {"tracking": {"id": "X"}, "notes": [{"category": "summary", "text": "of the document"}]}
    said = decoded("x.json", document(document=head, vulnerabilities=[vulnerability]))
    assert [(one.source, one.score) for one in vectors_of("me", said.vulnerabilities[0])] == [("me", 9.8)]
    assert description_of(said.vulnerabilities[0], said) == "of the document"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"document": 5}', b'{"document": {"tracking": {}}, "vulnerabilities": {}}',
     b'{"document": {"tracking": {"id": "\xff"}}}', b'{"document":' * 100_000],
    ids=lambda content: repr(content[:40]),
)  # fmt: skip
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(FeedError, match=r"x\.json is no CSAF document"):
        decoded("x.json", content)


@settings(max_examples=150)
@given(st.integers(0, 900), st.binary(max_size=30))
def test_no_bytes_end_in_anything_but_a_document_or_a_feed_error(at: int, noise: bytes) -> None:
    whole = document()
    try:
        products_of(decoded("x.json", whole[:at] + noise + whole[at:])).resolved("os:module:nginx")
    except FeedError as error:
        assert "x.json" in str(error)
