"""Instances of a real account: moto, over HTTP, is the judge of what boto3 is made to ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from receivers import REGION, answering, insist_on_rights, moto, proxy_page
from shindan.cloud import ec2
from shindan.cloud.instance import CloudError, Instance, RoleNotLent, RoleTooWeak

ACCOUNT = "123456789012"
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}'

LENT = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
REFUSED = """<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this
operation.</Message></Error></Errors><RequestID>1</RequestID></Response>"""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """AWS, as far as moto is it."""
    with moto(monkeypatch) as address:
        yield address


def client(aws: str, name: str) -> Any:
    return boto3.client(name, region_name=REGION, endpoint_url=aws)


def role(aws: str) -> str:
    return str(client(aws, "iam").create_role(RoleName="reads", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"])


def launch(aws: str, number: int = 1, **tags: str) -> list[str]:
    told = [{"ResourceType": "instance", "Tags": [{"Key": k.replace("__", ":"), "Value": v} for k, v in tags.items()]}]
    made = client(aws, "ec2").run_instances(
        ImageId="ami-12345678", MinCount=number, MaxCount=number, **({"TagSpecifications": told} if tags else {})
    )
    return [one["InstanceId"] for one in made["Instances"]]


def read(aws: str, arn: str) -> dict[str, Instance]:
    return {one.id: one for one in ec2.read(arn, ACCOUNT, REGION, aws)}


def test_an_instance_with_its_tags_and_interfaces(aws: str) -> None:
    (id_,) = launch(aws, Name="web", inspector="True", aws__autoscaling__groupName="fleet")
    found = read(aws, role(aws))[id_]
    assert dict(found.tags) == {"Name": "web", "inspector": "True", "aws:autoscaling:groupName": "fleet"}
    assert found.scaling_group == "fleet" and found.image == "ami-12345678"
    assert not found.gone and not found.idle
    told = client(aws, "ec2").describe_instances(InstanceIds=[id_])["Reservations"][0]["Instances"][0]
    card, shown = told["NetworkInterfaces"][0], found.network[0]
    assert shown["networkInterfaceId"] == card["NetworkInterfaceId"]
    assert (shown["subnetId"], shown["vpcId"]) == (card["SubnetId"], card["VpcId"])
    assert shown["privateIpAddress"] == card["PrivateIpAddress"] == found.addresses[0]
    assert shown["privateIpAddresses"] == [
        {"privateIpAddress": card["PrivateIpAddresses"][0]["PrivateIpAddress"]}
        | ({"privateDnsName": card["PrivateIpAddresses"][0]["PrivateDnsName"]} if "PrivateDnsName" in card["PrivateIpAddresses"][0] else {})
    ]  # fmt: skip
    groups = [{"groupName": one["GroupName"], "groupId": one["GroupId"]} for one in card["Groups"]]
    assert shown.get("securityGroups", []) == groups
    assert found.private_name == told["PrivateDnsName"]


def test_a_role_that_is_good(aws: str) -> None:
    ec2.try_role(role(aws), ACCOUNT, REGION, aws)


def test_states(aws: str) -> None:
    running, stopped, gone = launch(aws, 3)
    client(aws, "ec2").stop_instances(InstanceIds=[stopped])
    client(aws, "ec2").terminate_instances(InstanceIds=[gone])
    found = read(aws, role(aws))
    assert {id_: (one.idle, one.gone) for id_, one in found.items()} == {
        running: (False, False), stopped: (True, False), gone: (False, True),
    }  # fmt: skip


def test_page_by_page(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ec2, "_PAGE", 5)
    ids = [id_ for _ in range(4) for id_ in launch(aws, 4)]
    assert sorted(read(aws, role(aws))) == sorted(ids)


def test_a_role_that_may_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the words of EC2's API reference ("Error codes"): moto fails here itself."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    asked: list[str] = []

    def answer(body: str) -> tuple[int, str]:
        asked.append(body)
        return (200, LENT) if "Action=AssumeRole" in body else (403, REFUSED)

    with answering(answer) as address:
        with pytest.raises(RoleTooWeak):
            ec2.try_role("arn:aws:iam::123456789012:role/reads", ACCOUNT, REGION, address)
        asked.clear()
        with pytest.raises(RoleTooWeak) as refused:
            read(address, "arn:aws:iam::123456789012:role/reads")
    assert f"ExternalId={ACCOUNT}" in asked[0] and "DescribeInstances" in asked[1]
    assert "DescribeInstances" in str(refused.value) and "UnauthorizedOperation" in str(refused.value)
    assert "ec2:DescribeInstances" in refused.value.remedy


def test_a_role_that_may_not_be_assumed(aws: str) -> None:
    arn = role(aws)
    client(aws, "iam").create_user(UserName="nobody")
    key = client(aws, "iam").create_access_key(UserName="nobody")["AccessKey"]
    insist_on_rights(aws, 0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patched.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        with pytest.raises(RoleNotLent):
            ec2.try_role(arn, ACCOUNT, REGION, aws)
        with pytest.raises(RoleNotLent, match="AssumeRole") as refused:
            read(aws, arn)

    assert "trust policy" in refused.value.remedy


def test_an_answer_that_is_none_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy's page, say."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with answering(proxy_page) as address, pytest.raises(CloudError, match="cannot be asked"):
        list(ec2.read("arn:aws:iam::123456789012:role/x", ACCOUNT, REGION, address))


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr(ec2, "_CONNECT_SECONDS", 1)
    with pytest.raises(CloudError, match="cannot be asked"):
        list(ec2.read("arn:aws:iam::123456789012:role/x", ACCOUNT, REGION, "http://127.0.0.1:9"))
