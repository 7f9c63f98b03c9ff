"""CSAF 2.0 documents as records: products, what is a component of what, and each vulnerability's statuses.

Source: Common Security Advisory Framework 2.0 (https://docs.oasis-open.org/csaf/csaf/v2.0/), sections 3.2.2 and 3.2.3.
Publishers' own habits stand in their feeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from shindan.feeds.scores import vector
from shindan.model.advisory import Vector
from shindan.model.errors import FeedError

STATUSES = (
    "fixed",
    "first_fixed",
    "recommended",
    "known_affected",
    "first_affected",
    "last_affected",
    "known_not_affected",
    "under_investigation",
)
"""Every status of section 3.2.3.9."""


class _Helper(msgspec.Struct):
    cpe: str = ""
    purl: str = ""


class Product(msgspec.Struct):
    """A product or a component, as section 3.1.3 names it."""

    product_id: str
    name: str = ""
    product_identification_helper: _Helper = msgspec.field(default_factory=_Helper)

    @property
    def cpe(self) -> str:
        """Its CPE, or ""."""
        return self.product_identification_helper.cpe

    @property
    def purl(self) -> str:
        """Its package URL, or ""."""
        return self.product_identification_helper.purl


class _Branch(msgspec.Struct):
    category: str = ""
    name: str = ""
    product: Product | None = None
    branches: list[_Branch] = []


class _Relationship(msgspec.Struct):
    full_product_name: Product
    product_reference: str
    relates_to_product_reference: str


class _Tree(msgspec.Struct):
    branches: list[_Branch] = []
    full_product_names: list[Product] = []
    relationships: list[_Relationship] = []


class Remark(msgspec.Struct):
    """A remediation, threat or flag: its kind, its words, and the products that it is about."""

    category: str = ""
    details: str = ""
    label: str = ""
    url: str = ""
    product_ids: list[str] = []


class _Cvss(msgspec.Struct):
    vectorString: str = ""


class _Score(msgspec.Struct):
    cvss_v2: _Cvss | None = None
    cvss_v3: _Cvss | None = None
    products: list[str] = []


class _Text(msgspec.Struct):
    category: str = ""
    text: str = ""


class _Url(msgspec.Struct):
    url: str = ""


class Vulnerability(msgspec.Struct):
    """What a document says of one flaw."""

    cve: str = ""
    title: str = ""
    release_date: str = ""
    product_status: dict[str, list[str]] = {}
    remediations: list[Remark] = []
    threats: list[Remark] = []
    flags: list[Remark] = []
    scores: list[_Score] = []
    notes: list[_Text] = []
    references: list[_Url] = []


class _Severity(msgspec.Struct):
    text: str = ""


class _Tracking(msgspec.Struct):
    id: str = ""
    status: str = ""
    initial_release_date: str = ""
    current_release_date: str = ""


class _Head(msgspec.Struct):
    tracking: _Tracking
    title: str = ""
    category: str = ""
    aggregate_severity: _Severity = msgspec.field(default_factory=_Severity)
    notes: list[_Text] = []
    references: list[_Url] = []


class Csaf(msgspec.Struct):
    """One document."""

    document: _Head
    product_tree: _Tree = msgspec.field(default_factory=_Tree)
    vulnerabilities: list[Vulnerability] = []


_DECODER = msgspec.json.Decoder(Csaf)


@dataclass(frozen=True)
class Products:
    """The products of a document: by id, and component and product behind each id of a relationship."""

    by_id: dict[str, Product] = field(default_factory=dict)
    _parts: dict[str, tuple[str, str]] = field(default_factory=dict)

    def resolved(self, id_: str) -> tuple[Product, Product] | None:
        """(component, what it is a component of); a product by itself is both. None for an id nobody defined.

        A component of a component (a package of a module of a product) is followed to both ends.
        """
        inner = outer = id_
        for _ in range(8):
            if inner not in self._parts and outer not in self._parts:
                break
            inner = self._parts[inner][0] if inner in self._parts else inner
            outer = self._parts[outer][1] if outer in self._parts else outer
        component, product = self.by_id.get(inner), self.by_id.get(outer)
        return (component, product) if component is not None and product is not None else None


def decoded(name: str, content: bytes) -> Csaf:
    """The document in `content`. Raises FeedError, naming the file, for what is none."""
    try:
        return _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(f"{name} is no CSAF document: {error}") from error


def products_of(document: Csaf) -> Products:
    """Every product that a document defines."""
    tree = document.product_tree
    found = Products()
    for product in _named(tree):
        found.by_id.setdefault(product.product_id, product)
    for relation in tree.relationships:
        parts = (relation.product_reference, relation.relates_to_product_reference)
        found._parts.setdefault(relation.full_product_name.product_id, parts)
    return found


def _named(tree: _Tree) -> Iterator[Product]:
    yield from tree.full_product_names
    open_branches = list(reversed(tree.branches))
    while open_branches:
        branch = open_branches.pop()
        if branch.product is not None:
            yield branch.product
        open_branches.extend(reversed(branch.branches))


def by_product(remarks: Iterable[Remark], *categories: str) -> dict[str, Remark]:
    """Product id → the first remark about it, of these categories (of any, where none is named)."""
    found: dict[str, Remark] = {}
    for remark in remarks:
        if not categories or remark.category in categories:
            for product in remark.product_ids:
                found.setdefault(product, remark)
    return found


def vectors_of(source: str, vulnerability: Vulnerability) -> tuple[Vector, ...]:
    """Each distinct CVSS vector once, with its base score."""
    texts = [
        said.vectorString
        for score in vulnerability.scores
        for said in (score.cvss_v3, score.cvss_v2)
        if said is not None and said.vectorString
    ]
    found = (vector(source, text) for text in dict.fromkeys(texts))
    return tuple(one for one in found if one is not None)


def description_of(vulnerability: Vulnerability, document: Csaf) -> str:
    """The text of a vulnerability: its description or summary, else the document's."""
    for notes in (vulnerability.notes, document.document.notes):
        for category in ("description", "summary"):
            for note in notes:
                if note.category == category and note.text:
                    return note.text
    return ""
