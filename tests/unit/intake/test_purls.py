"""Purls are read as the reference implementation reads them, but for its normalisation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from shindan.intake.purls import Purl, parse

CASES = {
    "a distribution's package": (
        "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12",
        Purl("deb", "debian", "libstdc++6", "12.2.0-14+deb12u1", {"arch": "amd64", "distro": "debian-12"}),
    ),
    "a plus sign is no space": ("pkg:deb/debian/g++@1+2", Purl("deb", "debian", "g++", "1+2", {})),
    "an epoch within the version": ("pkg:deb/debian/x@1%3A2.3", Purl("deb", "debian", "x", "1:2.3", {})),
    "a scope": ("pkg:npm/%40babel/core@7.0.0", Purl("npm", "@babel", "core", "7.0.0", {})),
    "a scope that nobody encoded": ("pkg:npm/@babel/core@7.0.0", Purl("npm", "@babel", "core", "7.0.0", {})),
    "a scope without version": ("pkg:npm/@babel/core", Purl("npm", "@babel", "core", "", {})),
    "a deep namespace keeps its case": (
        "pkg:golang/github.com/Azure/go-autorest@v14.2.0#autorest",
        Purl("golang", "github.com/Azure", "go-autorest", "v14.2.0", {}),
    ),
    "double slashes": ("pkg://gem//rails@7", Purl("gem", "", "rails", "7", {})),
    "an empty qualifier is absent": ("pkg:apk/alpine/musl@1?arch=", Purl("apk", "alpine", "musl", "1", {})),
}


@pytest.mark.parametrize(("text", "purl"), CASES.values(), ids=CASES)
def test_a_purl_is_read(text: str, purl: Purl) -> None:
    assert parse(text) == purl


@pytest.mark.parametrize("text", ["", "a-purl-1", "pkg:", "pkg:deb", "pkg:deb/", "pkg:/x", "http://deb/x"])
def test_what_is_no_purl_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no purl"):
        parse(text)


WORD = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=8).filter(
    lambda s: s.strip() == s and s not in (".", "..")
)
"""The reference implementation strips and drops the rest."""


@given(WORD, WORD, WORD, st.dictionaries(st.sampled_from(["arch", "distro", "upstream"]), WORD, max_size=3))
@settings(max_examples=200)
def test_what_the_reference_implementation_writes_is_read_back(
    namespace: str, name: str, version: str, qualifiers: dict[str, str]
) -> None:
    # `generic` is the type whose parts the specification does not normalise.
    text = PackageURL("generic", namespace, name, version, qualifiers).to_string()
    assert parse(text) == Purl("generic", namespace, name, version, qualifiers)


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_is_a_purl_or_refused(text: str) -> None:
    try:
        assert parse("pkg:" + text).name
    except ValueError as error:
        assert "no purl" in str(error)
