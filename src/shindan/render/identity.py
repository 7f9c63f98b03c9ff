"""Names that stay the same from scan to scan: fingerprints of findings, and ids made from content."""

from __future__ import annotations

import hashlib
import uuid

from shindan.model.result import Finding, ScanResult

_NAMESPACE = uuid.UUID("5d1b3a0e-6f0f-5e8c-9d7b-2f5c1a4e8b60")


def fingerprint(finding: Finding, host: str) -> str:
    """One flaw of one package on one host, whatever version is installed: 32 hexadecimal digits."""
    package = finding.package
    parts = (host, finding.id, *((package.type, package.name, package.arch) if package else ()))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def document_id(result: ScanResult, form: str) -> uuid.UUID:
    """An id that the same result always gets, and another result another."""
    head = (form, result.tool_version, result.generated_at, result.host.hostname, result.host.platform)
    digest = hashlib.sha256("\0".join(head).encode("utf-8", "replace"))
    for finding in result.findings:
        digest.update(f"{fingerprint(finding, '')}{finding.fixed_version}{finding.counts}".encode())
    return uuid.uuid5(_NAMESPACE, digest.hexdigest())


def stable_id(*parts: str) -> uuid.UUID:
    """An id that the same words always get."""
    return uuid.uuid5(_NAMESPACE, "\0".join(parts))


def clean(text: str) -> str:
    """Text that JSON and UTF-8 can hold: lone surrogates become `?`."""
    return text.encode("utf-8", "replace").decode()
