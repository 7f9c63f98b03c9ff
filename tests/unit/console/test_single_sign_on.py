"""Signing in with an OpenID provider: a real one on loopback, and every way in which one could lie."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from service_world import ACCOUNT
from shindan.console import cookies
from shindan.console.door import Console
from shindan.console.errors import ProviderAway, ProviderRefused
from shindan.console.options import SingleSignOn
from shindan.console.provider import Provider
from shindan.model.refusals import InvalidInput
from shindan.service import federated, users
from unit.console.oidc_provider import CLIENT, SECRET, OidcProvider, forged, oidc_provider
from unit.console.visits import READER, Browser, Site, sites, words

Claims = dict[str, Any]


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as made:
        yield made


@pytest.fixture
def site(tmp_path: Path, provider: OidcProvider) -> Iterator[Site]:
    settings = SingleSignOn(provider.issuer, CLIENT, SECRET, account=ACCOUNT, creates=True, label="Example")
    yield from sites(tmp_path, sso=settings)


def told(site: Site, **changes: Any) -> None:
    """The same site with other settings of the provider."""
    assert site.options.sso is not None
    site.options = replace(site.options, sso=replace(site.options.sso, **changes))
    site.console = Console(site.world.service, site.options)


def come_back(browser: Browser, provider: OidcProvider, to: str = "") -> httpx.Response:
    """Goes the whole way."""
    away = browser.get(f"/console/login/oidc{to}")
    assert away.status_code == 303, words(away)
    return browser.get(provider.authorize(away.headers["location"]))


def test_the_whole_way_in_and_back_to_where_one_wanted(site: Site, provider: OidcProvider) -> None:
    browser = site.browser()
    assert "Sign in with Example" in words(browser.look("/console/login?next=/console/account"))
    done = come_back(browser, provider, "?next=/console/account")
    assert (done.status_code, done.headers["location"]) == (303, "/console/account")
    assert "jane of account" in words(browser.look("/console/account"))
    assert [user.name for user in users.list_(site.world.service, site.world.caller)] == [
        "administrator",
        "jane",
        "reader",
    ]
    again = site.browser()
    provider.claims["preferred_username"] = "jane.doe"
    assert come_back(again, provider).status_code == 303
    assert "jane of account" in words(again.look("/console/account")), "the subject says who it is, not the name"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_both_kinds_of_keys(site: Site, provider: OidcProvider, algorithm: str) -> None:
    provider.algorithm = algorithm
    assert come_back(site.browser(), provider).status_code == 303


def expired(claims: Claims) -> None:
    claims["exp"] = int(time.time()) - 120


def of_tomorrow(claims: Claims) -> None:
    claims["iat"] = int(time.time()) + 7200


def without(name: str) -> Callable[[Claims], None]:
    return lambda claims: claims.pop(name) and None


def with_(**values: Any) -> Callable[[Claims], None]:
    return lambda claims: claims.update(values)


@pytest.mark.parametrize(
    "alter",
    [
        with_(nonce="another"), without("nonce"), with_(iss="https://evil.example"), without("iss"), with_(aud="another"), without("aud"),
        with_(aud=["another", "more"]), with_(aud=[CLIENT, "another"]), with_(azp="another"), expired, without("exp"), without("iat"),
        with_(exp="soon"), without("sub"), with_(sub=""), with_(sub=7), with_(sub="x" * 256), of_tomorrow, without("preferred_username"),
        with_(preferred_username=7), with_(preferred_username=""),
    ],
    ids=[
        "nonce", "no nonce", "issuer", "no issuer", "audience", "no audience", "audiences", "ours among others", "another party", "expired", "no expiry",
        "no time", "expiry that is none", "no subject", "empty subject", "a number", "long subject", "of tomorrow", "no name", "a number for a name",
        "empty name",
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    site: Site, provider: OidcProvider, alter: Callable[[Claims], None]
) -> None:
    provider.alter = alter
    browser = site.browser()
    answer = come_back(browser, provider)
    assert answer.status_code == 400
    assert "cannot be taken as proof of who you are" in words(answer)
    assert cookies.SESSION not in browser.cookies
    assert len(users.list_(site.world.service, site.world.caller)) == 2


def tampered(token: str, _: OidcProvider) -> str:
    head, body, signature = token.split(".")
    return ".".join((head, body, signature[:-8] + "AAAAAAAA"))


@pytest.mark.parametrize(
    "token",
    [
        lambda token, _: forged({"alg": "none"}, token, None),
        lambda token, _: forged({"alg": "HS256"}, token, SECRET.encode()),
        lambda token, _: forged({"alg": "HS256", "kid": "shared"}, token, b"secret"),
        lambda token, provider: forged({"alg": "HS256", "kid": "RS256"}, token, provider.keys["RS256"].as_pem(private=False)),
        tampered,
        lambda token, _: "",
        lambda token, _: "a.b.c",
        lambda token, _: token.rpartition(".")[0],
        lambda token, _: 7,
    ],
    ids=["none", "by our secret", "by a published secret", "by the public key", "tampered", "empty", "nonsense", "two parts", "a number"],
)  # fmt: skip
def test_a_token_that_the_provider_did_not_sign_is_refused(
    site: Site, provider: OidcProvider, token: Callable[..., str]
) -> None:
    provider.token = token
    browser = site.browser()
    assert come_back(browser, provider).status_code == 400
    assert cookies.SESSION not in browser.cookies


def test_a_changed_key_is_asked_for_but_not_again_and_again(provider: OidcProvider) -> None:
    moment = [time.time()]
    made = Provider(SingleSignOn(provider.issuer, CLIENT, SECRET), clock=lambda: moment[0])

    def comes_in() -> str:
        started = made.start("http://console.test/back")
        code = dict(parse_qsl(urlsplit(provider.authorize(started.address)).query))["code"]
        return made.finish(code, "http://console.test/back", started.nonce, started.verifier).name

    assert comes_in() == "jane"
    provider.keys["RS256"] = RSAKey.generate_key(2048)
    with pytest.raises(ProviderRefused):
        comes_in()  # keys were asked for just now: whoever sends nonsense does not make us ask each time
    moment[0] += 61
    assert comes_in() == "jane"
    assert provider.asked.count("/keys") == 2


@pytest.mark.parametrize("wrong", ["state", "no state", "no cookie", "other browser", "code", "used code", "error"])
def test_an_answer_that_belongs_to_no_sign_in_is_refused(site: Site, provider: OidcProvider, wrong: str) -> None:
    browser = site.browser()
    address = provider.authorize(browser.get("/console/login/oidc").headers["location"])
    if wrong == "state":
        address = address.replace("state=", "state=x")
    elif wrong == "no state":
        address = address.partition("&state")[0]
    elif wrong == "no cookie":
        browser.cookies.delete(cookies.OIDC)
    elif wrong == "other browser":
        browser = site.browser()
        browser.get("/console/login/oidc")
    elif wrong == "code":
        address = address.replace("code=", "code=x")
    elif wrong == "used code":
        provider.codes.clear()
    else:
        address = address.replace("code=", "error=access_denied&x=")
    answer = browser.get(address)
    assert answer.status_code == 400
    assert cookies.SESSION not in browser.cookies


def test_a_provider_that_is_away_or_another_is_told(site: Site, provider: OidcProvider) -> None:
    provider.status = 500
    answer = site.browser().get("/console/login/oidc")
    assert (answer.status_code, "The provider cannot be reached" in words(answer)) == (503, True)
    provider.status, provider.discovery = 200, {"issuer": "https://evil.example"}
    assert site.browser().get("/console/login/oidc").status_code == 503
    provider.discovery = {"authorization_endpoint": "http://evil.example/"}
    assert site.browser().get("/console/login/oidc").status_code == 503, "only loopback goes without TLS"
    with pytest.raises(ProviderAway):
        Provider(SingleSignOn("http://login.example", CLIENT, SECRET))


def test_without_a_provider_there_is_no_way_to_it(tmp_path: Path) -> None:
    for site in sites(tmp_path):
        assert site.browser().get("/console/login/oidc").status_code == 404
        assert "oidc" not in site.browser().look("/console/login").text


def test_who_has_no_user_gets_none_unless_it_is_set(site: Site, provider: OidcProvider) -> None:
    told(site, creates=False)
    answer = come_back(site.browser(), provider)
    assert (answer.status_code, "you have no user here" in words(answer)) == (403, True)
    assert provider.claims["sub"] in words(answer), "an administrator needs to know the subject"
    federated.link(site.world.service, site.world.caller, READER, provider.issuer, provider.claims["sub"])
    browser = site.browser()
    assert come_back(browser, provider).status_code == 303
    assert "reader of account" in words(browser.look("/console/account"))
    federated.unlink(site.world.service, site.world.caller, READER, provider.issuer, provider.claims["sub"])
    assert come_back(site.browser(), provider).status_code == 403


@pytest.mark.parametrize("name", ["administrator", "reader", "not a name", "<script>", "x" * 65])
def test_nobody_takes_a_user_over_by_a_name(site: Site, provider: OidcProvider, name: str) -> None:
    provider.claims["preferred_username"] = name
    browser = site.browser()
    answer = come_back(browser, provider)
    assert answer.status_code == 403
    assert "<script>" not in answer.text
    assert cookies.SESSION not in browser.cookies
    assert len(users.list_(site.world.service, site.world.caller)) == 2


def test_a_subject_is_one_user(site: Site, provider: OidcProvider) -> None:
    federated.link(site.world.service, site.world.caller, READER, provider.issuer, "s")
    with pytest.raises(InvalidInput):
        federated.link(site.world.service, site.world.caller, "administrator", provider.issuer, "s")
    browser = site.entered()
    assert "s" in words(browser.look(f"/console/users/{READER}"))
    assert "comes in as this user" in browser.said(browser.fill(f"/console/users/{READER}", do="link", subject="t"))
    assert browser.fill(f"/console/users/{READER}", do="link", subject="t").status_code == 422
    assert "does not come in any more" in browser.said(
        browser.fill(f"/console/users/{READER}", do="unlink", issuer=provider.issuer, subject="t")
    )


def test_a_user_who_is_shut_out_stays_out(site: Site, provider: OidcProvider) -> None:
    assert come_back(site.browser(), provider).status_code == 303
    users.set_disabled(site.world.service, site.world.caller, "jane", True)
    browser = site.browser()
    assert come_back(browser, provider).status_code == 403
    assert cookies.SESSION not in browser.cookies


def test_groups_bring_policies_and_take_them_away_again(site: Site, provider: OidcProvider) -> None:
    told(
        site, groups=(("ops", "FullAccess"), ("read only", "ReadOnly"), ("admins", "Administrator"), ("odd", "Unheard"))
    )

    def rights() -> tuple[bool, tuple[str, ...]]:
        jane = next(user for user in users.list_(site.world.service, site.world.caller) if user.name == "jane")
        return jane.administrator, jane.policies

    for groups, expected in (
        (["ops"], (False, ("FullAccess",))),
        (["read only", "unknown", "ops"], (False, ("FullAccess", "ReadOnly"))),
        ("admins", (True, ())),
        (["odd", "read only"], (False, ("ReadOnly",))),
    ):
        provider.claims["groups"] = groups
        assert come_back(site.browser(), provider).status_code == 303
        assert rights() == expected
    provider.claims["groups"] = ["unknown"]
    assert come_back(site.browser(), provider).status_code == 403
    assert rights() == (False, ())


def test_who_is_in_no_group_is_not_made(site: Site, provider: OidcProvider) -> None:
    told(site, groups=(("admins", "Administrator"),))
    assert come_back(site.browser(), provider).status_code == 403
    assert len(users.list_(site.world.service, site.world.caller)) == 2


def test_what_the_token_leaves_out_is_asked_for(site: Site, provider: OidcProvider) -> None:
    told(site, groups=(("ops", "ReadOnly"),))
    provider.extra = {
        "preferred_username": provider.claims.pop("preferred_username"),
        "groups": provider.claims.pop("groups"),
    }
    assert come_back(site.browser(), provider).status_code == 303
    provider.extra["sub"] = "somebody else"
    assert come_back(site.browser(), provider).status_code == 400


def test_what_it_publishes_is_asked_for_once(site: Site, provider: OidcProvider) -> None:
    for _ in range(3):
        assert come_back(site.browser(), provider).status_code == 303
    assert [provider.asked.count(path) for path in ("/.well-known/openid-configuration", "/keys", "/token")] == [
        1,
        1,
        3,
    ]
