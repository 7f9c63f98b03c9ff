"""What the scheme `cargo` refuses; how it sorts, its table and its likeness to `npm` say."""

from __future__ import annotations

import pytest

from shindan.versions import compare, key


@pytest.mark.parametrize(
    ("version", "why"),
    [
        *((text, "it is not major") for text in ("", "1", "1.2", "v1.2.3", " 1.2.3", "1.2.3\n", "01.2.3", "1.2.3-01")),
        *((text, "it is not major") for text in ("1.2.3-", "1.2.3+", "1.2.3-a..b", "1.2.3+a..b", "1.2.*", "1.2.3-é")),
        ("18446744073709551616.0.0", "larger than 18446744073709551615"),
        ("0.0." + "9" * 5000, "larger than 18446744073709551615"),
    ],
)
def test_what_cargo_refuses(version: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"not a cargo version: .*{why}"):
        key("cargo", version)


def test_leading_zeros_in_build_metadata_are_taken() -> None:
    assert compare("cargo", "1.0.0+007", "1.0.0") == 0
