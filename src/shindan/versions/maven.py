"""Maven's order (https://maven.apache.org/pom.html#version-order-specification; Maven 3.9's `ComparableVersion`).

A version is tokens, numbers and qualifiers, with a dot or a hyphen before each; where digits meet other characters
there is a hyphen between, and an empty token is 0. Case does not count. `a`, `b` and `m` before a digit are alpha, beta
and milestone; `cr` is `rc`; `ga`, `final` and `release` are the release itself. A dot before a qualifier is a hyphen.
Zeros and release qualifiers do not count at the end, nor before a hyphen: `1.0.0-foo.0` is `1-foo`.

Every string is a version to Maven. The empty one is refused here: no artifact can have it.

Maven's code leaves the specification in two places, and there sorts in circles, so that no key could follow it: a zero
between two hyphens (`1-0-alpha` < `1` < `1-sp` < `1-0-alpha`), and a qualifier after a dot before more (`1.0.alpha-1`
likewise). Here the specification holds. Up to 3.8.6 it did so for `1.0.0.RC1` too (issue MNG-7644).

Key: the tokens in turn. A kind's code is its place in the order; for qualifiers without a place, their text follows.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from shindan.versions._keys import bad_version, number

_ALIASES = {"cr": "rc", "ga": "", "final": "", "release": ""}
_BEFORE_DIGITS = {"a": "alpha", "b": "beta", "m": "milestone"}
_KNOWN = {
    "alpha": b"\x01",
    "beta": b"\x02",
    "milestone": b"\x03",
    "rc": b"\x04",
    "snapshot": b"\x05",
    "": b"\x07",
    "sp": b"\x08",
}
_END, _OTHER, _HYPHEN_NUMBER, _DOT_NUMBER = b"\x06", b"\x09", b"\x0a", b"\x0b"
_TOKEN = re.compile(r"(\A|[.-]|(?<=[^.-]))([0-9]+|[^0-9.-]+|(?=[.-]|\Z))")


class _Token(NamedTuple):
    hyphen: bool
    text: str
    """A number without leading zeros, or a qualifier; "" is 0 and the release itself alike."""
    is_number: bool


def key(version: str) -> bytes:
    """The sortable key of a Maven artifact's version; ValueError for the empty string."""
    if not version:
        raise bad_version("maven", version, "it is empty")
    return b"".join([_code(token) for token in _trimmed(_tokens(version))]) + _END


def _tokens(version: str) -> list[_Token]:
    text = version.lower()
    if not text.isascii():  # Java's digits are those of every script
        text = "".join([str(int(char)) if char.isdecimal() else char for char in text])
    found = []
    for match in _TOKEN.finditer(text):
        glued, token = not match[1] and match.start() > 0, match[2]
        if glued and not token:
            continue  # the end, after a token
        if not token or token[0] in "0123456789":
            found.append(_Token(match[1] == "-" or glued, token.lstrip("0"), True))
        else:
            before_digits = text[match.end() : match.end() + 1].isdecimal()
            found.append(_Token(True, _qualifier(token, before_digits), False))
    return found


def _qualifier(text: str, before_digits: bool) -> str:
    text = _BEFORE_DIGITS.get(text, text) if before_digits else text
    return _ALIASES.get(text, text)


def _trimmed(tokens: list[_Token]) -> list[_Token]:
    """Without what is as good as nothing at the end and before each hyphen."""
    kept: list[_Token] = []
    for token in tokens:
        if token.hyphen:
            _trim(kept)
        kept.append(token)
    _trim(kept)
    return kept


def _trim(tokens: list[_Token]) -> None:
    while tokens and not tokens[-1].text:
        tokens.pop()


def _code(token: _Token) -> bytes:
    if token.is_number:
        return (_HYPHEN_NUMBER if token.hyphen else _DOT_NUMBER) + number(token.text.encode())
    return _KNOWN.get(token.text) or _OTHER + token.text.encode("utf-8", "surrogatepass") + b"\0"
