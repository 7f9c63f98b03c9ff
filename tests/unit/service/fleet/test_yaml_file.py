"""The file: texts stay texts, and what is wrong is told with file, line and remedy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.service.fleet.document import Fleet, TargetEntry
from shindan.service.fleet.yaml_file import FleetFileError, read, written


def test_texts_are_texts() -> None:
    text = "targets: [{name: no, tags: {a: 1:30, b: 0123, c: 2027-01-31, d: True, e: ~, f: '', g: 1e3, h: .nan}}]"
    (found,) = read(text, "f")
    assert found.fleet.targets == (
        TargetEntry(name="no", tags={"a": "1:30", "b": "0123", "c": "2027-01-31", "d": "True", "e": None, "f": "", "g": "1e3", "h": ".nan"}),
    )  # fmt: skip


def test_values_of_rules_may_be_numbers() -> None:
    text = (
        "tailoring: [{rule: a, reason: b, set: {a: 3, b: 0.5, c: true, d: x, e: '3', f: [1, -2], g: 012, h: {i: 1}}}]"
    )
    (found,) = read(text, "f")
    values = {"a": 3, "b": 0.5, "c": True, "d": "x", "e": "3", "f": [1, -2], "g": "012", "h": {"i": 1}}
    assert found.fleet.tailoring[0].set == values
    assert read(written(found.fleet), "f")[0].fleet == found.fleet


def test_lines_are_written_as_lines() -> None:
    zones = '# ours\n[networks]\n"10.20.0.0/16" = "peered"\n\n# end\n'
    text = written(Fleet(zones=zones))
    assert "zones: |\n  # ours\n  [networks]\n" in text
    assert read(text, "f")[0].fleet.zones == zones


def test_several_documents_and_what_stands_for_none() -> None:
    assert [one.fleet.fleet for one in read("fleet: a\n---\n---\nfleet: b\n", "f")] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "f.yaml is empty"),
        ("# nothing\n", "f.yaml is empty"),
        ("- a\n", "f.yaml:1: Expected `object`, got `array`"),
        ("targets:\n  - name: a\n    tag: {}\n", "f.yaml:2: targets[0]: Object contains unknown field `tag`"),
        ("targets:\n  - {}\n", "f.yaml:2: targets[0]: Object missing required field `name`"),
        ("version: 2\n", "f.yaml:1: version: Invalid enum value 2"),
        ("schedules:\n- name: a\n  template: b\n  paused: perhaps\n", "f.yaml:4: schedules[0].paused: write true or false"),
        ("targets:\n  - name: a\n    name: b\n", "f.yaml:3: 'name' stands here twice"),
        ("targets:\n  - name: a\n   name: b\n", "f.yaml:3: this is no YAML"),
        ("targets: [\n", "f.yaml:2: this is no YAML"),
        ("? {a: b}\n: c\n", "f.yaml:1: a key must be a text"),
        ("targets: !!python/object/apply:os.system [id]\n", "f.yaml:1: targets[0]: Expected"),
        ("targets:\n  - name: a\n    tags: {x: {y: z}}\n", "f.yaml:3: targets[0].tags"),
        ("a\0b: c", "f.yaml: this is no YAML"),
        ("[" * 3000, "f.yaml"),
        ("a: " * 3000, "f.yaml:1: this is no YAML"),
        ("x: " + "[" * 30 + "]" * 30, "f.yaml:1: the document is too large or too deep"),
        ("a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)), "too large or too deep"),
        ("x" * 4_000_001, "more than 4,000,000 bytes"),
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(FleetFileError) as error:
        read(text, "f.yaml")
    assert told in str(error.value)


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(FleetFileError, match="no YAML"):
        read(b"a: \xff\xfe\x00", "f.yaml")


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("targets[0]: x", 3), ("templates[1].duration: x", 8), ("templates[1].packages: x", 7), ("templates[7]: x", 4),
        ("target web: x", 0), ("schedules[0]: x", 1),
    ],
)  # fmt: skip
def test_where_the_service_points_to(message: str, line: int) -> None:
    text = "fleet: a\ntargets:\n  - name: a\ntemplates:\n  - name: a\n    target: a\n  - name: b\n    duration: 1h\n    target: a\n"
    (found,) = read(text, "f")
    assert found.where(message) == (f"f:{line}: {message}" if line else f"f: {message}")


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8")), st.none() | st.text(st.characters(codec="utf-8")), min_size=1, max_size=3
    )
)
def test_any_text_comes_back_as_it_was(tags: dict[str, str | None]) -> None:
    fleet = Fleet(targets=(TargetEntry(name="a", tags=dict(tags)),))
    assert read(written(fleet), "f")[0].fleet == fleet


@settings(max_examples=150)
@given(st.text(alphabet="{}[]:,-?&*!|>'\"%@`#~ab \n\t0", max_size=60))
def test_any_garbage_is_a_document_or_an_error_of_ours(text: str) -> None:
    try:
        read(text, "f")
    except FleetFileError as error:
        assert str(error).startswith("f")
