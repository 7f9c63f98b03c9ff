"""Seeded random pairs of versions, many of them nearly equal, some of them no versions at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

Pair = tuple[str, str]

DEB_REAL = (
    *("2:2.36.1-8+deb11u1", "1:9.2p1-2+deb12u3", "6.12.95-1~bpo12+1", "3.0.11-1~deb12u2", "2:8.2.2434-3ubuntu5"),
    *("1.27.1-2+b1", "7:6.1.1-3ubuntu5+esm10", "0.0~git20200101.abcdef0-1", "2.7.4+reloaded2-13+deb9u1"),
    *("6.8.0-100.100", "1.0-1-1", "17.0.9+9-1~deb12u1"),
)
RPM_REAL = (
    *("5.14.0-427.13.1.el9_4", "1:3.0.7-27.el9", "2.34-100.el9_4.2", "0^20230101gitabc-1.fc39", "1.0~rc1-1.el8"),
    *("2.3.6-150400.6.12.1", "1:1.8.0.392.b08-4.el8", "3.6.8-56.module+el8.9.0+20000+b1a2"),
    *("8.7p1-8.amzn2023.0.9", "2:2.17-157.ksplice1.el7_3.4"),
)
APK_NUMBERS = ("0", "1", "1", "2", "2", "3", "9", "10", "05", "00", "000", "01", "010", "007", "20240101")
APK_SUFFIXES = ("alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p")


def generated(draw: random.Random, fresh: Callable[[random.Random], str], alphabet: str, count: int) -> Iterator[Pair]:
    """`count` pairs: a version that `fresh` makes, and mostly a copy of it with a few characters changed."""
    for _ in range(count):
        version = fresh(draw)
        yield version, _mutated(draw, version, alphabet) if draw.random() < 0.8 else fresh(draw)


def deb(draw: random.Random) -> str:
    """A Debian version, real or made of the characters that matter."""
    if draw.random() < 0.4:
        return draw.choice(DEB_REAL)
    version = _text(draw, "0011239..+~~abzAZ", 8)
    if draw.random() < 0.5:
        version += "-" + _text(draw, "0012.+~ab", 5)
    return f"{draw.choice(('0', '1', '01', '10'))}:{version}" if draw.random() < 0.3 else version


def rpm(draw: random.Random) -> str:
    """An epoch, version and release, real or made of the characters that matter."""
    if draw.random() < 0.4:
        return draw.choice(RPM_REAL)
    version = _text(draw, "0011239...__+~~^^abcAZ", 8)
    if draw.random() < 0.6:
        version += "-" + _text(draw, "0012._~^ab", 5)
    return f"{draw.choice(('', '0', '1', '01', '10'))}:{version}" if draw.random() < 0.3 else version


def apk(draw: random.Random) -> str:
    """An Alpine version, all of whose parts are likely to meet their like."""
    version = ".".join(draw.choices(APK_NUMBERS, k=draw.choice((1, 1, 2, 2, 3, 4))))
    if draw.random() < 0.25:
        version += draw.choice("abpz") + draw.choice(("", "", "1", "02"))
    for _ in range(draw.choice((0, 0, 0, 1, 1, 2))):
        version += "_" + draw.choice(APK_SUFFIXES) + draw.choice(("", "0", "1", "01", "12"))
    if draw.random() < 0.15:
        version += "~" + draw.choice(("a", "ab", "00", "abc123", "f"))
    return version + "-r" + draw.choice(("0", "1", "01", "10", "2", "")) if draw.random() < 0.5 else version


def _text(draw: random.Random, alphabet: str, longest: int) -> str:
    return "".join(draw.choices(alphabet, k=draw.randrange(1, longest + 1)))


def _mutated(draw: random.Random, version: str, alphabet: str) -> str:
    chars = list(version)
    for _ in range(draw.choice((0, 1, 1, 1, 2, 3))):
        what, where = draw.random(), draw.randrange(len(chars) + 1)
        if what < 0.5 or where == len(chars):
            chars.insert(where, draw.choice(alphabet))
        elif what < 0.8:
            del chars[where]
        else:
            chars[where] = draw.choice(alphabet)
    return "".join(chars)
