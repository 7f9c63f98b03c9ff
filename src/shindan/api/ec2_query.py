"""The EC2 actions that tag hosts, for those we know: `aws ec2 create-tags --endpoint-url …` works as it is.

CreateTags, DeleteTags, DescribeTags and DescribeInstances, with EC2's codes of errors (EC2 API reference). An archived
host is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shindan.api import ec2_form, ec2_instances
from shindan.api.ec2_form import Form
from shindan.api.errors import FrontError, Told
from shindan.api.exchange import Exchange, Reply
from shindan.service import tags_of_hosts
from shindan.service.caller import Caller, allowed
from shindan.service.service import Service

_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_MOST_RESOURCES = 1000
_LONGEST_KEY, _LONGEST_VALUE = 128, 256

Action = Callable[[Service, Caller, Form], Mapping[str, Any]]


def call(service: Service, exchange: Exchange) -> None:
    """Reads the form, asks the caller's policies, and does it, unless DryRun only asks whether it would be done."""
    form = Form(exchange.body)
    name = form.text("Action")
    exchange.action = f"ec2:{name[:64]}"
    if name not in ACTIONS:
        raise FrontError("InvalidAction", f"the action {name[:64]!r} is not one of {', '.join(ACTIONS)}")
    ids = _ids(form) if name in ("CreateTags", "DeleteTags") else ()
    _authorise(exchange, ids)
    if form.flag("DryRun"):
        raise FrontError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
    exchange.answer = (name, ACTIONS[name](service, exchange.caller, form))


def write(exchange: Exchange) -> Reply:
    """The answer as XML."""
    name, members = exchange.answer
    return Reply(200, _headers(exchange), ec2_form.answer(name, exchange.request_id, members))


def write_error(exchange: Exchange, told: Told) -> Reply:
    """An error as XML, under the name that EC2 has for it."""
    status, body = ec2_form.error(told, exchange.request_id)
    return Reply(status, _headers(exchange), body)


def create_tags(service: Service, caller: Caller, form: Form) -> Mapping[str, Any]:
    """Adds tags to hosts or replaces their values; all hosts or none."""
    tags = [(key, value or "") for key, value in form.pairs("Tag")]
    if not tags:
        raise FrontError("MissingParameter", "the request must have the parameter Tag")
    for key, value in tags:
        _check_tag(key, value)
    with _Translated():
        tags_of_hosts.add(service, caller, _ids(form), tags)
    return {"return": True}


def delete_tags(service: Service, caller: Caller, form: Form) -> Mapping[str, Any]:
    """Removes tags by key, or by key and value if one is given; all of them if none is named."""
    with _Translated():
        tags_of_hosts.remove(service, caller, _ids(form), form.pairs("Tag"))
    return {"return": True}


def describe_tags(service: Service, caller: Caller, form: Form) -> Mapping[str, Any]:
    """Tags of all hosts, one a row."""
    return ec2_instances.tags(service, caller, form)


def describe_instances(service: Service, caller: Caller, form: Form) -> Mapping[str, Any]:
    """Hosts as instances, each in a reservation of its own."""
    ids = form.texts("InstanceId")
    _check_ids(ids)
    with _Translated():
        return ec2_instances.instances(service, caller, form, ids)


ACTIONS: dict[str, Action] = {
    "CreateTags": create_tags,
    "DeleteTags": delete_tags,
    "DescribeTags": describe_tags,
    "DescribeInstances": describe_instances,
}


class _Translated:
    """Tells what the verbs refuse in EC2's codes."""

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, raised: BaseException | None, __: object) -> None:
        if isinstance(raised, tags_of_hosts.UnknownHost):
            raise FrontError("InvalidInstanceID.NotFound", f"The instance ID '{raised.id}' does not exist") from None
        if isinstance(raised, tags_of_hosts.TooManyTags):
            raise FrontError("TagLimitExceeded", str(raised)) from None


def _ids(form: Form) -> tuple[str, ...]:
    ids = form.texts("ResourceId")
    if not ids:
        raise FrontError("MissingParameter", "the request must have the parameter ResourceId")
    if len(ids) > _MOST_RESOURCES:
        raise FrontError("InvalidParameterValue", f"at most {_MOST_RESOURCES} resources can be tagged at once")
    _check_ids(ids)
    return ids


def _check_ids(ids: Sequence[str]) -> None:
    for id_ in ids:
        if not id_.startswith("i-"):
            raise FrontError("InvalidID", f"The ID '{id_[:64]}' is not valid: only hosts (i-…) are known here")
        if not _INSTANCE.fullmatch(id_):
            raise FrontError("InvalidInstanceID.Malformed", f'Invalid id: "{id_[:64]}"')


def _check_tag(key: str, value: str) -> None:
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise FrontError("InvalidParameterValue", f"the key of a tag has 1 to {_LONGEST_KEY} characters")
    if len(value) > _LONGEST_VALUE:
        raise FrontError("InvalidParameterValue", f"the value of a tag has at most {_LONGEST_VALUE} characters")
    if key.lower().startswith("aws:"):
        raise FrontError("InvalidParameterValue", "keys that begin with aws: are reserved")


def _authorise(exchange: Exchange, ids: Sequence[str]) -> None:
    caller = exchange.caller
    if not allowed(caller, exchange.action, [tags_of_hosts.instance_arn(caller, id_) for id_ in ids]):
        message = f"You are not authorized to perform this operation. User: {caller.principal} is not authorized to "
        raise FrontError("UnauthorizedOperation", f"{message}perform: {exchange.action}")


def _headers(exchange: Exchange) -> dict[str, str]:
    return {"x-amzn-RequestId": exchange.request_id, "content-type": "text/xml;charset=UTF-8"}
