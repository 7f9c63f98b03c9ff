"""Facts as lines: what goes out comes back, and what is no fact is told with its line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shindan.facts.fact import Fact
from shindan.facts.wire import MAX_LINE, dumps, loads, read

TEXT = st.text(st.characters(), max_size=30)
PACKAGES = st.builds(
    Fact,
    st.just("package"),
    TEXT.filter(bool),
    st.fixed_dictionaries(
        {"type": TEXT, "version": TEXT, "arch": TEXT}, optional={"held": st.booleans(), "source": TEXT}
    ),
)


@given(PACKAGES)
def test_a_fact_comes_back_as_it_went(fact: Fact) -> None:
    line = dumps(fact)
    assert "\n" not in line
    assert loads(line.encode("utf-8")) == loads(line) == fact


def test_the_members_come_in_a_fixed_order_without_blanks() -> None:
    fact = Fact("gap", "dpkg", {"reason": "Müll", "kinds": ["package"]})
    assert dumps(fact) == '{"kind":"gap","subject":"dpkg","data":{"reason":"Müll","kinds":["package"]}}'


def test_lone_surrogates_survive_as_escapes() -> None:
    fact = Fact("gap", "a\udcff", {"reason": "x"})
    line = dumps(fact)
    assert line.isascii()
    assert loads(line) == fact


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"9" * 50_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b"{}", "kind and subject"),
        (b'{"kind":1,"subject":"a","data":{}}', "kind and subject"),
        (b'{"kind":"gap","subject":"a","data":[]}', "data as an object"),
        (b'{"kind":"gap","subject":"a"}', "reason is missing"),
        (b'{"kind":"paint","subject":"a"}', "unknown kind"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_fact_is_refused_with_the_reason(line: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        loads(line)


@given(st.binary(max_size=300))
def test_hostile_bytes_are_a_value_error_or_nothing(line: bytes) -> None:
    try:
        loads(line)
    except ValueError:
        return
    pytest.fail("no such bytes are a fact")


def test_a_stream_is_read_line_by_line() -> None:
    good = dumps(Fact("gap", "a", {"reason": "x"})).encode()
    stream = io.BytesIO(b"\n".join([good, b"", b"  ", b"torn {", good]))
    items = list(read(stream))
    assert [number for number, _ in items] == [1, 4, 5]
    assert [isinstance(item, Fact) for _, item in items] == [True, False, True]
    assert "no JSON" in str(items[1][1])


def test_a_line_of_the_last_allowed_byte_is_read_and_a_longer_one_refused() -> None:
    def line(size: int) -> bytes:
        empty = len(dumps(Fact("gap", "a", {"reason": ""})).encode())
        return dumps(Fact("gap", "a", {"reason": "x" * (size - empty)})).encode() + b"\n"

    stream = io.BytesIO(line(MAX_LINE) + line(MAX_LINE + 1) + line(3 * MAX_LINE) + line(100))
    items = list(read(stream))
    assert [isinstance(item, Fact) for _, item in items] == [True, False, False, True]
    assert [number for number, _ in items] == [1, 2, 3, 4]


class Endless(io.RawIOBase):
    """A stream without a single newline, as far as anybody reads."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readline(self, size: Any = -1, /) -> bytes:
        assert 0 < size <= MAX_LINE + 1, "a line is never read without a bound"
        taken = min(size, self.left)
        self.left -= taken
        return bytes(b"x" * taken)


def test_an_endless_line_is_never_held() -> None:
    ((number, item),) = list(read(Endless(50 * MAX_LINE)))  # type: ignore[arg-type]
    assert (number, "longer than" in str(item)) == (1, True)


def test_json_of_any_other_writer_is_read() -> None:
    text = json.dumps({"data": {"reason": "é"}, "subject": "a", "kind": "gap", "more": 1}, indent=None)
    assert loads(text) == Fact("gap", "a", {"reason": "é"})
