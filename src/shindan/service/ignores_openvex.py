"""OpenVEX documents as ignores (https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md); see `service.ignores`."""

from __future__ import annotations

from typing import Any

import msgspec

from shindan.intake.document import objects, text
from shindan.intake.purls import parse as parse_purl
from shindan.model.errors import IgnoreFileError
from shindan.service.ignore import Ignore, Meant, Status

_STATUSES: dict[str, Status] = {"not_affected": "not_affected", "fixed": "fixed"}
_KNOWN = frozenset({"not_affected", "affected", "fixed", "under_investigation"})


def parse(data: bytes, name: str) -> tuple[Ignore, ...]:
    """An entry for each flaw and package that the document ends up calling not affected or fixed.

    The newest statement about a flaw and a product is the one that counts (section "Updating statements").
    Products that are no purls, such as images, stand for the packages named as their subcomponents; without any
    they say nothing about a package. Raises IgnoreFileError.
    """
    document = _decoded(data, name)
    statements = objects(document.get("statements"))
    issued = text(document.get("timestamp"))
    latest: dict[tuple[frozenset[str], Meant], Ignore | None] = {}
    numbered = sorted(enumerate(statements, 1), key=lambda pair: _moment(pair[1], issued))
    for number, statement in numbered:
        where = f"{name}, statement {number}"
        ids = _ids(statement, where)
        for meant in _products(statement):
            latest[ids, meant] = _entry(statement, ids, meant, where, text(document.get("author")))
    return tuple(entry for entry in latest.values() if entry is not None)


def _decoded(data: bytes, name: str) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise IgnoreFileError(f"{name}: it is no JSON: {error}", remedy="is the file complete?") from error
    if not isinstance(document, dict) or "openvex" not in str(document.get("@context")):
        raise IgnoreFileError(
            f"{name}: it is JSON, but no OpenVEX document", remedy="give a TOML file, or an OpenVEX document"
        )
    return document


def _moment(statement: dict[str, Any], issued: str) -> str:
    """ISO 8601 in UTC sorts as text; documents write one zone throughout."""
    return text(statement.get("last_updated")) or text(statement.get("timestamp")) or issued


def _ids(statement: dict[str, Any], where: str) -> frozenset[str]:
    flaw = statement.get("vulnerability")
    if isinstance(flaw, str):  # OpenVEX 0.0.x
        flaw = {"name": flaw}
    if not isinstance(flaw, dict) or not text(flaw.get("name")):
        raise IgnoreFileError(f"{where}: it names no vulnerability")
    aliases = flaw.get("aliases")
    names = [flaw["name"], *(aliases if isinstance(aliases, list) else [])]
    return frozenset(text(one).upper() for one in names if text(one))


def _entry(statement: dict[str, Any], ids: frozenset[str], meant: Meant, where: str, author: str) -> Ignore | None:
    word = text(statement.get("status"))
    if word not in _KNOWN:
        raise IgnoreFileError(f"{where}: status {word!r} is none of {', '.join(sorted(_KNOWN))}")
    status = _STATUSES.get(word)
    if status is None:
        return None
    why = (text(statement.get(key)) for key in ("impact_statement", "justification", "status_notes"))
    reason = next((one for one in why if one), word.replace("_", " "))
    return Ignore(ids, f"{word.replace('_', ' ')}: {reason}", where, purl=meant, owner=author, status=status)


def _products(statement: dict[str, Any]) -> list[Meant]:
    found: list[Meant] = []
    products = statement.get("products")
    for product in products if isinstance(products, list) else []:
        entry = {"@id": product} if isinstance(product, str) else product if isinstance(product, dict) else {}
        inner = objects(entry.get("subcomponents"))
        found += [meant for one in inner or [entry] for meant in _meant(one)]
    return found


def _meant(component: dict[str, Any]) -> list[Meant]:
    identifiers = component.get("identifiers")
    purl = text(identifiers.get("purl")) if isinstance(identifiers, dict) else ""
    try:
        parsed = parse_purl(purl or text(component.get("@id")))
    except ValueError:
        return []
    joint = ":" if parsed.type == "maven" else "/"
    system = parsed.type in ("deb", "rpm", "apk")
    name = parsed.name if system or not parsed.namespace else f"{parsed.namespace}{joint}{parsed.name}"
    epoch = parsed.qualifiers.get("epoch", "0")
    version = f"{epoch}:{parsed.version}" if epoch != "0" and parsed.version else parsed.version
    return [Meant(parsed.type, name, version, parsed.qualifiers.get("arch", ""))]
