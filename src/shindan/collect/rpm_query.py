"""Packages as rpm itself tells them, for a database that only rpm can read. Python 3.6 grammar."""

import re
from typing import Iterable, Iterator, List

from shindan.collect.root import Root
from shindan.collect.rpm_package import NONE, Package
from shindan.collect.unavailable import Unavailable

_TAGS = (
    "NAME", "EPOCH", "VERSION", "RELEASE", "ARCH", "SOURCERPM", "VENDOR", "BUILDTIME", "INSTALLTIME", "SHA1HEADER",
    "DSAHEADER:pgpsig", "RSAHEADER:pgpsig", "SIGGPG:pgpsig", "SIGPGP:pgpsig",
)  # fmt: skip
_MODULE = "MODULARITYLABEL"
_KEY = re.compile(r"\bKey ID ([0-9a-f]{8,})")
_MAX_LINE = 64 * 1024


def queried(root: Root, why: Unavailable) -> Iterator[Package]:
    """The packages that `rpm -qa` prints. Raises Unavailable with `why` where rpm does not answer either.

    rpm before 4.14 does not know module labels and refuses a query for them; it is asked again without.
    """
    last = why
    for tags in (_TAGS + (_MODULE,), _TAGS):
        told = False
        try:
            for fields in _lines(root.rpm_packages(tags)):
                if len(fields) != len(tags):
                    raise Unavailable("rpm printed a line with {} fields".format(len(fields)))
                told = True
                yield _package(fields)
            return
        except Unavailable as error:
            last = error
            if told:
                break
    raise Unavailable("{}; {}".format(why, last))


def _lines(blocks: Iterable[bytes]) -> Iterator[List[str]]:
    rest = b""
    for block in blocks:
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        if len(rest) > _MAX_LINE:
            raise Unavailable("rpm printed a line without end")
        for line in lines:
            yield line.decode("utf-8", "replace").split("\t")
    if rest:
        raise Unavailable("rpm's last line is cut")


def _package(fields: List[str]) -> Package:
    told = ["" if field == NONE else field for field in fields]
    key = next((found.group(1) for found in map(_KEY.search, told[10:14]) if found is not None), "")
    return Package(
        name=told[0],
        epoch=_number(told[1]) if told[1] else None,
        version=told[2],
        release=told[3],
        arch=told[4] or NONE,
        source_rpm=told[5],
        vendor=told[6],
        module=told[14] if len(told) > 14 else "",
        signing_key=key,
        build_time=_number(told[7]),
        install_time=_number(told[8]),
        digest=told[9],
    )


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
