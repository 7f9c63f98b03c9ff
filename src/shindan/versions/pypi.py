"""pip's order of `[epoch!]release[pre][post][dev][+local]` (PEP 440; the `packaging` library).

Taken and refused is exactly what `packaging.version.Version` takes and refuses, white space around included; what came
before PEP 440 (`1.0-foo`) is refused. Spellings are one: `1.0.alpha-1`, `v1A1` and `1a1` are equal, and trailing zeros
of the release do not count.

Key: epoch, the release's numbers, then one byte (and a number) each for

    pre     00 a bare `.dev`, 01 a, 02 b, 03 rc, 04 none
    post    00 none, 01
    dev     00, 01 none
    local   00 none, 01 and its segments: 01 text 00, 02 number; 00 ends them

Numbers have no largest one. A local version (`+deb1`) counts, as it does for pip: it sorts after the plain one.
"""

from __future__ import annotations

import re

from shindan.versions._keys import bad_version, number

_VERSION = re.compile(
    r"v?"
    r"(?:([0-9]+)!)?"
    r"([0-9]+(?:\.[0-9]+)*)"
    r"(?:[._-]?(alpha|a|beta|b|preview|pre|c|rc)[._-]?([0-9]*))?"
    r"(?:-([0-9]+)|[._-]?(post|rev|r)[._-]?([0-9]*))?"
    r"(?:[._-]?(dev)[._-]?([0-9]*))?"
    r"(?:\+([a-z0-9]+(?:[._-][a-z0-9]+)*))?",
    re.IGNORECASE | re.ASCII,
)
_PRE = {"a": b"\x01", "alpha": b"\x01", "b": b"\x02", "beta": b"\x02"}
_RC, _BARE_DEV, _FINAL = b"\x03", b"\x00", b"\x04"
_NONE, _SOME = b"\x00", b"\x01"
_DEV, _NO_DEV = b"\x00", b"\x01"
_END, _PART = b"\x00", b"\x01"
_LOCAL_TEXT, _LOCAL_NUMBER = b"\x01", b"\x02"
_LOCAL_SEPARATOR = re.compile(r"[._-]")


def key(version: str) -> bytes:
    """The sortable key of a Python package's version; ValueError for what PEP 440 does not allow."""
    found = _VERSION.fullmatch(version.strip())
    if not found:
        raise bad_version("pypi", version, "it is not [N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local] (PEP 440)")
    epoch, release, pre, pre_number, bare_post, post, post_number, dev, dev_number, local = found.groups()
    pieces = [_plain(epoch or ""), _release(release)]
    has_post = post is not None or bare_post is not None
    if pre:
        pieces += [_PRE.get(pre.lower(), _RC), _plain(pre_number)]
    else:
        pieces.append(_BARE_DEV if dev and not has_post else _FINAL)
    pieces += [_SOME, _plain(bare_post or post_number or "")] if has_post else [_NONE]
    pieces += [_DEV, _plain(dev_number)] if dev else [_NO_DEV]
    pieces.append(_local(local) if local else _NONE)
    return b"".join(pieces)


def _release(text: str) -> bytes:
    """Its numbers without the trailing zeros; a shorter one sorts first."""
    numbers = [part.lstrip("0") for part in text.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return b"".join([_PART + number(part.encode()) for part in numbers]) + _END


def _local(text: str) -> bytes:
    pieces = [_SOME]
    for part in _LOCAL_SEPARATOR.split(text.lower()):
        pieces.append(_LOCAL_NUMBER + _plain(part) if part.isdigit() else _LOCAL_TEXT + part.encode() + b"\0")
    pieces.append(_END)
    return b"".join(pieces)


def _plain(digits: str) -> bytes:
    """A number that sorts by value, whatever its leading zeros; none is zero."""
    return number(digits.lstrip("0").encode())
