"""Microsoft's monthly CVRF documents → one advisory for each CVE id.

Source: https://api.msrc.microsoft.com/cvrf/v3.0/ and CVRF 1.1 (http://www.icasi.org/cvrf/).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from shindan.feeds.msrc_products import row
from shindan.feeds.scores import vector
from shindan.feeds.xml_stream import child, children, descendants, elements, local, text
from shindan.model.advisory import Advisory, Affected
from shindan.model.errors import FeedError

_DESCRIPTION = 2000


def advisories(name: str, content: bytes) -> Iterator[Advisory]:
    """The advisories of one document. Raises FeedError for what is no CVRF."""
    products: dict[str, str] = {}
    found = False
    for element in elements(io.BytesIO(content), name, ("FullProductName", "Vulnerability")):
        if local(element) == "FullProductName":
            products.setdefault(element.get("ProductID", ""), (element.text or "").strip())
            continue
        found = True
        yield _advisory(element, products)
    if not found and not products:
        raise FeedError(f"{name} is no CVRF document")


def _advisory(element: Element, products: dict[str, str]) -> Advisory:
    dates = [(date.text or "").strip() for date in descendants(element, "Date")]
    scores = dict.fromkeys(text(score, "Vector") for score in children(child(element, "CVSSScoreSets"), "ScoreSet"))
    vectors = (vector("microsoft", score) for score in scores if score)
    id_ = text(element, "CVE")
    notes = children(child(element, "Notes"), "Note")
    described = next((note.text or "" for note in notes if note.get("Type") == "Description"), "")
    return Advisory(
        id=id_,
        feed="msrc",
        title=" ".join(text(element, "Title").split()),
        affected=tuple(dict.fromkeys(_rows(element, products))),
        cves=(id_,) if id_.startswith("CVE-") else (),
        vectors=tuple(one for one in vectors if one is not None),
        description=described.strip()[:_DESCRIPTION],
        references=(f"https://msrc.microsoft.com/update-guide/vulnerability/{id_}",),
        published=min(dates, default=""),
        modified=max(dates, default=""),
    )


def _rows(element: Element, products: dict[str, str]) -> Iterator[Affected]:
    severities = _threats(element)
    fixes: dict[str, list[tuple[str, str]]] = {}
    for remediation in children(child(element, "Remediations"), "Remediation"):
        if remediation.get("Type") == "Vendor Fix":
            fix = (text(remediation, "Description"), text(remediation, "FixedBuild"))
            for id_ in _ids(remediation):
                fixes.setdefault(id_, []).append(fix)
    for status in children(child(element, "ProductStatuses"), "Status"):
        if status.get("Type") != "Known Affected":
            continue
        for id_ in _ids(status):
            for update, build in fixes.get(id_, [("", "")]):
                yield row(products.get(id_, id_), update, build, severities.get(id_, ""))


def _threats(element: Element) -> dict[str, str]:
    """Product → Microsoft's severity for it."""
    return {
        id_: text(threat, "Description")
        for threat in children(child(element, "Threats"), "Threat")
        if threat.get("Type") == "Severity"
        for id_ in _ids(threat)
    }


def _ids(element: Element) -> Iterator[str]:
    return ((product.text or "").strip() for product in children(element, "ProductID"))
