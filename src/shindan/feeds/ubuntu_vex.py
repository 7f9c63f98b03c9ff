"""Ubuntu's VEX documents (OpenVEX, one a CVE id), which Canonical publishes beside its OSV records.

Source: https://github.com/canonical/ubuntu-security-notices (`vex/cve/YEAR/CVE-….json`) and the OpenVEX specification
0.2.0. A product is a purl; the source package's names its pocket: `curl@7.81.0-1ubuntu1.20?arch=source&distro=jammy`.
Documents about notices (`vex/usn`) say the same of several ids at once, and are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote

import msgspec

from shindan.feeds.ubuntu_series import place
from shindan.model.advisory import Advisory, Affected, State
from shindan.model.errors import FeedError

MARK = b"openvex.dev/ns"
"""What stands near the beginning of every such document."""

_DESCRIPTION = 2000
_SAID = 300
_PURL = re.compile(r"pkg:deb/ubuntu/([^@?#]+)@([^?#]*)\?(.+)")
_STATES: dict[str, State] = {
    "affected": "affected",
    "fixed": "fixed",
    "not_affected": "not_affected",
    "under_investigation": "under_investigation",
}


class _Metadata(msgspec.Struct):
    timestamp: str = ""


class _Product(msgspec.Struct):
    id: str = msgspec.field(name="@id", default="")


class _Vulnerability(msgspec.Struct):
    name: str = ""
    description: str = ""
    aliases: list[str] = []


class _Statement(msgspec.Struct):
    vulnerability: _Vulnerability
    status: str = ""
    products: list[_Product] = []
    justification: str = ""
    action_statement: str = ""
    impact_statement: str = ""


class _Document(msgspec.Struct):
    metadata: _Metadata
    statements: list[_Statement] = []


_DECODER = msgspec.json.Decoder(_Document)


def is_vex(name: str, content: bytes) -> bool:
    """Whether a file is a document of this form."""
    return name.endswith(".json") and MARK in content[:1000]


def advisories(name: str, content: bytes) -> Iterator[Advisory]:
    """The advisory of a document about one CVE id; none of one without statements, or about a notice.

    Raises FeedError for what is no such document, naming it.
    """
    try:
        document = _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(f"{name} is no VEX document of Ubuntu's: {error}") from error
    ids = {statement.vulnerability.name for statement in document.statements}
    for id_ in sorted(id_ for id_ in ids if id_.startswith("CVE-")):
        said = [statement for statement in document.statements if statement.vulnerability.name == id_]
        about = said[0].vulnerability
        yield Advisory(
            id_,
            "ubuntu",
            affected=tuple(dict.fromkeys(row for statement in said for row in _rows(statement, name))),
            cves=(id_,),
            description=about.description[:_DESCRIPTION],
            references=tuple(alias for alias in about.aliases if alias.startswith("https://"))[:10],
            modified=document.metadata.timestamp[:19],
        )


def _rows(statement: _Statement, name: str) -> Iterator[Affected]:
    """A row for each source package of a pocket; binary packages follow their source."""
    state = _STATES.get(statement.status)
    if state is None:
        raise FeedError(f"{name}: {statement.status!r} is no status of OpenVEX")
    why = statement.justification or statement.impact_statement or statement.action_statement
    told = f"{statement.status}: {' '.join(why.split())[:_SAID]}" if why else statement.status
    for product in statement.products:
        found = _PURL.fullmatch(product.id)
        qualifiers = parse_qs(found[3]) if found else {}
        where = place(qualifiers.get("distro", [""])[0]) if qualifiers.get("arch") == ["source"] else None
        if found is None or where is None:
            continue
        platform, conditions = where
        yield Affected(
            platform,
            unquote(found[1]),
            "deb",
            fixed=unquote(found[2]) if state == "fixed" else "",
            state=state,
            vendor_state=told,
            only_if=conditions,
        )
