"""An OpenID provider as OpenID Connect Core 1.0 (code flow) and RFC 7636 (PKCE) have it: where to send people, and what
to make of what it answers.

A proof that cannot be checked is none: signatures by the provider's published keys, asymmetric algorithms only, issuer,
audience, expiry, nonce (Core, 3.1.3.7).
"""

from __future__ import annotations

import secrets
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shindan.console.errors import ProviderAway, ProviderRefused
from shindan.console.options import SingleSignOn

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that only the provider can make; `none` and those by a shared secret are not taken."""

_KEPT = 3_600.0
_ASKED_AGAIN = 60.0
_LEEWAY = 60
_TIMEOUT = 10.0
_LARGEST = 1_048_576
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in that was begun: where to send the browser, and what must come back to this very browser."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who the provider says it is; `subject` is theirs for ever, the name is whatever its claim says."""

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...]


class Provider:
    """One provider. What it publishes is kept for an hour; keys are asked for anew where one is unknown."""

    def __init__(self, settings: SingleSignOn, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        _must_be_safe(settings.issuer)

    def start(self, redirect: str) -> Started:
        """Where to send somebody. Raises ProviderAway."""
        state, nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        address = prepare_grant_uri(
            self._endpoint("authorization_endpoint"),
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=redirect,
            scope=self._settings.scopes,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Started(str(address), state, nonce, verifier)

    def finish(self, code: str, redirect: str, nonce: str, verifier: str) -> Person:
        """Who came back with a code. Raises ProviderRefused for a proof that does not hold, ProviderAway."""
        answer = self._exchange(code, redirect, verifier)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused("the provider's answer has no id_token")
        claims = self._checked(token, nonce)
        settings = self._settings
        if settings.name_claim not in claims or (settings.groups and settings.groups_claim not in claims):
            claims = {**self._userinfo(answer, str(claims["sub"])), **claims}
        name, groups = claims.get(settings.name_claim), claims.get(settings.groups_claim) or []
        if not isinstance(name, str) or not name:
            raise ProviderRefused(f"the provider says no {settings.name_claim}")
        groups = [groups] if isinstance(groups, str) else groups
        known = tuple(str(group) for group in groups) if isinstance(groups, list) else ()
        return Person(settings.issuer, str(claims["sub"]), name, known)

    def _checked(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            decoded = self._decoded(token)
            registry = jwt.JWTClaimsRegistry(
                now=int(self._clock()),
                leeway=_LEEWAY,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": self._settings.client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            registry.validate(decoded.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderRefused(f"the id_token does not hold: {type(error).__name__}: {error}") from None
        claims = dict(decoded.claims)
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        party = claims.get("azp")
        if (len(audience) > 1 or party is not None) and party != self._settings.client_id:
            raise ProviderRefused("the id_token was made for another client")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise ProviderRefused("the id_token has no subject of 1 to 255 characters")
        return claims

    def _decoded(self, token: str) -> Any:
        try:
            return jwt.decode(token, self._published(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have changed its keys; who sends nonsense does not make us ask each time.
            if self._keys is not None and self._clock() - self._keys[0] < _ASKED_AGAIN:
                raise
            return jwt.decode(token, self._published(anew=True), algorithms=ALGORITHMS)

    def _published(self, *, anew: bool = False) -> KeySet:
        with self._lock:
            if self._keys is None or anew or self._clock() - self._keys[0] > _KEPT:
                found = self._json("GET", self._endpoint("jwks_uri"))
                try:
                    self._keys = (self._clock(), KeySet.import_key_set(_public(found)))  # type: ignore[arg-type]
                except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
                    raise ProviderAway(f"the provider's keys cannot be read: {error}") from None
            return self._keys[1]

    def _endpoint(self, name: str) -> str:
        address = self._discovered().get(name)
        if not isinstance(address, str):
            raise ProviderAway(f"the provider publishes no {name}")
        _must_be_safe(address)
        return address

    def _discovered(self) -> Mapping[str, Any]:
        """What it publishes about itself (OpenID Connect Discovery 1.0, 4)."""
        issuer = self._settings.issuer
        if self._metadata is None or self._clock() - self._metadata[0] > _KEPT:
            found = self._json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise ProviderAway(f"{issuer} says that it is {str(found.get('issuer'))[:200]!r}")
            self._metadata = (self._clock(), found)
        return self._metadata[1]

    def _exchange(self, code: str, redirect: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier,
            "client_id": self._settings.client_id,
        }  # fmt: skip
        methods = self._discovered().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        secret, basic = self._settings.client_secret, None
        if secret and "client_secret_basic" in methods:
            basic = httpx.BasicAuth(self._settings.client_id, secret)
        elif secret:
            form["client_secret"] = secret
        return self._json("POST", self._endpoint("token_endpoint"), data=form, auth=basic)

    def _userinfo(self, answer: Mapping[str, Any], subject: str) -> Mapping[str, Any]:
        """What more there is to know (Core, 5.3); {} where nothing is offered."""
        if "userinfo_endpoint" not in self._discovered() or not isinstance(answer.get("access_token"), str):
            return {}
        bearer = {"authorization": f"Bearer {answer['access_token']}"}
        found = self._json("GET", self._endpoint("userinfo_endpoint"), headers=bearer)
        if found.get("sub") != subject:
            raise ProviderRefused("the provider's userinfo is about somebody else")
        return found

    def _json(self, method: str, address: str, **more: Any) -> Mapping[str, Any]:
        try:
            with httpx.Client(timeout=_TIMEOUT, verify=self._trust(), follow_redirects=False) as client:
                answer = client.request(method, address, **more)
            if answer.status_code >= 400 and method == "POST":
                raise ProviderRefused(
                    f"{urlsplit(address).netloc} refused the code: {answer.status_code} {answer.text[:200]}"
                )
            if answer.status_code != 200 or len(answer.content) > _LARGEST:
                raise ProviderAway(f"{address[:200]} answers {answer.status_code}")
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            raise ProviderAway(f"{address[:200]}: {type(error).__name__}: {error}") from None
        if not isinstance(found, dict):
            raise ProviderAway(f"{address[:200]} answers something that is no JSON object")
        return found

    def _trust(self) -> ssl.SSLContext | bool:
        return ssl.create_default_context(cafile=self._settings.ca) if self._settings.ca else True


def _public(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keys that signatures can be checked with: a shared secret among them would let anybody who reads it sign."""
    keys = [key for key in found["keys"] if key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"]
    return {"keys": keys}


def _must_be_safe(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise ProviderAway(f"{address[:200]} is not reached by https")
