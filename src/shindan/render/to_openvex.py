"""A result as an OpenVEX 0.2.0 document (https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md)."""

from __future__ import annotations

import json
from typing import Any

from shindan.model.result import Finding, ScanResult
from shindan.render.identity import clean, document_id
from shindan.render.look import Look, Writer
from shindan.render.purls import purl_of
from shindan.render.vex import Word, flaws, left_out, of_rules, word_of

CONTEXT = "https://openvex.dev/ns/v0.2.0"

Product = dict[str, Any]


def write(result: ScanResult, stream: Writer, _: Look) -> None:
    """See `Renderer`. A host without findings has no statement to make: the list is then empty, which the
    specification's schema does not foresee but every reader takes.
    """
    document = {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{document_id(result, 'openvex')}",
        "author": "Shindan",
        "role": "scanner",
        "timestamp": result.generated_at,
        "version": 1,
        "tooling": tooling(result.tool_version, of_rules(result)),
        "statements": statements_of(result),
    }
    stream.write(json.dumps(document, indent=1) + "\n")


def tooling(version: str, rules: int) -> str:
    """How the document was made, and how many findings of rules it leaves out: it has no other place for a remark."""
    return "; ".join(filter(None, (f"shindan {version}", left_out(rules))))


def statements_of(result: ScanResult) -> list[dict[str, Any]]:
    """One statement for each flaw and status; its products are the packages that share both."""
    grouped: dict[tuple[str, Word], tuple[Finding, list[Product]]] = {}
    for finding in flaws(result):
        _, products = grouped.setdefault((finding.id, word_of(finding)), (finding, []))
        product = _product(finding, result)
        if product not in products:
            products.append(product)
    return [_statement(finding, word, products) for (_, word), (finding, products) in grouped.items()]


def _statement(finding: Finding, word: Word, products: list[Product]) -> dict[str, Any]:
    vulnerability: dict[str, Any] = {"name": clean(finding.id)}
    if finding.title:
        vulnerability["description"] = clean(finding.title)
    aliases = sorted({clean(alias) for alias in finding.aliases})
    if aliases:
        vulnerability["aliases"] = aliases
    statement: dict[str, Any] = {"vulnerability": vulnerability, "products": products, "status": word.status}
    if word.status == "not_affected":
        statement["impact_statement"] = clean(word.impact)
    elif word.impact:
        statement["status_notes"] = clean(word.impact)
    else:
        statement["status_notes"] = clean(finding.reason.comparison)
    if word.action:
        statement["action_statement"] = clean(word.action)
    return statement


def _product(finding: Finding, result: ScanResult) -> Product:
    if finding.package is None:
        id_, _, release = result.host.platform.partition(":")
        purl = f"pkg:generic/{id_}@{release}" if release else f"pkg:generic/{id_}"
    else:
        purl = purl_of(finding.package, result.host.platform)
    return {"@id": purl, "identifiers": {"purl": purl}}
