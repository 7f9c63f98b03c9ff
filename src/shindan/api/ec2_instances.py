"""Hosts in the shapes of DescribeInstances and DescribeTags, filtered and cut into pages."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shindan.api.ec2_form import Filter, Form
from shindan.api.errors import FrontError
from shindan.api.shapes_common import ipv4
from shindan.model.host import Host
from shindan.model.refusals import InvalidInput
from shindan.service import tags_of_hosts
from shindan.service.caller import Caller
from shindan.service.paging import Page, Pager, page
from shindan.service.service import Service

_SMALLEST_PAGE, _LARGEST_PAGE = 5, 1000
_ARCHITECTURES = {"amd64": "x86_64", "aarch64": "arm64"}

Row = tuple[str, str, str]
"""Host, key, value."""

_OF_INSTANCES: Mapping[str, Callable[[Host], Sequence[str]]] = {
    "instance-id": lambda host: [host.id],
    "tag-key": lambda host: [key for key, _ in host.tags],
    "private-ip-address": lambda host: ipv4(host.addresses),
    "private-dns-name": lambda host: [host.hostname],
    "image-id": lambda host: [host.image],
    "architecture": lambda host: [_architecture(host)],
    "instance-state-name": lambda _: ["running"],
}
_OF_TAGS: Mapping[str, Callable[[Row], Sequence[str]]] = {
    "resource-id": lambda row: [row[0]],
    "resource-type": lambda _: ["instance"],
    "key": lambda row: [row[1]],
    "value": lambda row: [row[2]],
}


def instances(service: Service, caller: Caller, form: Form, ids: Sequence[str]) -> Mapping[str, Any]:
    """Members of the answer of DescribeInstances. Raises UnknownHost for an id that is none."""
    filters = _filters(form, _OF_INSTANCES)
    hosts = tags_of_hosts.hosts(service, caller, ids)
    kept = [host for host in hosts if all(_instance_matches(host, one) for one in filters)]
    cut = _page(service, form, f"instances {caller.account}", kept, lambda host: host.id)
    return {"reservationSet": [_reservation(caller, host) for host in cut.items], "nextToken": cut.next_token}


def tags(service: Service, caller: Caller, form: Form) -> Mapping[str, Any]:
    """Members of the answer of DescribeTags."""
    filters = _filters(form, _OF_TAGS)
    rows = [(host.id, key, value) for host in tags_of_hosts.hosts(service, caller) for key, value in host.tags]
    kept = sorted(row for row in rows if all(_row_matches(row, one) for one in filters))
    cut = _page(service, form, f"tags {caller.account}", kept, lambda row: list(row[:2]))
    return {"tagSet": [_tag(row) for row in cut.items], "nextToken": cut.next_token}


def _page(service: Service, form: Form, what: str, found: Sequence[Any], place: Callable[[Any], Any]) -> Page[Any]:
    pager = Pager(service.keys["paging"], f"ec2 {what} {form.filters()}")
    length = form.number("MaxResults", _SMALLEST_PAGE, _LARGEST_PAGE)
    try:
        after = pager.after(form.text("NextToken") or None)
    except InvalidInput as error:
        raise FrontError("InvalidNextToken", str(error)) from None
    rest = [one for one in found if after is None or place(one) > after]
    return page(rest[: length + 1], length, pager, place)


def _instance_matches(host: Host, wanted: Filter) -> bool:
    if wanted.name.startswith("tag:"):
        return _any_matches([value for key, value in host.tags if key == wanted.name[4:]], wanted)
    return _any_matches(_OF_INSTANCES[wanted.name](host), wanted)


def _row_matches(row: Row, wanted: Filter) -> bool:
    if wanted.name.startswith("tag:"):
        return row[1] == wanted.name[4:] and _any_matches([row[2]], wanted)
    return _any_matches(_OF_TAGS[wanted.name](row), wanted)


def _filters(form: Form, known: Mapping[str, object]) -> tuple[Filter, ...]:
    filters = form.filters()
    for one in filters:
        if one.name not in known and not one.name.startswith("tag:"):
            message = f"The filter '{one.name[:64]}' is invalid; known are tag:KEY, {', '.join(known)}"
            raise FrontError("InvalidParameterValue", message)
    return filters


def _any_matches(values: Sequence[str], wanted: Filter) -> bool:
    patterns = [value.replace("[", "[[]") for value in wanted.values]
    return any(fnmatch.fnmatchcase(value, pattern) for value in values for pattern in patterns)


def _tag(row: Row) -> Mapping[str, Any]:
    return {"resourceId": row[0], "resourceType": "instance", "key": row[1], "value": row[2]}


def _reservation(caller: Caller, host: Host) -> Mapping[str, Any]:
    instance = {
        "instanceId": host.id,
        "imageId": host.image or None,
        "instanceState": {"code": 16, "name": "running"},
        "privateDnsName": host.hostname,
        "launchTime": _iso(host.created_at),
        "privateIpAddress": next(iter(ipv4(host.addresses)), None),
        "architecture": _architecture(host) or None,
        "tagSet": [{"key": key, "value": value} for key, value in host.tags],
    }
    return {"reservationId": f"r-{host.id[2:]}", "ownerId": caller.account, "groupSet": [], "instancesSet": [instance]}


def _architecture(host: Host) -> str:
    return _ARCHITECTURES.get(host.arch, host.arch)


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
