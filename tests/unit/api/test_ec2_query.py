"""EC2's tags and instances for hosts that we know; botocore writes the requests and reads the answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import botocore.session
import pytest
import sqlalchemy
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.api.ec2_form import Form, answer
from shindan.api.errors import FrontError
from shindan.api.exchange import Exchange, Reply
from shindan.model.host import Host
from shindan.store import hosts
from shindan.store.tables import audit
from signing import ACCOUNT, KEY, FakeKey, signed
from stores import databases
from unit.api.doors import OTHER_ACCOUNT, OTHER_KEY, House, house

WEB, BATCH, THEIRS, OLD = (f"i-0000000000000000{n}" for n in range(4))
EC2 = botocore.session.get_session().get_service_model("ec2")
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """Two hosts of ours, one of another account, an archived one."""
    for database in databases("sqlite", tmp_path):
        found = house(database, tmp_path)
        with database.write() as connection:
            hosts.add(
                connection, Host(WEB, ACCOUNT, "web.example", 1_700_000_000_000, arch="amd64", addresses=("10.0.0.5",))
            )
            hosts.add(connection, Host(BATCH, ACCOUNT, "batch\x01<b>", 1_700_000_000_000))
            hosts.add(connection, Host(THEIRS, OTHER_ACCOUNT, "theirs", 1))
            hosts.add(connection, Host(OLD, ACCOUNT, "old", 1, archived=True))
        yield found


def send(home: House, body: bytes, *, key: FakeKey = KEY, service: str = "ec2") -> Reply:
    """A signed form."""
    return home.gateway.reply(Exchange("POST", "/", "", signed(body, FORM, key=key, service=service), body))


def ask(home: House, operation: str, *, key: FakeKey = KEY, **parameters: Any) -> dict[str, Any]:
    """What botocore makes of the answer; `status` and, of an error, `code` among it."""
    model = EC2.operation_model(operation)
    form = create_serializer("ec2").serialize_to_request(parameters, model)["body"]
    reply = send(home, urlencode(form).encode(), key=key)
    read = {"status_code": reply.status, "headers": {}, "body": reply.body}
    parsed: dict[str, Any] = create_parser("ec2").parse(read, model.output_shape)
    return {**parsed, "status": reply.status, "code": parsed.get("Error", {}).get("Code", "")}


def tags(home: House, **parameters: Any) -> list[tuple[str, str, str]]:
    """(host, key, value) of DescribeTags."""
    return [(row["ResourceId"], row["Key"], row["Value"]) for row in ask(home, "DescribeTags", **parameters)["Tags"]]


def test_tags_are_set_replaced_and_shown(home: House) -> None:
    made = ask(
        home,
        "CreateTags",
        Resources=[WEB, BATCH],
        Tags=[{"Key": "inspector", "Value": "True"}, {"Key": "Name", "Value": "ä & <b>"}],
    )
    assert (made["status"], made["code"]) == (200, "")
    ask(
        home,
        "CreateTags",
        Resources=[WEB],
        Tags=[{"Key": "inspector", "Value": "False"}, {"Key": "empty", "Value": ""}],
    )
    assert tags(home) == [
        (WEB, "Name", "ä & <b>"), (WEB, "empty", ""), (WEB, "inspector", "False"),
        (BATCH, "Name", "ä & <b>"), (BATCH, "inspector", "True"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ([{"Key": "a"}], ["b"]),
        ([{"Key": "a", "Value": "1"}], ["b"]),
        ([{"Key": "a", "Value": "2"}], ["a", "b"]),
        ([{"Key": "a", "Value": ""}], ["a", "b"]),
        ([{"Key": "none"}], ["a", "b"]),
        ([], []),
    ],
    ids=["by key", "by key and value", "another value", "empty value", "unknown key", "all"],
)
def test_tags_are_removed(home: House, given: list[dict[str, str]], left: list[str]) -> None:
    ask(home, "CreateTags", Resources=[WEB], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    assert ask(home, "DeleteTags", Resources=[WEB], Tags=given)["status"] == 200
    assert [key for _, key, _ in tags(home)] == left


def test_dry_run_says_what_would_happen_and_does_nothing(home: House) -> None:
    dry = ask(home, "CreateTags", Resources=[WEB], Tags=[{"Key": "a", "Value": "1"}], DryRun=True)
    assert (dry["status"], dry["code"]) == (412, "DryRunOperation")
    assert tags(home) == []
    nobody = replace(KEY, caller=replace(KEY.caller, administrator=False))
    home.keys[KEY.id] = nobody
    dry = ask(home, "CreateTags", Resources=[WEB], Tags=[{"Key": "a", "Value": "1"}], DryRun=True)
    assert (dry["status"], dry["code"]) == (403, "UnauthorizedOperation")


@pytest.mark.parametrize(
    ("ids", "given", "expected"),
    [
        ([WEB, THEIRS], [{"Key": "a", "Value": "1"}], "InvalidInstanceID.NotFound"),
        ([WEB, OLD], [{"Key": "a", "Value": "1"}], "InvalidInstanceID.NotFound"),
        ([WEB, "i-0badbadbadbadbad1"], [{"Key": "a", "Value": "1"}], "InvalidInstanceID.NotFound"),
        ([WEB, "i-xyz"], [{"Key": "a", "Value": "1"}], "InvalidInstanceID.Malformed"),
        ([WEB, "vol-12345678"], [{"Key": "a", "Value": "1"}], "InvalidID"),
        ([], [{"Key": "a", "Value": "1"}], "MissingParameter"),
        ([WEB], [], "MissingParameter"),
        ([WEB], [{"Key": "", "Value": "1"}], "InvalidParameterValue"),
        ([WEB], [{"Key": "k" * 129, "Value": "1"}], "InvalidParameterValue"),
        ([WEB], [{"Key": "k", "Value": "v" * 257}], "InvalidParameterValue"),
        ([WEB], [{"Key": "aws:x", "Value": "v"}], "InvalidParameterValue"),
        ([WEB], [{"Key": "k", "Value": "a\0b"}], "InvalidParameterValue"),
        ([WEB], [{"Key": f"k{n}", "Value": "v"} for n in range(51)], "TagLimitExceeded"),
    ],
    ids=["another account's", "archived", "unknown", "malformed", "a volume", "no resource", "no tag", "no key", "long key", "long value", "reserved", "NUL", "too many"],
)  # fmt: skip
def test_what_cannot_be_tagged_is_refused_and_nothing_changes(
    home: House, ids: list[str], given: Any, expected: str
) -> None:
    read = ask(home, "CreateTags", Resources=ids, Tags=given)
    assert (read["status"], read["code"]) == (400, expected)
    assert tags(home) == []


def test_hosts_are_shown_as_instances(home: House) -> None:
    ask(home, "CreateTags", Resources=[WEB], Tags=[{"Key": "Env", "Value": "prod"}])
    read = ask(home, "DescribeInstances")
    web, batch = [reservation["Instances"][0] for reservation in read["Reservations"]]
    assert web["InstanceId"] == WEB
    assert web["State"] == {"Code": 16, "Name": "running"}
    assert (web["PrivateDnsName"], web["PrivateIpAddress"], web["Architecture"]) == (
        "web.example",
        "10.0.0.5",
        "x86_64",
    )
    assert web["Tags"] == [{"Key": "Env", "Value": "prod"}]
    assert web["LaunchTime"].isoformat() == "2023-11-14T22:13:20+00:00"
    assert batch["PrivateDnsName"] == "batch�<b>"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([{"Name": "tag:Env", "Values": ["prod", "test"]}], [WEB]),
        ([{"Name": "tag:Env", "Values": ["p*"]}], [WEB]),
        ([{"Name": "tag-key", "Values": ["Env"]}], [WEB]),
        ([{"Name": "private-ip-address", "Values": ["10.0.0.5"]}], [WEB]),
        ([{"Name": "instance-id", "Values": [BATCH]}], [BATCH]),
        ([{"Name": "instance-id", "Values": [BATCH]}, {"Name": "tag-key", "Values": ["Env"]}], []),
        ([{"Name": "instance-state-name", "Values": ["running"]}], [WEB, BATCH]),
        ([{"Name": "instance-state-name", "Values": ["stopped"]}], []),
    ],
)
def test_instances_are_filtered(home: House, filters: Any, expected: list[str]) -> None:
    ask(home, "CreateTags", Resources=[WEB], Tags=[{"Key": "Env", "Value": "prod"}])
    read = ask(home, "DescribeInstances", Filters=filters)
    assert [one["Instances"][0]["InstanceId"] for one in read["Reservations"]] == expected


def test_instances_by_id(home: House) -> None:
    assert len(ask(home, "DescribeInstances", InstanceIds=[BATCH])["Reservations"]) == 1
    assert ask(home, "DescribeInstances", InstanceIds=[THEIRS])["code"] == "InvalidInstanceID.NotFound"
    assert len(ask(home, "DescribeInstances", InstanceIds=[THEIRS], key=OTHER_KEY)["Reservations"]) == 1


def test_tags_are_filtered_and_cut_into_pages(home: House) -> None:
    ask(home, "CreateTags", Resources=[WEB, BATCH], Tags=[{"Key": f"k{n}", "Value": str(n)} for n in range(4)])
    by_host = [{"Name": "resource-id", "Values": [BATCH]}, {"Name": "key", "Values": ["k1", "k2"]}]
    assert tags(home, Filters=by_host) == [(BATCH, "k1", "1"), (BATCH, "k2", "2")]
    first = ask(home, "DescribeTags", MaxResults=5)
    second = ask(home, "DescribeTags", MaxResults=5, NextToken=first["NextToken"])
    assert len(first["Tags"]) == 5
    assert len(second["Tags"]) == 3
    assert "NextToken" not in second
    assert ask(home, "DescribeTags", NextToken="forged")["code"] == "InvalidNextToken"
    assert ask(home, "DescribeTags", MaxResults=1)["code"] == "InvalidParameterValue"
    assert ask(home, "DescribeTags", Filters=[{"Name": "nonsense", "Values": ["x"]}])["code"] == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"Action=RunInstances&Version=2016-11-15", 400, "InvalidAction"),
        (b"", 400, "InvalidAction"),
        (b"Action=CreateTags&ResourceId.1=%ff", 400, "MalformedQueryString"),
        (b"Action=\xff", 400, "MalformedQueryString"),
        (b"a=1&" * 10_001, 400, "MalformedQueryString"),
    ],
    ids=["another action", "nothing", "no UTF-8", "no ASCII", "too many fields"],
)
def test_forms_that_cannot_be_read(home: House, body: bytes, status: int, code: str) -> None:
    reply = send(home, body)
    assert (reply.status, f"<Code>{code}</Code>".encode() in reply.body) == (status, True)
    assert reply.headers["x-amzn-RequestId"].encode() in reply.body


def test_a_signature_for_the_other_protocol_is_refused(home: House) -> None:
    reply = send(home, b"Action=DescribeTags", service="inspector")
    assert (reply.status, b"<Code>AuthFailure</Code>" in reply.body) == (401, True)


def test_what_was_changed_is_in_the_audit(home: House) -> None:
    ask(home, "CreateTags", Resources=[WEB], Tags=[{"Key": "a", "Value": "1"}])
    with home.service.database.read() as connection:
        row = connection.execute(sqlalchemy.select(audit)).one()
    assert (row.action, row.resource, row.outcome, row.detail) == ("CreateTags", WEB, "done", {"tags": [["a", "1"]]})


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=6))
@settings(max_examples=100)
def test_any_form_is_read_or_refused(fields: dict[str, str]) -> None:
    try:
        form = Form(urlencode(fields).encode())
    except FrontError:
        assert any("\0" in value for value in fields.values())
        return
    assert form.pairs("Tag") == () or any(name.startswith("Tag.") for name in fields)
    assert form.texts("x") == ()


@given(st.text(max_size=20))
@settings(max_examples=100)
def test_any_text_ends_as_well_formed_xml(text: str) -> None:
    assert fromstring(answer("X", "id", {"value": text})).tag.endswith("XResponse")
