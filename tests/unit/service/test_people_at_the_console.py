"""What the console's visitors rest on, on both databases: sessions, second factors, subjects of providers, the audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from service_world import ACCOUNT, World, worlds
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service import audit_pages, federated, second_factor, sessions, users, vault
from shindan.service.audit_pages import Question
from shindan.service.caller import Caller
from shindan.service.federated import Subject
from shindan.service.sessions import Terms
from stores import BACKENDS

ANN = Caller(ACCOUNT, "us-west-2", "ann")


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    for made in worlds(request.param, tmp_path):
        users.create(made.service, made.caller, "ann", policy_names=["ReadOnly"])
        yield made


def test_a_session_from_its_begin_to_its_end(world: World) -> None:
    token = sessions.begin(world.service, ANN, "password", "192.0.2.1", "x" * 500, Terms())
    found = sessions.resume(world.service, token, "192.0.2.1", Terms())
    assert found is not None
    assert (found.caller.user, found.caller.account, found.second_factor, found.language) == ("ann", ACCOUNT, False, "")
    assert len(found.session.client) == 200
    sessions.prefer(world.service, ANN, language="ja")
    sessions.prefer(world.service, ANN, theme="dark")
    again = sessions.resume(world.service, token, "192.0.2.1", Terms())
    assert again is not None and (again.language, again.theme) == ("ja", "dark")
    for nothing in ("", "x", token + "x", "\ud800"):
        assert sessions.resume(world.service, nothing, "192.0.2.1", Terms()) is None
    sessions.end(world.service, ANN, found.session.id)
    assert sessions.resume(world.service, token, "192.0.2.1", Terms()) is None
    with pytest.raises(NoSuchEntity):
        sessions.end(world.service, ANN, found.session.id)


def test_a_second_factor_goes_with_the_master_key(world: World) -> None:
    made = second_factor.propose(world.service, ANN)
    codes = second_factor.confirm(world.service, ANN, pyotp.TOTP(made.secret).now())
    assert second_factor.recovery_left(world.service, ANN) == len(codes) == second_factor.RECOVERY_CODES
    assert second_factor.check(world.service, ACCOUNT, "ann", codes[4]) == "recovery"
    assert second_factor.check(world.service, ACCOUNT, "ann", codes[4]) is None
    assert len(second_factor.holders(world.service, world.caller)) == 1
    vault.renew(world.database, world.service.data)
    assert not second_factor.in_force(world.service, ACCOUNT, "ann")


def test_somebody_of_a_provider_is_one_user_and_goes_with_them(world: World) -> None:
    subject = Subject("https://login.example", "s-1", "bob")
    made = federated.caller(world.service, ACCOUNT, subject, None, creates=True)
    assert federated.caller(world.service, ACCOUNT, subject, None, creates=False) == made
    assert [one.id for one in federated.subjects(world.service, world.caller, "bob")] == ["s-1"]
    with pytest.raises(InvalidInput):
        federated.link(world.service, world.caller, "ann", subject.issuer, subject.id)
    users.remove(world.service, world.caller, "bob")
    with pytest.raises(NoSuchEntity):
        federated.caller(world.service, ACCOUNT, subject, None, creates=False)


def test_the_audit_answers_what_is_asked(world: World) -> None:
    def actions(**question: object) -> list[str]:
        found = audit_pages.page(world.service, world.caller, Question(**question))  # type: ignore[arg-type]
        return [entry.action for entry in found.items]

    with pytest.raises(NoSuchEntity):
        users.set_disabled(world.service, world.caller, "no%body_", True)
    assert actions() == ["SetUserDisabled", "CreateUser", "CreateAccount"]
    assert actions(user="operator", action="Create") == ["CreateUser", "CreateAccount"]
    assert actions(resource="%body_") == ["SetUserDisabled"]
    assert actions(resource="%") == ["SetUserDisabled"] and actions(action="_") == []
    assert actions(refused=True) == ["SetUserDisabled"] and "SetUserDisabled" not in actions(refused=False)
    assert actions(since=2**62) == [] and actions(until=1) == []
