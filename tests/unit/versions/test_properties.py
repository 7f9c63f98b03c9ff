"""What holds for every string: keys or a ValueError, and an order."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shindan.versions import SCHEMES, compare, key
from shindan.versions._keys import number
from unit.versions import pairs

FRESH = {"deb": pairs.deb, "rpm": pairs.rpm, "apk": pairs.apk}
schemes = st.sampled_from(sorted(SCHEMES))
# Any text at all, lone surrogates too; and text of the characters that mean something to some scheme.
texts = st.text(st.characters(codec=None), max_size=30) | st.text("0019.:-_~^+aAbzpr \n", max_size=12)


@hypothesis_settings(max_examples=500)
@given(schemes, texts)
def test_a_key_or_a_value_error(scheme: str, text: str) -> None:
    try:
        made = key(scheme, text)
    except ValueError as error:
        assert type(error) is ValueError  # and no UnicodeEncodeError, which names no version
        assert str(error).startswith(f"not a {scheme} version: ")
        assert compare(scheme, text, text) is None
    else:
        assert isinstance(made, bytes)
        assert compare(scheme, text, text) == 0


@hypothesis_settings(max_examples=300)
@given(schemes, texts, texts, texts)
def test_an_order(scheme: str, a: str, b: str, c: str) -> None:
    ab, bc, ac = compare(scheme, a, b), compare(scheme, b, c), compare(scheme, a, c)
    if ab is None or bc is None or ac is None:
        return
    assert compare(scheme, b, a) == -ab
    assert (ab == 0) == (key(scheme, a) == key(scheme, b))
    if ab <= 0 and bc <= 0:
        assert ac == (0 if ab == bc == 0 else -1)


@pytest.mark.parametrize(("scheme", "before", "after"), [("deb", "~", "+"), ("rpm", "~", "^"), ("apk", "_rc", "_p")])
def test_what_is_appended_sorts_before_or_after(scheme: str, before: str, after: str) -> None:
    draw = random.Random(20250505)
    for _ in range(500):
        version = FRESH[scheme](draw)
        if scheme == "apk" and ("~" in version or "-" in version):
            continue
        assert compare(scheme, version + before, version) == -1, version
        assert compare(scheme, version, version + after) == -1, version


@hypothesis_settings(max_examples=300)
@given(st.integers(0, 10**800), st.integers(0, 10**800))
def test_numbers_sort_by_value(a: int, b: int) -> None:
    left, right = (number(str(n).encode() if n else b"") for n in (a, b))
    assert (left < right) == (a < b)
    assert (left == right) == (a == b)


@pytest.mark.parametrize("digits", [0, 1, 254, 255, 256, 509, 510, 511, 765])
def test_a_longer_number_sorts_after_a_shorter_one(digits: int) -> None:
    assert number(b"9" * digits) < number(b"1" + b"0" * digits)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "text",
    [
        "0" * 10**5 + "!",
        "0" * 10**5 + "x:1",
        "1.1" * 10**5,
        "1" + "_p" * 10**5 + "!",
        "-" * 10**5,
        "\n" * 10**5 + "!:1",
    ],
    ids=["zeros", "epoch of zeros", "dots", "suffixes", "hyphens", "line breaks"],
)
def test_hostile_length_costs_no_more_than_length(scheme: str, text: str) -> None:
    begun = time.thread_time()  # threads that other tests left are none of its cost
    compare(scheme, text, text)
    assert time.thread_time() - begun < 2.0
