"""The role through which the service may read a real AWS account; kept, and used only if it is there."""

from __future__ import annotations

import logging
import re

from shindan.cloud.instance import CloudError, RoleNotLent, RoleTooWeak
from shindan.engine.clock import milliseconds
from shindan.engine.meeting import last_outcome
from shindan.model.arn import partition_of
from shindan.model.refusals import InvalidInput, InvalidRole
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import accounts

_log = logging.getLogger("shindan.service")
_ROLE = re.compile(r"arn:aws[a-z-]{0,20}:iam::[0-9]{12}:role/([!-~]{1,511}/)?[A-Za-z0-9+=,.@_-]{1,64}")
_OF_THE_SERVICE = "role/aws-service-role/inspector.amazonaws.com/AWSServiceRoleForAmazonInspector"


def register(service: Service, caller: Caller, role_arn: str) -> None:
    """Keeps the role in place of the one before, unless AWS says that it is of no use.

    Where AWS cannot be asked (no credentials, no network, no boto3) the role is believed, and tried again on the
    timetable. Raises InvalidInput for what is no ARN of a role, InvalidRole for one that AWS does not lend to this
    service, or that may not read instances.
    """
    with audited(service, caller, "RegisterCrossAccountAccessRole", role_arn[:300]) as change:
        if len(role_arn) > 300 or not _ROLE.fullmatch(role_arn):
            raise InvalidInput("INVALID_IAM_ROLE_ARN", f"{role_arn[:300]!r} is not the ARN of an IAM role")
        _try(service, caller.account, role_arn)
        with service.database.write() as connection:
            accounts.set_role(connection, caller.account, role_arn, milliseconds())
            change.done(connection)


def _try(service: Service, account: str, role_arn: str) -> None:
    """Before any transaction: AWS may take its time, half a minute at most."""
    if service.try_role is None:
        return
    try:
        service.try_role(role_arn, account)
    except RoleNotLent as error:
        raise InvalidRole("ROLE_DOES_NOT_EXIST_OR_INVALID_TRUST_RELATIONSHIP", _said(error)) from error
    except RoleTooWeak as error:
        raise InvalidRole("ROLE_DOES_NOT_HAVE_CORRECT_POLICY", _said(error)) from error
    except CloudError as error:
        _log.warning("role not tried: %s: %s", account, _said(error))


def _said(error: CloudError) -> str:
    return f"{error}{f'; {error.remedy}' if error.remedy else ''}"


def describe(service: Service, caller: Caller) -> tuple[str, bool, int]:
    """(ARN, whether it can be used, since when) of the role; the service's own where none was registered."""
    with service.database.read() as connection:
        account = accounts.get(connection, caller.account)
        if account is not None and account.role_arn is not None:
            outcome = last_outcome(connection, account.id, account.role_arn)
            valid = outcome is None or not outcome[1]  # what nobody has tried yet is believed
            return account.role_arn, valid, account.role_at or account.created_at
    own = f"arn:{partition_of(caller.region)}:iam::{caller.account}:{_OF_THE_SERVICE}"
    return own, True, account.created_at if account else 0
