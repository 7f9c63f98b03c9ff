"""An installed rpm package, from its header's tags. Python 3.6 grammar.

The tags' numbers are rpm's own (rpm's manual, "RPM Tags"). A source package's file name carries no epoch; so neither
does `source_version`.
"""

import re
from typing import Dict, FrozenSet, NamedTuple, Optional, Tuple

from shindan.collect.damaged import Damaged
from shindan.collect.rpm_header import Value
from shindan.collect.rpm_signature import TAGS as SIGNATURES
from shindan.collect.rpm_signature import signing_key

NAME, VERSION, RELEASE, EPOCH = 1000, 1001, 1002, 1003
BUILDTIME, INSTALLTIME, VENDOR, ARCH, SOURCERPM = 1006, 1008, 1011, 1022, 1044
MODULARITYLABEL = 5096
SHA1HEADER = 269

TAGS: FrozenSet[int] = frozenset(
    (NAME, VERSION, RELEASE, EPOCH, BUILDTIME, INSTALLTIME, VENDOR, ARCH, SOURCERPM, MODULARITYLABEL, SHA1HEADER)
    + SIGNATURES
)
"""What `package` reads."""

NONE = "(none)"
"""rpm's word for a tag that a package does not have."""

_SOURCE = re.compile(r"^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$")


class Package(NamedTuple):
    """What the database tells of one package; texts are "" and times 0 where it does not have the tag."""

    name: str
    epoch: Optional[int]
    version: str
    release: str
    arch: str
    source_rpm: str = ""
    vendor: str = ""
    module: str = ""
    signing_key: str = ""
    build_time: int = 0
    install_time: int = 0
    digest: str = ""

    @property
    def evr(self) -> str:
        """`[epoch:]version-release`, as rpm prints `%{EVR}`."""
        epoch = "" if self.epoch is None else "{}:".format(self.epoch)
        return "{}{}-{}".format(epoch, self.version, self.release)

    @property
    def source(self) -> Tuple[str, str]:
        """Name and `version-release` of the source package; two empty texts where the tag is missing (`gpg-pubkey`)."""
        match = _SOURCE.match(self.source_rpm)
        return (match.group(1), match.group(2)) if match is not None else ("", "")


def package(header: Dict[int, Value]) -> Package:
    """The package of a header. Raises Damaged where name, version or release is missing."""
    name, version, release = (text(header, tag) for tag in (NAME, VERSION, RELEASE))
    missing = [word for word, said in (("name", name), ("version", version), ("release", release)) if not said]
    if missing:
        raise Damaged("{} has no {}".format(name or "a package", " and no ".join(missing)))
    return Package(
        name,
        number(header, EPOCH),
        version,
        release,
        text(header, ARCH) or NONE,
        text(header, SOURCERPM),
        text(header, VENDOR),
        text(header, MODULARITYLABEL),
        signing_key(header),
        number(header, BUILDTIME) or 0,
        number(header, INSTALLTIME) or 0,
        text(header, SHA1HEADER),
    )


def text(header: Dict[int, Value], tag: int) -> str:
    """A tag's text, bytes that are no UTF-8 replaced; "" where the header does not have it."""
    value = header.get(tag)
    if isinstance(value, tuple):
        value = value[0] if value and isinstance(value[0], bytes) else None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def number(header: Dict[int, Value], tag: int) -> Optional[int]:
    """A tag's first number; None where the header does not have it."""
    value = header.get(tag)
    return value[0] if isinstance(value, tuple) and value and isinstance(value[0], int) else None
