"""RegisterCrossAccountAccessRole, DescribeCrossAccountAccessRole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.service import roles
from shindan.service.caller import Caller
from shindan.service.service import Service


def register_cross_account_access_role(service: Service, caller: Caller, request: Mapping[str, Any]) -> None:
    """The role through which tags and instances of a real account are read; replaces the one before."""
    roles.register(service, caller, request["roleArn"])


def describe_cross_account_access_role(service: Service, caller: Caller, _: Mapping[str, Any]) -> dict[str, Any]:
    """The registered role, and whether it can be used."""
    arn, valid, at = roles.describe(service, caller)
    return {"roleArn": arn, "valid": valid, "registeredAt": at}
