"""Random versions of the language ecosystems, real ones and such as are made of the characters that matter."""

from __future__ import annotations

import random

NUMBERS = ("0", "0", "1", "1", "2", "3", "9", "10", "11", "20240101")


def pypi(draw: random.Random) -> str:
    """A version as PEP 440 has them, in any of its spellings."""
    version = draw.choice(("", "", "", "0!", "1!", "01!")) + _dotted(draw, 4, (*NUMBERS, "00", "01"))
    if draw.random() < 0.4:
        version += draw.choice(("", ".", "-", "_")) + draw.choice(
            ("a", "alpha", "b", "beta", "c", "rc", "pre", "preview")
        )
        version += draw.choice(("", "0", "1", "01", "-2", ".3"))
    if draw.random() < 0.3:
        version += draw.choice(("-1", "-0", ".post", ".post0", "-post1", "post2", ".rev3", "-r4", "r.1"))
    if draw.random() < 0.3:
        version += draw.choice((".dev", ".dev0", "dev1", "-dev02", "_dev_3"))
    if draw.random() < 0.3:
        version += "+" + draw.choice(("1", "01", "1.1", "ubuntu", "ubuntu.1", "ubuntu-10", "g1a2b", "1.a", "A", "a.01"))
    return draw.choice(("", "", "", "v")) + (version.upper() if draw.random() < 0.1 else version)


def semver(draw: random.Random) -> str:
    """A version as Semantic Versioning has them, now and then with a number that begins with 0."""
    version = ".".join(draw.choices((*NUMBERS, *NUMBERS, "01"), k=3))
    if draw.random() < 0.6:
        parts = (
            "0",
            "1",
            "2",
            "10",
            "alpha",
            "beta",
            "rc",
            "a",
            "A",
            "-",
            "1a",
            "a-1",
            "0-1",
            "01",
            "rc1",
            "20191109021931-daa7c04131f5",
        )
        version += "-" + ".".join(draw.choices(parts, k=draw.choice((1, 1, 2, 2, 3))))
    if draw.random() < 0.2:
        version += "+" + draw.choice(("1", "incompatible", "01", "build.5", "-", "20130313144700"))
    return version


def gem(draw: random.Random) -> str:
    """A version as RubyGems has them: zeros and letters wherever they may stand."""
    version = _dotted(draw, 4, NUMBERS)
    for _ in range(draw.choice((0, 0, 1, 1, 2, 3))):
        version += "." + draw.choice(("a", "b", "rc", "rc1", "pre", "1a2", "A", "0", "00", "1", "beta10"))
    return version + draw.choice(("", "", "", "", "-1", "-java", "-a.1", "--"))


def maven(draw: random.Random) -> str:
    """A version of numbers first, then qualifiers and numbers, as artifacts have them; never an empty token."""
    version = _dotted(draw, 4, NUMBERS)
    for _ in range(draw.choice((0, 1, 1, 2))):
        version += "-" + draw.choice(
            (
                *(
                    "alpha",
                    "a1",
                    "beta",
                    "b2",
                    "m3",
                    "milestone",
                    "rc",
                    "RC1",
                    "cr2",
                    "snapshot",
                    "SNAPSHOT",
                    "sp",
                    "sp1",
                ),
                *("foo", "foo2", "jre", "jre8", "android", "redhat", "1", "2", "10"),
            )
        )
        version += draw.choice(("", "", ".1", ".2", "-1", "-2"))
    return version


def composer(draw: random.Random) -> str:
    """A version as Composer takes them: up to four numbers or a date, with or without a stability."""
    version = draw.choice(("", "", "", "v")) + _dotted(draw, 4, NUMBERS)
    if draw.random() < 0.1:
        version = draw.choice(
            ("2010.01.02", "20100102", "2010-01-02-10", "2010.1.2", "2010.01.02.3", "2010-10-20-5-p1")
        )
    if draw.random() < 0.6:
        version += draw.choice(("", "-", ".", "_")) + draw.choice(
            ("a", "alpha", "b", "beta", "RC", "rc", "pl", "p", "patch", "stable", "dev", "STABLE")
        )
        version += draw.choice(("", "", "1", "2", ".1", "-10", "1.2", "01"))
    return version + draw.choice(("", "", "", "", "-dev", ".x-dev", ".*-dev", "+build.1", "@dev", " as 1.0"))


def _dotted(draw: random.Random, most: int, numbers: tuple[str, ...]) -> str:
    return ".".join(draw.choices(numbers, k=draw.randrange(1, most + 1)))
