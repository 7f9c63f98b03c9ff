"""Instances and tags of a real AWS account, read through a role that the account's owner registered.

API reference of STS (AssumeRole) and EC2 (DescribeInstances, version 2016-11-15). The role needs
`ec2:DescribeInstances`; its tags come with the instances, `ec2:DescribeTags` is for instances whose tags changed
while they were read. The external id is the account's number here, so that a role can insist on who uses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shindan.cloud.instance import CloudError, Instance, RoleNotLent, RoleTooWeak

_CONNECT_SECONDS, _ANSWER_SECONDS = 5, 20
_PAGE = 500
_SESSION = "shindan"
_SESSION_SECONDS = 900
_GROUP = "aws:autoscaling:groupName"
_REFUSALS = {
    ("AssumeRole", "AccessDenied"): RoleNotLent,
    ("DescribeInstances", "UnauthorizedOperation"): RoleTooWeak,
}
"""(operation, code) by which AWS says that it is the role's fault, and nobody else's."""

_REMEDIES = {
    "AccessDenied": "let the role's trust policy name the service's own AWS identity (and the external id, if any)",
    "UnauthorizedOperation": "give the role ec2:DescribeInstances and ec2:DescribeTags",
    "InvalidClientTokenId": "the service's own AWS keys are not valid: look at its environment or profile",
    "AuthFailure": "the service's own AWS keys are not valid: look at its environment or profile",
    "ExpiredToken": "the service's own AWS credentials have expired",
}


def read(role: str, account: str, region: str, endpoint: str | None = None) -> Iterator[Instance]:
    """Every instance of a region that a role may see, terminated ones included, page by page.

    `account` is the number of the account here. `endpoint` stands in for AWS; None: AWS, or what boto3's own
    configuration says. Raises RoleNotLent and RoleTooWeak where the role is at fault, else CloudError, with a remedy
    where one is known.
    """
    with told(role):
        client = _client(role, account, region, endpoint)
        pages = client.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": _PAGE})
        for page in pages:
            found = [one for reservation in page["Reservations"] for one in reservation["Instances"]]
            tags = _tags(client, [one["InstanceId"] for one in found if "Tags" not in one])
            yield from (_instance(one, tags.get(one["InstanceId"], {})) for one in found)


def try_role(role: str, account: str, region: str, endpoint: str | None = None) -> None:
    """Whether the role can be used: takes it and asks for the first few instances. Raises as `read`."""
    with told(role):
        _client(role, account, region, endpoint).describe_instances(MaxResults=5)


@contextmanager
def told(role: str) -> Iterator[None]:
    """Whatever goes wrong within is a CloudError that names the role."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
    except ImportError:
        raise CloudError(
            "reading an AWS account needs boto3", remedy="pip install 'shindan[aws]' on the server"
        ) from None
    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        code = str(told.get("Code", ""))
        message = f"{error.operation_name} with {role}: {code}: {told.get('Message', '')}"
        kind = _REFUSALS.get((error.operation_name, code), CloudError)
        raise kind(message[:500], remedy=_REMEDIES.get(code, "")) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise CloudError(f"AWS cannot be asked with {role}: {error}"[:500]) from error


def lent(role: str, account: str, region: str, endpoint: str | None = None) -> Any:
    """A session of boto3 with a role's own credentials."""
    import boto3

    own = boto3.session.Session(region_name=region)
    sts = own.client("sts", region_name=region, endpoint_url=endpoint, config=_config())
    given = sts.assume_role(
        RoleArn=role, RoleSessionName=_SESSION, DurationSeconds=_SESSION_SECONDS, ExternalId=account
    )["Credentials"]
    return boto3.session.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=region,
    )


def client(session: Any, name: str, endpoint: str | None) -> Any:
    """A client of a service that gives up in time."""
    return session.client(name, endpoint_url=endpoint, config=_config())


def _client(role: str, account: str, region: str, endpoint: str | None) -> Any:
    return client(lent(role, account, region, endpoint), "ec2", endpoint)


def _config() -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_ANSWER_SECONDS,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )


def _tags(ec2: Any, ids: list[str]) -> dict[str, dict[str, str]]:
    """Tags of instances that came without any: most have none, but a page may be older than a tag."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(ids), 200):  # EC2's limit for the values of a filter
        wanted = [{"Name": "resource-id", "Values": ids[start : start + 200]}]
        for page in ec2.get_paginator("describe_tags").paginate(Filters=wanted):
            for tag in page["Tags"]:
                found.setdefault(tag["ResourceId"], {})[tag["Key"]] = tag["Value"]
    return found


def _instance(one: Mapping[str, Any], late: Mapping[str, str]) -> Instance:
    tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags", ())} or dict(late)
    interfaces = sorted(
        one.get("NetworkInterfaces", ()), key=lambda card: card.get("Attachment", {}).get("DeviceIndex", 0)
    )
    state = one.get("State", {}).get("Name", "")
    return Instance(
        id=one["InstanceId"],
        image=one.get("ImageId", ""),
        scaling_group=tags.get(_GROUP, ""),
        private_name=one.get("PrivateDnsName", ""),
        addresses=_addresses(one, interfaces),
        tags=tuple(sorted(tags.items())),
        network=tuple(_interface(card) for card in interfaces),
        gone=state in ("terminated", "shutting-down"),
        idle=state in ("stopped", "stopping"),
    )


def _addresses(one: Mapping[str, Any], interfaces: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """The private addresses first, the instance's main one before all."""
    own = [one.get("PrivateIpAddress")]
    own += [row.get("PrivateIpAddress") for card in interfaces for row in card.get("PrivateIpAddresses", ())]
    seen = [one.get("PublicIpAddress")]
    seen += [card.get("Association", {}).get("PublicIp") for card in interfaces]
    six = [row.get("Ipv6Address") for card in interfaces for row in card.get("Ipv6Addresses", ())]
    return tuple(dict.fromkeys(address for address in (*own, *seen, *six) if address))


def _interface(card: Mapping[str, Any]) -> dict[str, object]:
    """An interface with the API's member names (shape NetworkInterface)."""
    outside = card.get("Association", {})
    members: dict[str, object] = {
        "networkInterfaceId": card.get("NetworkInterfaceId"),
        "subnetId": card.get("SubnetId"),
        "vpcId": card.get("VpcId"),
        "privateDnsName": card.get("PrivateDnsName"),
        "privateIpAddress": card.get("PrivateIpAddress"),
        "privateIpAddresses": [
            _known({"privateDnsName": row.get("PrivateDnsName"), "privateIpAddress": row.get("PrivateIpAddress")})
            for row in card.get("PrivateIpAddresses", ())
        ],
        "publicDnsName": outside.get("PublicDnsName"),
        "publicIp": outside.get("PublicIp"),
        "ipv6Addresses": [row["Ipv6Address"] for row in card.get("Ipv6Addresses", ())],
        "securityGroups": [
            _known({"groupName": group.get("GroupName"), "groupId": group.get("GroupId")})
            for group in card.get("Groups", ())
        ],
    }
    return _known(members)


def _known(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value}
