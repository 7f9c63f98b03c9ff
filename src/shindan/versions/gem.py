"""RubyGems' order (https://docs.ruby-lang.org/en/master/Gem/Version.html; `Gem::Version`).

Taken and refused is what `Gem::Version.new` takes and refuses, the empty string, which is 0, included.

A version is its runs of digits and of letters; other characters only separate, but a hyphen is `.pre.`. Text sorts
before every number, and what is missing is 0: `1.a` < `1` = `1.0`, and zeros do not count at the end, nor before the
first letters.

Key: each segment with the number of zeros left out before it (for the end of one version is as zeros without end
against another's segments):

    text      01, zeros, the text, 00      the sooner the text comes, the earlier the version
    end       02
    number    03, zeros with all bits turned, the number      the sooner it comes, the later the version
"""

from __future__ import annotations

import re

from shindan.versions._keys import bad_version, number

_VERSION = re.compile(r"[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
_SEGMENT = re.compile(r"[0-9]+|[a-zA-Z]+")
_SPACE = " \t\n\v\f\r"
_TURNED = bytes(range(255, -1, -1))
_TEXT, _END, _NUMBER = b"\x01", b"\x02", b"\x03"


def key(version: str) -> bytes:
    """The sortable key of a gem's version; ValueError for what RubyGems calls malformed."""
    text = version.strip(_SPACE) or "0"
    if not _VERSION.fullmatch(text):
        raise bad_version("gem", version, "it is not digits{.digits or letters}[-more]")
    segments = _SEGMENT.findall(text.replace("-", ".pre."))
    first_text = next((i for i, segment in enumerate(segments) if segment[0] > "9"), len(segments))
    pieces = []
    zeros = 0
    for i, segment in enumerate(segments):
        if i == first_text:
            zeros = 0
        digits = segment.lstrip("0")
        if not digits:
            zeros += 1
            continue
        skipped = number(str(zeros).encode() if zeros else b"")
        if digits[0] > "9":
            pieces.append(_TEXT + skipped + digits.encode() + b"\0")
        else:
            pieces.append(_NUMBER + skipped.translate(_TURNED) + number(digits.encode()))
        zeros = 0
    pieces.append(_END)
    return b"".join(pieces)
