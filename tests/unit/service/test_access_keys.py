"""Access keys: made, exchanged, lent, switched off; their secrets rest sealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from service_world import World, worlds
from shindan.model.errors import StoreError
from shindan.model.refusals import AccessDenied, InvalidInput, LimitExceeded, NoSuchEntity
from shindan.service import access_keys, policies, users
from shindan.service.caller import Caller, allowed
from shindan.store.tables import access_key
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


@pytest.fixture
def mia(world: World) -> Caller:
    users.create(world.service, world.caller, "mia", policy_names=["ReadOnly"])
    return Caller(world.caller.account, "us-west-2", "mia")


def test_a_key_finds_its_user(world: World, mia: Caller) -> None:
    made = access_keys.create(world.service, world.caller, "mia")
    assert made.id.startswith("AKIA")
    assert (len(made.id), len(made.secret)) == (20, 40)
    found = access_keys.find_key(world.service, made.id)
    assert found is not None
    assert (found.id, found.secret, found.session_token, found.expires_at) == (made.id, made.secret, None, None)
    assert (found.caller.account, found.caller.user, found.caller.region) == (mia.account, "mia", "us-west-2")
    assert allowed(found.caller, "inspector:ListFindings")
    assert not allowed(found.caller, "inspector:CreateAssessmentTarget")
    assert access_keys.find_key(world.service, "AKIAIOSFODNN7EXAMPLE") is None
    assert access_keys.find_key(world.service, "") is None


def test_policies_of_the_account_count_at_once(world: World, mia: Caller) -> None:
    made = access_keys.create(world.service, world.caller, "mia")
    statement = {"Effect": "Deny", "Action": "inspector:ListFindings", "Resource": "*"}
    policies.put(world.service, world.caller, "no-findings", {"Version": "2012-10-17", "Statement": statement})
    users.set_policies(world.service, world.caller, "mia", ["ReadOnly", "no-findings"])
    found = access_keys.find_key(world.service, made.id)
    assert found is not None
    assert not allowed(found.caller, "inspector:ListFindings")
    assert allowed(found.caller, "inspector:ListAssessmentRuns")


def test_secrets_rest_sealed_and_bound_to_their_row(world: World, mia: Caller) -> None:
    first, second = (access_keys.create(world.service, world.caller, "mia") for _ in range(2))
    with world.database.read() as connection:
        sealed = {row.id: row.secret for row in connection.execute(select(access_key.c.id, access_key.c.secret))}
    assert all(made.secret.encode() not in sealed[made.id] for made in (first, second))
    with world.database.write() as connection:
        connection.execute(access_key.update().where(access_key.c.id == first.id).values(secret=sealed[second.id]))
    with pytest.raises(StoreError, match="another master key"):
        access_keys.find_key(world.service, first.id)
    other = replace(world.service, keys={**world.service.keys, "secrets": bytes(32)})
    with pytest.raises(StoreError, match="another master key"):
        access_keys.find_key(other, second.id)


def test_what_is_switched_off_signs_nothing(world: World, mia: Caller) -> None:
    made = access_keys.create(world.service, world.caller, "mia")
    access_keys.set_active(world.service, mia, made.id, False)
    assert access_keys.find_key(world.service, made.id) is None
    access_keys.set_active(world.service, mia, made.id, True)
    assert access_keys.find_key(world.service, made.id) is not None
    users.set_disabled(world.service, world.caller, "mia", True)
    assert access_keys.find_key(world.service, made.id) is None
    users.set_disabled(world.service, world.caller, "mia", False)
    access_keys.delete(world.service, world.caller, made.id)
    assert access_keys.find_key(world.service, made.id) is None
    with pytest.raises(NoSuchEntity):
        access_keys.delete(world.service, world.caller, made.id)


def test_two_keys_in_force_are_enough_to_exchange_them(world: World, mia: Caller) -> None:
    first = access_keys.create(world.service, world.caller, "mia")
    second = access_keys.rotate(world.service, mia, first.id, keep_old=True)
    with pytest.raises(LimitExceeded) as caught:
        access_keys.create(world.service, world.caller, "mia")
    assert caught.value.code == "ACCESS_KEY_LIMIT_EXCEEDED"
    third = access_keys.rotate(world.service, mia, second.id)
    found = {key.id: key.active for key in access_keys.list_(world.service, mia, "mia")}
    assert found == {first.id: True, second.id: False, third.id: True}
    with pytest.raises(LimitExceeded):
        access_keys.set_active(world.service, mia, second.id, True)
    assert access_keys.find_key(world.service, second.id) is None


def test_users_have_a_say_over_their_own_keys_only(world: World, mia: Caller) -> None:
    users.create(world.service, world.caller, "tom")
    toms = access_keys.create(world.service, world.caller, "tom")
    for call in (
        lambda: access_keys.create(world.service, mia, "mia"),
        lambda: access_keys.rotate(world.service, mia, toms.id),
        lambda: access_keys.set_active(world.service, mia, toms.id, False),
        lambda: access_keys.delete(world.service, mia, toms.id),
        lambda: access_keys.list_(world.service, mia, "tom"),
        lambda: access_keys.lend(world.service, mia, "tom"),
    ):
        with pytest.raises(AccessDenied):
            call()
    with pytest.raises(NoSuchEntity):
        access_keys.set_active(world.service, world.other, toms.id, False)
    assert access_keys.find_key(world.service, toms.id) is not None


def test_a_lent_key_has_a_token_and_an_end(world: World, mia: Caller, noon: object) -> None:
    made = access_keys.lend(world.service, mia, "mia", 900)
    assert made.id.startswith("ASIA")
    assert made.expires_at == 1795521600000 + 900_000
    found = access_keys.find_key(world.service, made.id)
    assert found is not None
    assert found.session_token == made.session_token
    assert (found.secret, found.expires_at) == (made.secret, made.expires_at)
    for seconds in (899, 129_601):
        with pytest.raises(InvalidInput):
            access_keys.lend(world.service, mia, "mia", seconds)


def test_lent_keys_do_not_pile_up(world: World, mia: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in range(0, 120, 12):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_800_000_000 + hour * 3600))
        access_keys.lend(world.service, mia, "mia", 900)
    assert len(access_keys.list_(world.service, mia, "mia")) <= 4


def test_use_is_noted_at_most_once_a_minute(world: World, mia: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    made = access_keys.create(world.service, world.caller, "mia")
    noted = []
    for second in (0, 59, 60):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_800_000_000 + second))
        found = access_keys.find_key(world.service, made.id)
        assert found is not None
        access_keys.note_use(world.service, found)
        noted.append(access_keys.list_(world.service, mia, "mia")[0].last_used_at)
    assert noted == [1_800_000_000_000, 1_800_000_000_000, 1_800_000_060_000]
