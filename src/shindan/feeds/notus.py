"""Greenbone's notus products: per distribution release, the package versions that each advisory requires.

Source: https://github.com/greenbone/notus-scanner (form) and a Greenbone feed on the user's own disk. The files are
under GPL-2.0-only, some databases under ODbL: they are read from a local copy, never fetched or passed on. They name no
CVE ids; findings carry the advisory's id, or its OID where the id cannot be told from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import members
from shindan.feeds.suse_products import places
from shindan.model.advisory import Advisory, Affected, Condition, Knows, Note, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

_LICENCE = "Greenbone's notus products are under GPL-2.0-only: they stay on this machine"
_EPOCHS = "{}: rpm packages are listed without their epochs; packages that have one are compared as if it were 0"
_FULL = re.compile(r"^(?P<name>.+)-(?P<version>[^-]+-[^-]+)\.(?P<arch>\w+)$")
_OIDS = (
    (re.compile(r"\.1\.1\.1\.1\.(\d{4})\.(\d+)$"), "DSA-{1}"),
    (re.compile(r"\.1\.1\.12\.(\d{4})\.(\d+)\.(\d+)$"), "USN-{1}-{2}"),
    (re.compile(r"\.1\.1\.4\.(\d{4})\.(\d+)\.(\d+)$"), "SUSE-SU-{0}:{1}-{2}"),
)
_NAMES = {
    "Debian": "debian", "Ubuntu": "ubuntu", "Fedora": "fedora", "AlmaLinux": "almalinux", "Rocky Linux": "rocky",
    "Oracle Linux": "ol", "Amazon Linux": "amzn", "CentOS": "centos", "openSUSE Leap": "opensuse-leap",
    "Mageia": "mageia", "Mageia Linux": "mageia", "EulerOS": "euleros", "openEuler": "openeuler",
}  # fmt: skip
_PRODUCT = re.compile(r"^([A-Za-z ]+?)[ -]v?(\d[\w.-]*)$")


class _Range(msgspec.Struct):
    start: str = ""
    end: str = ""


class _Package(msgspec.Struct):
    name: str = ""
    full_name: str = ""
    full_version: str = ""
    specifier: str = ""
    range: _Range | None = None


class _Advisory(msgspec.Struct):
    oid: str
    fixed_packages: list[_Package] = []


class _Product(msgspec.Struct):
    product_name: str
    package_type: str
    advisories: list[_Advisory] = []


_DECODER = msgspec.json.Decoder(_Product)


class NotusFeed:
    """See the module and `Feed`."""

    name = "notus"
    title = N_("Greenbone's notus products, from a local copy")
    url = "(a local Greenbone feed)"
    knows: Knows = "fixed"
    role: Role = "advisories"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """Never by itself: its licence wants a local copy."""
        return False

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """Raises FeedError: these files are imported."""
        raise FeedError(
            "notus products are not fetched", remedy="`shindan feeds import notus DIR` of a Greenbone feed on this disk"
        )

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`: `.notus` files, alone, in a folder or in an archive."""
        count = 0
        for name, content in members(source):
            if not name.endswith(".notus"):
                continue
            try:
                product = _DECODER.decode(content)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise FeedError(f"{name} is no notus product: {error}") from error
            count += 1
            options.progress("notus: products", count, None)
            yield from _records(product)
        if not count:
            raise FeedError(f"{source} holds no notus product")
        yield Note(_LICENCE)


def _records(product: _Product) -> Iterator[Record]:
    platform, odd = _platform(product.product_name.strip()), 0
    for said in product.advisories:
        rows: dict[Affected, dict[str, None]] = {}
        for package in said.fixed_packages:
            found = _row(platform, product.package_type, package)
            odd += found is None
            if found is not None:
                rows.setdefault(found[0], {})[found[1]] = None
        id_ = _id(said.oid)
        yield Advisory(
            id=id_,
            feed="notus",
            affected=tuple(_guarded(row, arches) for row, arches in rows.items()),
            aliases=(said.oid,) if id_ != said.oid else (),
        )
    if odd:
        yield Note(f"{product.product_name.strip()}: {odd} package entries have a form that is not understood")
    if product.package_type == "rpm":
        yield Note(_EPOCHS.format(product.product_name.strip()))


def _row(platform: str, scheme: str, package: _Package) -> tuple[Affected, str] | None:
    """(row, its architecture or ""); None for an entry whose form is not known."""
    name, version, arch = package.name, package.full_version, ""
    full = _FULL.match(package.full_name)
    if full:
        name, version, arch = full["name"], full["version"], full["arch"]
    introduced = ""
    if package.range is not None:
        introduced, version = package.range.start, package.range.end
    elif package.specifier != ">=":
        return None
    if not name or not version:
        return None
    row = Affected(platform, name, scheme, introduced, version, state="fixed", names="binary")
    return row, arch


def _guarded(row: Affected, arches: dict[str, None]) -> Affected:
    if "" in arches or "noarch" in arches:
        return row
    return row._replace(only_if=(Condition("arch", tuple(sorted(arches))),))


def _platform(product: str) -> str:
    if product.startswith("SUSE "):
        return places(product)[0].platform
    match = _PRODUCT.match(product)
    known = _NAMES.get(match[1]) if match else None
    return f"{known}:{match[2]}" if match and known else product.lower().replace(" ", "-")


def _id(oid: str) -> str:
    for pattern, template in _OIDS:
        match = pattern.search(oid)
        if match:
            return template.format(*match.groups())
    return oid
