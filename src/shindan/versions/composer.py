"""Composer's order: the normal form of `Composer\\Semver\\VersionParser`, compared as PHP's `version_compare` does.

Taken are `v1.2.3.4` with up to four numbers (missing ones are 0), dates (`2010.01.02`), both with a stability
(`-alpha2`, `RC.1`, `-p3`, `-dev`), and numeric branches (`2.x-dev`, whose `x` is larger than every release).
Build metadata (`+…`), an alias (`… as 1.0`) and a stability flag (`@dev`) do not count.

Refused is what Composer refuses, and named branches (`dev-main`), which have no place in an order.

dev < alpha < beta < RC < the release < patch. Key: the parts in turn; a stability's code is its place in that order.
"""

from __future__ import annotations

import re

from shindan.versions._keys import bad_version, number

_FLAGS = re.IGNORECASE | re.ASCII
_ALIAS = re.compile(r"([^,\s]+) +as +[^,\s]+", re.ASCII)
_FLAG = re.compile(r"@(?:stable|rc|beta|alpha|dev)\Z", _FLAGS)
_BUILD = re.compile(r"([^,\s+]+)\+\S+", re.ASCII)
_MODIFIER = r"[._-]?(?:(stable|beta|b|RC|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*))?([.-]?dev)?"
_CLASSIC = re.compile(rf"v?([0-9]{{1,5}}(?:\.[0-9]+){{0,3}}){_MODIFIER}", _FLAGS)
_DATE = re.compile(rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}}){{0,2}}){_MODIFIER}", _FLAGS)
_BRANCH = re.compile(r"v?([0-9]+(?:\.(?:[0-9]+|[xX*])){0,3})[ \t\r\v\0]*[.-]?dev", _FLAGS)
_NUMBERS = re.compile(r"[0-9]+")
_EXPANDED = {"a": "alpha", "b": "beta", "p": "patch", "pl": "patch"}
_STABILITIES = {"stable": b"\x00", "dev": b"\x01", "alpha": b"\x02", "beta": b"\x03", "rc": b"\x04", "patch": b"\x07"}
"""`stable` has a place only where it is not written in small letters: PHP then takes it for a word it does not know."""
_END, _NUMBER = b"\x05", b"\x06"
_PLACES = 4
_ANY = "9999999"
_LARGEST = str(2**63 - 1)
_SPACE = " \t\n\r\0\v"


def key(version: str) -> bytes:
    """The sortable key of a Composer package's version; ValueError for a branch's name and what Composer refuses."""
    text = version.strip(_SPACE)
    if (found := _ALIAS.fullmatch(text)) is not None:
        text = found[1]
    text = _FLAG.sub("", text)
    if text[:4].lower() == "dev-" or text in ("master", "trunk", "default"):
        raise bad_version("composer", version, "it is a branch, which has no place in an order")
    if (found := _BUILD.fullmatch(text)) is not None:
        text = found[1]
    if (found := _CLASSIC.fullmatch(text)) is not None:
        return _key(_padded(found[1].split("."), "0"), found)
    if (found := _DATE.fullmatch(text)) is not None:
        return _key(_NUMBERS.findall(found[1]), found)
    if (found := _BRANCH.fullmatch(text)) is not None:
        places = [_ANY if part in ("x", "X", "*") else part for part in found[1].split(".")]
        return b"".join(map(_part, _padded(places, _ANY))) + _STABILITIES["dev"] + _END
    raise bad_version("composer", version, "it is neither N[.N[.N[.N]]][-stability], nor a date, nor N.x-dev")


def _padded(places: list[str], filler: str) -> list[str]:
    return places + [filler] * (_PLACES - len(places))


def _key(numbers: list[str], found: re.Match[str]) -> bytes:
    """Of a version's numbers and its match: stability, the stability's numbers, whether `dev` follows."""
    pieces = [_part(digits) for digits in numbers]
    _, stability, counts, dev = found.groups()
    if stability == "stable":
        return b"".join(pieces) + _END
    if stability:
        pieces.append(_STABILITIES[_EXPANDED.get(stability.lower(), stability.lower())])
        pieces += [_part(digits) for digits in _NUMBERS.findall(counts)]
    if dev:
        pieces.append(_STABILITIES["dev"])
    return b"".join(pieces) + _END


def _part(digits: str) -> bytes:
    """A number; PHP's largest one stands for all that are larger."""
    digits = digits.lstrip("0")
    if len(digits) > len(_LARGEST) or (len(digits) == len(_LARGEST) and digits > _LARGEST):
        digits = _LARGEST
    return _NUMBER + number(digits.encode())
