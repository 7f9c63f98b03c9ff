"""Users, their passwords and rights; an account always keeps an administrator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from service_world import World, worlds
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity, Refusal
from shindan.service import passwords, users
from shindan.service.caller import Caller, allowed
from shindan.store import audit
from shindan.store import users as stored
from stores import BACKENDS

PASSWORD = "correct horse battery"


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def plain(world: World, name: str = "mia") -> Caller:
    return Caller(world.caller.account, "us-west-2", name)


def test_users_belong_to_their_account(world: World) -> None:
    made = users.create(world.service, world.caller, "mia", policy_names=["ReadOnly"])
    users.create(world.service, world.other, "mia", administrator=True)
    assert users.list_(world.service, world.caller) == [made]
    assert (made.administrator, made.policies, made.has_password) == (False, ("ReadOnly",), False)
    with pytest.raises(NoSuchEntity):
        users.remove(world.service, world.caller, "nobody")


@pytest.mark.parametrize(
    ("name", "policy", "code"),
    [
        ("mia", "ReadOnly", "USER_NAME_ALREADY_TAKEN"),
        ("", "ReadOnly", "INVALID_USER_NAME"),
        ("a b", "ReadOnly", "INVALID_USER_NAME"),
        ("x" * 65, "ReadOnly", "INVALID_USER_NAME"),
        ("tom", "Nothing", "POLICY_DOES_NOT_EXIST"),
    ],
)
def test_what_is_refused(world: World, name: str, policy: str, code: str) -> None:
    users.create(world.service, world.caller, "mia")
    with pytest.raises(Refusal) as caught:
        users.create(world.service, world.caller, name, policy_names=[policy])
    assert getattr(caught.value, "code", "") == code


def test_only_administrators_look_after_users(world: World) -> None:
    users.create(world.service, world.caller, "mia")
    mia = plain(world)
    for call in (
        lambda: users.create(world.service, mia, "tom"),
        lambda: users.set_administrator(world.service, mia, "mia", True),
        lambda: users.reset(world.service, mia, "mia"),
        lambda: users.set_password(world.service, mia, "tom", PASSWORD),
        lambda: users.remove(world.service, mia, "mia"),
        lambda: users.list_(world.service, mia),
    ):
        with pytest.raises(AccessDenied):
            call()
    with world.database.read() as connection:
        refused = [entry for entry in audit.entries(connection, mia.account) if entry.outcome == "ACCESS_DENIED"]
    assert len(refused) == 5


def test_signing_in(world: World) -> None:
    users.create(world.service, world.caller, "mia", policy_names=["ReadOnly"], password=PASSWORD)
    users.create(world.service, world.caller, "key-only")
    account = world.caller.account
    caller = users.signed_in(world.service, account, "mia", PASSWORD)
    assert caller is not None
    assert allowed(caller, "inspector:ListFindings")
    assert not allowed(caller, "inspector:DeleteAssessmentRun")
    wrong = [
        (account, "mia", PASSWORD + "x"),
        (account, "mia", ""),
        (account, "key-only", ""),
        (account, "nobody", PASSWORD),
        (world.other.account, "mia", PASSWORD),
        (account, "mia", "\ud800" * 20),
    ]
    assert [users.signed_in(world.service, *one) for one in wrong] == [None] * len(wrong)
    users.set_disabled(world.service, world.caller, "mia", True)
    assert users.signed_in(world.service, account, "mia", PASSWORD) is None
    fresh = users.reset(world.service, world.caller, "mia")
    assert users.signed_in(world.service, account, "mia", PASSWORD) is None
    assert users.signed_in(world.service, account, "mia", fresh) is not None


def test_users_change_their_own_password(world: World) -> None:
    users.create(world.service, world.caller, "mia", password=PASSWORD)
    users.set_password(world.service, plain(world), "mia", PASSWORD + "2")
    assert users.signed_in(world.service, world.caller.account, "mia", PASSWORD + "2") is not None
    for weak in ("short", "x" * 1025):
        with pytest.raises(InvalidInput) as caught:
            users.set_password(world.service, plain(world), "mia", weak)
        assert caught.value.code == "INVALID_PASSWORD"


def test_a_dated_hash_is_renewed_when_its_owner_signs_in(world: World) -> None:
    from argon2 import PasswordHasher

    made = users.create(world.service, world.caller, "mia", password=PASSWORD)
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with world.database.write() as connection:
        stored.change(connection, made.id, password_hash=old)
    assert users.signed_in(world.service, made.account, "mia", PASSWORD) is not None
    with world.database.read() as connection:
        kept = stored.password_hash(connection, made.account, "mia")
    assert kept is not None
    assert kept != old
    assert not passwords.is_dated(kept)


def test_the_last_administrator_stays(world: World) -> None:
    users.create(world.service, world.caller, "anna", administrator=True)
    users.create(world.service, world.caller, "mia")
    calls: list[Callable[[], object]] = [
        lambda: users.remove(world.service, world.caller, "anna"),
        lambda: users.set_administrator(world.service, world.caller, "anna", False),
        lambda: users.set_disabled(world.service, world.caller, "anna", True),
    ]
    for call in calls:
        with pytest.raises(InvalidInput) as caught:
            call()
        assert caught.value.code == "LAST_ADMINISTRATOR"
    assert [user.administrator for user in users.list_(world.service, world.caller)] == [True, False]
    users.set_administrator(world.service, world.caller, "mia", True)
    users.remove(world.service, world.caller, "anna")
    assert [user.name for user in users.list_(world.service, world.caller)] == ["mia"]


def test_two_administrators_who_remove_each_other_do_not_both_succeed(world: World) -> None:
    for name in ("anna", "otto"):
        users.create(world.service, world.caller, name, administrator=True)
    codes: list[str] = []

    def remove(name: str) -> None:
        try:
            users.remove(world.service, world.caller, name)
        except InvalidInput as refusal:
            codes.append(refusal.code)

    threads = [Thread(target=remove, args=(name,)) for name in ("anna", "otto")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["LAST_ADMINISTRATOR"]
    assert len(users.list_(world.service, world.caller)) == 1
