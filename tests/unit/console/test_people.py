"""Users, keys, policies, one's own account and the audit, as pages."""

from __future__ import annotations

import json
import re

import pytest

from service_world import ACCOUNT, OTHER
from shindan.model.account import User
from shindan.service import access_keys, audit_pages, policies, users
from shindan.service.audit_pages import Question
from shindan.service.caller import Caller
from shindan.service.rights import must
from unit.console.visits import ADMINISTRATOR, PASSWORD, READER, Site, give_password, rows, words

DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "shindan:ListAudit", "Resource": "*"}]}
)
HERE = f"/console/users/{READER}"


def find(site: Site, name: str) -> User | None:
    return next((user for user in users.list_(site.world.service, site.world.caller) if user.name == name), None)


def test_a_user_is_made_with_a_password_that_is_shown_once_and_works(site: Site) -> None:
    browser = site.entered()
    browser.look("/console/users/new")
    made = browser.fill(
        "/console/users/new", name="jenkins+1@ci", rights="policies", policy=["ReadOnly", "FullAccess"], password="1"
    )
    password = re.search(r"<code[^>]*>([\w-]{24})</code>", made.text)
    assert password and made.headers["cache-control"] == "no-store"
    assert password[1] not in browser.look("/console/users/jenkins%2B1%40ci").text
    assert find(site, "jenkins+1@ci").policies == ("ReadOnly", "FullAccess")  # type: ignore[union-attr]
    guest = site.browser()
    guest.look("/console/login")
    assert guest.fill("/console/login", account=ACCOUNT, user="jenkins+1@ci", password=password[1]).status_code == 303


@pytest.mark.parametrize(
    ("name", "policy", "said"),
    [
        (READER, "ReadOnly", "There is a user of this name already."),
        ("no spaces", "ReadOnly", "The name of a user has 1 to 64 letters"),
        ("<script>alert(1)</script>", "ReadOnly", "The name of a user has 1 to 64 letters"),
        ("new", "Unheard", "There is no such policy."),
    ],
    ids=["taken", "spaces", "a script", "unknown policy"],
)
def test_a_user_that_cannot_be_made_leaves_the_form_as_it_was(site: Site, name: str, policy: str, said: str) -> None:
    browser = site.entered()
    answer = browser.fill("/console/users/new", name=name, rights="policies", policy=policy)
    assert (answer.status_code, said in words(answer)) == (422, True)
    assert "<script>alert" not in answer.text
    assert len(users.list_(site.world.service, site.world.caller)) == 2


def test_rights_are_changed_and_the_last_administrator_stays(site: Site) -> None:
    browser = site.entered()
    assert "The rights are changed." in browser.said(browser.fill(HERE, do="rights", rights="administrator"))
    assert find(site, READER).administrator  # type: ignore[union-attr]
    assert "The rights are changed." in browser.said(
        browser.fill(HERE, do="rights", rights="policies", policy="FullAccess")
    )
    assert find(site, READER).policies == ("FullAccess",)  # type: ignore[union-attr]
    own = f"/console/users/{ADMINISTRATOR}"
    for form in ({"do": "rights", "rights": "policies"}, {"do": "disable"}, {"do": "remove"}):
        refused = browser.fill(own, csrf=None, headers=None, **form)
        assert refused.status_code == 422
        assert "This is the last administrator of the account" in words(refused)


def test_a_user_is_shut_out_let_in_and_removed(site: Site) -> None:
    browser, reader = site.entered(), site.entered(READER)
    assert "shut out" in browser.said(browser.fill(HERE, do="disable"))
    assert reader.get("/console/account").status_code == 303
    assert "The user may come in again." in browser.said(browser.fill(HERE, do="enable"))
    assert browser.fill(HERE, do="remove").headers["location"] == "/console/users"
    assert browser.get(HERE).status_code == 404
    assert browser.fill(HERE, do="disable").status_code == 404


def test_keys_are_made_rotated_switched_and_deleted_with_their_secret_shown_once(site: Site) -> None:
    browser = site.entered()
    made = browser.fill(HERE, do="create-key")
    first, secret = re.findall(r"<code[^>]*>([\w+/]{20,40})</code>", made.text)[:2]
    key = access_keys.find_key(site.world.service, first)
    assert key is not None and key.secret == secret
    assert secret not in browser.look(HERE).text
    rotated = browser.fill(HERE, do="rotate-key", key=first)
    second = re.findall(r"<code[^>]*>(AKIA\w+)</code>", rotated.text)[0]
    assert access_keys.find_key(site.world.service, first) is None
    assert "switched on" in browser.said(browser.fill(HERE, do="key-on", key=first))
    assert "at most two access keys" in words(browser.fill(HERE, do="create-key"))
    assert "switched off" in browser.said(browser.fill(HERE, do="key-off", key=second))
    assert "deleted" in browser.said(browser.fill(HERE, do="delete-key", key=second))
    assert [key.id for key in access_keys.list_(site.world.service, site.world.caller, READER)] == [first]


def test_nothing_of_another_account_is_seen_or_changed(site: Site) -> None:
    users.create(site.world.service, site.world.other, "stranger")
    key = access_keys.create(site.world.service, site.world.other, "stranger")
    policies.put(site.world.service, site.world.other, "Strange", DOCUMENT)
    browser = site.entered()
    for path in ("/console/users", "/console/policies", "/console/audit"):
        assert "trange" not in browser.look(path).text
    assert browser.get("/console/users/stranger").status_code == 404
    assert browser.get("/console/policies/Strange").status_code == 404
    assert browser.fill("/console/users/stranger", do="remove").status_code == 404
    for do in ("rotate-key", "key-off", "delete-key"):
        assert browser.fill(HERE, do=do, key=key.id).status_code == 422
    assert access_keys.find_key(site.world.service, key.id) is not None


def test_policies_are_made_changed_and_removed(site: Site) -> None:
    browser = site.entered()
    assert "The policy is kept." in browser.said(
        browser.fill("/console/policies/new", name="Auditors", document=DOCUMENT)
    )
    users.set_policies(site.world.service, site.world.caller, READER, ["Auditors"])
    reader = site.entered(READER)
    assert reader.get("/console/audit").status_code == 200
    changed = DOCUMENT.replace("ListAudit", "ListRules")
    assert "The policy is kept." in browser.said(
        browser.fill("/console/policies/Auditors", do="save", document=changed)
    )
    assert reader.get("/console/audit").status_code == 403
    in_use = browser.fill("/console/policies/Auditors", do="remove")
    assert (in_use.status_code, "A user has this policy" in words(in_use)) == (422, True)
    users.set_policies(site.world.service, site.world.caller, READER, [])
    assert "The policy is removed." in browser.said(browser.fill("/console/policies/Auditors", do="remove"))


@pytest.mark.parametrize(
    ("name", "document", "said"),
    [
        ("New", "{", "it is no JSON"),
        ("New", "[" * 5000, "it is no JSON"),
        ("New", DOCUMENT.replace("Allow", "Maybe"), 'must be "Allow" or "Deny"'),
        ("New", DOCUMENT.replace('"Resource"', '"Condition": {}, "Resource"'), "which is not understood here"),
        ("no name", DOCUMENT, "The name of a policy has 1 to 128 letters"),
        ("ReadOnly", DOCUMENT, "There is a policy of this name already."),
    ],
    ids=["no JSON", "deep", "no effect", "a condition", "bad name", "the service's own"],
)
def test_a_document_that_is_wrong_is_kept_in_the_form_with_why(site: Site, name: str, document: str, said: str) -> None:
    answer = site.entered().fill("/console/policies/new", name=name, document=document)
    assert (answer.status_code, said in words(answer)) == (422, True)


def test_the_services_own_policies_are_not_changed(site: Site) -> None:
    browser = site.entered()
    assert "<textarea" not in browser.look("/console/policies/ReadOnly").text
    for do in ("save", "remove"):
        assert browser.fill("/console/policies/ReadOnly", do=do, document=DOCUMENT).status_code == 422


def test_a_password_is_changed_with_the_present_one(site: Site) -> None:
    give_password(site, READER)
    browser, elsewhere = site.entered(READER), site.entered(READER)
    for old, new, again, said in (
        ("wrong horse battery", "another long one", "another long one", "The present password is wrong."),
        (PASSWORD, "another long one", "another long two", "The new password was typed in two ways."),
        (PASSWORD, "short", "short", "A password has 12 to 1,024 characters."),
    ):
        answer = browser.fill("/console/account", do="password", old=old, new=new, again=again)
        assert (answer.status_code, said in words(answer)) == (422, True)
    done = browser.fill(
        "/console/account", do="password", old=PASSWORD, new="another long one", again="another long one"
    )
    assert "The password is changed" in browser.said(done)
    assert elsewhere.get("/console/account").status_code == 303
    assert users.signed_in(site.world.service, ACCOUNT, READER, "another long one")


def test_the_present_password_is_not_to_be_guessed(site: Site) -> None:
    give_password(site, READER)
    browser = site.entered(READER)
    found = [
        browser.fill("/console/account", do="password", old=f"wrong {n} battery", new="x", again="x").status_code
        for n in range(11)
    ]
    assert found == [422] * 10 + [429]


def test_one_turns_ones_own_keys_and_no_others(site: Site) -> None:
    own = access_keys.create(site.world.service, site.world.caller, READER)
    other = access_keys.create(site.world.service, site.world.caller, ADMINISTRATOR)
    browser = site.entered(READER)
    page = browser.look("/console/account")
    assert own.id in page.text and other.id not in page.text
    assert "The new access key." in words(browser.fill("/console/account", do="rotate-key", key=own.id))
    for do in ("rotate-key", "key-off"):
        assert browser.fill("/console/account", do=do, key=other.id).status_code == 403
    assert browser.fill("/console/account", do="delete-everything").status_code == 400


def test_language_and_theme_are_kept_with_the_user(site: Site) -> None:
    browser = site.entered()
    browser.look("/console/account")
    browser.fill("/console/look", language="ja", theme="dark", next="/console/account")
    for one in (browser, site.entered()):
        page = one.look("/console/account").text
        assert '<html lang="ja" data-theme="dark">' in page
        assert "自分のアカウント" in page
    browser.fill("/console/look", theme="auto", language="xx")
    assert '<html lang="ja">' in browser.look("/console/account").text
    guest = site.browser()
    guest.look("/console/login")
    answer = guest.fill("/console/look", language="ja", next="/console/login?next=%2Fconsole%2Faudit")
    assert answer.headers["location"] == "/console/login?next=%2Fconsole%2Faudit"
    assert "サインイン" in guest.look("/console/login").text


@pytest.mark.parametrize(
    ("said", "language"),
    [("ja,en;q=0.5", "ja"), ("en-GB,ja;q=0.9", "en"), ("de,fr", "en"), ("", "en"), ("ja;q=0,en;q=0.1", "en"), ("JA-JP", "ja"), (";;;q=,", "en"), ("de, ja;q=0.2", "ja")],
)  # fmt: skip
def test_the_browsers_language_counts_until_one_is_chosen(site: Site, said: str, language: str) -> None:
    assert f'<html lang="{language}"' in site.browser(language=said).get("/console/login").text


def test_the_audit_is_filtered_and_paged(site: Site) -> None:
    service, caller = site.world.service, site.world.caller
    for number in range(audit_pages.SIZE + 5):
        users.create(service, caller, f"made{number}")
    with pytest.raises(Exception, match="may not"):
        must(Caller(ACCOUNT, "", "x"), "ListAudit")
    browser = site.entered(READER)
    first = browser.look("/console/audit?action=CreateUser&resource=made")
    assert len(rows(first)) == audit_pages.SIZE + 1
    token = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert token
    second = browser.look(token[1].replace("&amp;", "&"))
    assert len(rows(second)) == 5 + 1
    assert "This page of the list is no longer there" in words(browser.look("/console/audit?page=nonsense"))
    assert len(rows(browser.look("/console/audit?outcome=refused"))) == 0
    assert browser.fill("/console/users/new", name="x").status_code == 403
    assert len(rows(browser.look("/console/audit?user=operator&action=Create&resource=made12"))) == 2
    assert len(rows(browser.look("/console/audit?until=2001-01-01"))) == 0
    assert len(rows(browser.look("/console/audit?since=nonsense&action=SignIn"))) == 2
    assert rows(browser.look("/console/audit?resource=100%25_")) == []


def test_the_audit_of_another_account_is_its_own(site: Site) -> None:
    found = audit_pages.page(site.world.service, Caller(OTHER, "", "x", administrator=True), Question())
    assert {entry.account for entry in found.items} == {OTHER}
