"""What users may do, as IAM's policy documents say it: two that come with the service, and the account's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service.accounts import must_administrate
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.checks import storable
from shindan.service.service import Service
from shindan.store import policies as stored
from shindan.store import users

VERSION = "2012-10-17"
LARGEST = 6144
"""Characters of a document without white space: IAM's own limit for managed policies."""

_EC2 = ("ec2:DescribeInstances", "ec2:DescribeTags")
MANAGED: Mapping[str, Mapping[str, Any]] = {
    "FullAccess": {
        "Version": VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["inspector:*", "shindan:*", "ec2:CreateTags", "ec2:DeleteTags", *_EC2],
                "Resource": "*",
            }
        ],
    },
    "ReadOnly": {
        "Version": VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "inspector:Describe*",
                    "inspector:Get*",
                    "inspector:List*",
                    "inspector:PreviewAgents",
                    "shindan:Describe*",
                    "shindan:Get*",
                    "shindan:List*",
                    *_EC2,
                ],
                "Resource": "*",
            }
        ],
    },
}
"""Documents by name; an account's own cannot take these names."""

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,128}")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]{1,64}:[A-Za-z0-9*?]{1,128}")
_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"}


def put(service: Service, caller: Caller, name: str, document: Any) -> None:
    """Keeps a document under a name, in place of an older one. Raises AccessDenied, InvalidInput."""
    with audited(service, caller, "PutPolicy", name[:128]) as change:
        must_administrate(caller)
        if not _NAME.fullmatch(name):
            raise InvalidInput("INVALID_POLICY_NAME", "the name of a policy has 1 to 128 letters, digits and +=,.@_-")
        if name in MANAGED:
            raise InvalidInput("INVALID_POLICY_NAME", f"{name} comes with the service and cannot be replaced")
        good = checked(document)
        with service.database.write() as connection:
            stored.put(connection, caller.account, name, good, milliseconds())
            change.done(connection, document=good)


def list_(service: Service, caller: Caller) -> dict[str, Mapping[str, Any]]:
    """All documents that users of the account can have, by name; the service's own first."""
    with service.database.read() as connection:
        return {**MANAGED, **stored.documents(connection, caller.account)}


def remove(service: Service, caller: Caller, name: str) -> None:
    """Removes a document. Raises InvalidInput while a user has it, NoSuchEntity, AccessDenied."""
    with audited(service, caller, "RemovePolicy", name[:128]) as change:
        must_administrate(caller)
        if name in MANAGED:
            raise InvalidInput("INVALID_POLICY_NAME", f"{name} comes with the service and cannot be removed")
        with service.database.write() as connection:
            holders = [user.name for user in users.every(connection, caller.account) if name in user.policies]
            if holders:
                raise InvalidInput("POLICY_IN_USE", f"{name} is a policy of {', '.join(holders[:10])}")
            if not stored.remove(connection, caller.account, name):
                raise _unknown(name)
            change.done(connection)


def documents(connection: Connection, account: str, names: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """The documents of these names; one that is gone allows nothing and denies nothing."""
    own = [name for name in names if name not in MANAGED]
    known = {**MANAGED, **(stored.documents(connection, account, own) if own else {})}
    return tuple(known[name] for name in names if name in known)


def must_exist(connection: Connection, account: str, names: Iterable[str]) -> None:
    """Raises NoSuchEntity for a name that is neither the service's nor the account's."""
    own = [name for name in names if name not in MANAGED]
    found = stored.documents(connection, account, own) if own else {}
    for name in own:
        if name not in found:
            raise _unknown(name)


def checked(document: Any) -> Mapping[str, Any]:
    """A policy document: JSON text, or what it says. Raises InvalidInput, saying where it is wrong.

    Conditions and principals are refused, for whoever writes one relies on it and nothing here looks at it
    (IAM user guide, "IAM JSON policy elements reference").
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise _wrong(f"it is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise _wrong("it is no JSON object")
    _known("the document", document, {"Version", "Id", "Statement"})
    if document.get("Version") != VERSION:
        raise _wrong(f'Version must be "{VERSION}"')
    statements = document.get("Statement")
    if not statements or not isinstance(statements, list | dict):
        raise _wrong("Statement must be a statement or a list of some")
    for number, statement in enumerate(statements if isinstance(statements, list) else [statements], 1):
        _check(f"statement {number}", statement)
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    if len(text) > LARGEST or not storable(text):
        raise _wrong(f"it has more than {LARGEST} characters, or some that are none")
    return document


def _check(where: str, statement: Any) -> None:
    if not isinstance(statement, dict):
        raise _wrong(f"{where} is no JSON object")
    _known(where, statement, _ELEMENTS)
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _wrong(f'the Effect of {where} must be "Allow" or "Deny"')
    for element in ("Action", "Resource"):
        given = [name for name in (element, f"Not{element}") if name in statement]
        if len(given) != 1:
            raise _wrong(f"{where} must have either {element} or Not{element}")
        values = statement[given[0]]
        values = values if isinstance(values, list) else [values]
        if not values or not all(isinstance(value, str) and value for value in values):
            raise _wrong(f"{given[0]} of {where} must be a text or a list of some")
        for value in values:
            if element == "Action" and not _ACTION.fullmatch(value):
                raise _wrong(f'{given[0]} of {where}: {value[:100]!r} has not the form "inspector:ListFindings"')
            if element == "Resource" and value != "*" and not value.startswith("arn:"):
                raise _wrong(f'{given[0]} of {where}: {value[:100]!r} is neither "*" nor an ARN')


def _known(where: str, given: Mapping[str, Any], elements: set[str]) -> None:
    strange = sorted(set(given) - elements)
    if strange:
        raise _wrong(f"{where} has {', '.join(strange)[:200]}, which is not understood here and would be ignored")


def _wrong(why: str) -> InvalidInput:
    return InvalidInput("MALFORMED_POLICY_DOCUMENT", f"the policy document cannot be used: {why}")


def _unknown(name: str) -> NoSuchEntity:
    return NoSuchEntity("POLICY_DOES_NOT_EXIST", f"there is no policy {name[:128]!r}")
