"""Findings as the API shows them (specification, section 6)."""

from __future__ import annotations

from typing import Any

from shindan.api.shapes_common import ipv4, known, pairs
from shindan.model.stored_finding import Asset, StoredFinding

SCHEMA = 1
LONGEST_TEXT = 20_000
MOST_ATTRIBUTES, MOST_ADDRESSES = 50, 50

NOT_USED = {"confidence": 10, "indicatorOfCompromise": False}
"""What the original has in every finding and documents as not used."""


def finding(found: StoredFinding) -> dict[str, Any]:
    """Shape Finding; one that says that nothing was found has no `id` and no host."""
    members = {
        "arn": found.arn,
        "schemaVersion": SCHEMA,
        "service": "Inspector",
        "serviceAttributes": {
            "schemaVersion": SCHEMA,
            "assessmentRunArn": found.run,
            "rulesPackageArn": found.rules_package,
        },
        "assetType": "ec2-instance",
        "assetAttributes": asset(found.asset),
        "id": found.id[:128],
        "title": found.title[:LONGEST_TEXT],
        "description": found.description[:LONGEST_TEXT],
        "recommendation": found.recommendation[:LONGEST_TEXT],
        "severity": found.severity,
        "numericSeverity": found.numeric_severity,
        **NOT_USED,
        "attributes": pairs(found.attributes[:MOST_ATTRIBUTES]),
        "userAttributes": pairs(found.user_attributes),
        "createdAt": found.created_at,
        "updatedAt": found.updated_at,
    }
    return known(members)


def asset(found: Asset) -> dict[str, Any]:
    """Shape AssetAttributes, the host at the time of the run.

    The original left `ipv4Addresses` empty and told addresses in `networkInterfaces`; a host outside EC2 has none of
    these, so that its addresses stand in the former.
    """
    addresses = [] if found.network else ipv4(found.addresses)
    members = {
        "schemaVersion": SCHEMA,
        "agentId": found.agent,
        "autoScalingGroup": found.scaling_group[:256],
        "amiId": found.image[:256],
        "hostname": found.hostname[:256],
        "ipv4Addresses": addresses[:MOST_ADDRESSES],
        "tags": pairs(found.tags) if found.agent else None,
        "networkInterfaces": list(found.network) if found.agent else None,
    }
    return known(members)
