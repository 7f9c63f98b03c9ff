"""The three schemes against their tables, and what each of them refuses."""

from __future__ import annotations

import pytest

from shindan.versions import SCHEMES, compare, key
from support import REPOSITORY
from unit.versions.tables import Case, table

CASES = [pytest.param(scheme, case, id=f"{scheme}: {case}") for scheme in SCHEMES for case in table(scheme)]

# Spaces, control characters and surrogates cannot stand in a table's line.
TAKEN = {
    "deb": {
        "spaces around are trimmed": (" \t1.0-1\t ", "1.0-1", 0),
        "a line break is an odd character": ("1.0\n", "1.0", 1),
        "white space before an epoch that is no blank": ("\v1:2", "1:2", 0),
        "not ASCII sorts after letters": ("1z", "1é", -1),
        "not ASCII sorts before punctuation": ("1é", "1!", -1),
        "not ASCII sorts byte by byte": ("1é", "1ü", -1),
        "what was not UTF-8 on the host": ("1\udcff", "1\udc80", 1),
        "more digits than a byte can count": ("1" * 255, "1" * 256, -1),
    },
    "rpm": {
        "a space only separates": (" 1 2\n", "1.2", 0),
        "a lone surrogate only separates": ("1\ud800a", "1.a", 0),
        "more digits than a byte can count": ("9" * 254, "1" + "0" * 254, -1),
    },
    "apk": {
        "more digits than a byte can count": ("9" * 510, "1" + "0" * 510, -1),
    },
}

REFUSED = {
    "deb": {
        "": "it is empty",
        " \t": "it is empty",
        "1 2": "spaces inside",
        "1: 2": "spaces inside",
        "1\0": "NUL",
        "1\ud800": "surrogate",
        ":1": "epoch before the colon is not a number",
        "a:1": "epoch before the colon is not a number",
        "1a:1": "epoch before the colon is not a number",
        "1-1:2": "epoch before the colon is not a number",
        "+:1": "epoch before the colon is not a number",
        "1\n:1": "epoch before the colon is not a number",
        "١:1": "epoch before the colon is not a number",
        "-1:1": "epoch is negative",
        "2147483648:1": "epoch is larger than 2147483647",
        "9" * 5000 + ":1": "epoch is larger than 2147483647",
        "1:": "nothing follows the epoch",
        "1-": "revision after the last hyphen is empty",
        "1:-": "revision after the last hyphen is empty",
        "-": "revision after the last hyphen is empty",
        "-1": "upstream version is empty",
        "0:-1": "upstream version is empty",
    },
    "rpm": {"": "it is empty", "1\0": "NUL"},
    "apk": dict.fromkeys(
        (
            *("", " 1", "1 ", "1\n", "1\0", "1é", "١", "1.0A", "v1.0", "abc", "a", "1,2"),
            *("1.", "1..2", ".5", "-r1", "1.2.r3", "1.a", "1.0ab", "1.0a.1", "1.0a1b2"),
            *("1_", "1_foo", "1_p1p2", "1_P1", "1p_", "1_p1.2", "1_alph", "23_foo", "1.2_blah"),
            *("1-1", "1-r1-r2", "1-r-1", "1-r1_p1", "1-ruff", "1-R1", "1-r1a", "2.3.4-invalid"),
            *("1~", "1~xyz", "1~ABC", "1~a~b", "1-r1~abc", "1:1.2-r0", "1^2"),
        ),
        "it is not number",
    )
    | {"6.6.2p1~abc": "~hash goes neither", "1.0~abc-r": "~hash goes neither"},
}


@pytest.mark.parametrize(("scheme", "case"), CASES)
def test_as_the_table_says(scheme: str, case: Case) -> None:
    assert compare(scheme, case.a, case.b) == case.expected
    assert compare(scheme, case.b, case.a) == -case.expected


@pytest.mark.parametrize(
    ("scheme", "a", "b", "expected"),
    [
        pytest.param(scheme, a, b, expected, id=f"{scheme}: {name}")
        for scheme, cases in TAKEN.items()
        for name, (a, b, expected) in cases.items()
    ],
)
def test_what_a_line_cannot_hold(scheme: str, a: str, b: str, expected: int) -> None:
    assert compare(scheme, a, b) == expected
    assert compare(scheme, b, a) == -expected


@pytest.mark.parametrize(
    ("scheme", "version", "why"),
    [
        pytest.param(scheme, version, why, id=f"{scheme}: {ascii(version)[:30]}")
        for scheme, versions in REFUSED.items()
        for version, why in versions.items()
    ],
)
def test_no_version_of_the_scheme(scheme: str, version: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"not a {scheme} version: .*{why}") as caught:
        key(scheme, version)
    assert type(caught.value) is ValueError
    assert len(str(caught.value)) < 250
    assert compare(scheme, version, "1") is None
    assert compare(scheme, "1", version) is None


def test_an_unknown_scheme_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown version scheme 'nosuch'; known are deb, rpm, apk"):
        key("nosuch", "1")
    with pytest.raises(ValueError, match="unknown version scheme 'nosuch'"):
        compare("nosuch", "1", "1")


def test_every_scheme_on_disk_is_in_the_list() -> None:
    folder = REPOSITORY / "src" / "shindan" / "versions"
    assert sorted(SCHEMES) == sorted(path.stem for path in folder.glob("*.py") if path.stem[0] != "_")
    assert sorted(SCHEMES) == sorted(path.stem for path in (REPOSITORY / "tests" / "versions").glob("*.txt"))
