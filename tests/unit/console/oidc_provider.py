"""An OpenID provider on loopback: discovery, keys, codes against PKCE, ID tokens; and whatever a bad one would do."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "shindan", "s3cret/+ with marks"


@functools.cache
def _keys() -> dict[str, Any]:
    return {"RS256": RSAKey.generate_key(2048), "ES256": ECKey.generate_key("P-256")}


@dataclass
class OidcProvider:
    """`claims` are what it says of whoever comes; `alter` changes the claims of a token before it is signed, `token` the
    whole token afterwards. `asked` are the paths that were asked for.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(
        default_factory=lambda: {"sub": "248289761001", "preferred_username": "jane", "groups": ["ops"]}
    )
    extra: dict[str, Any] = field(default_factory=dict)
    alter: Callable[[dict[str, Any]], None] = lambda claims: None
    token: Callable[[str, OidcProvider], str] = lambda token, provider: token
    algorithm: str = "RS256"
    keys: dict[str, Any] = field(default_factory=lambda: dict(_keys()))
    discovery: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def key_set(self) -> dict[str, Any]:
        """What it publishes; a shared secret among it is nobody's proof."""
        published = [{**key.as_dict(private=False), "kid": name, "use": "sig"} for name, key in self.keys.items()]
        return {"keys": [*published, {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}]}

    def signed(self, claims: dict[str, Any]) -> str:
        """An ID token."""
        return str(
            jwt.encode(
                {"alg": self.algorithm, "kid": self.algorithm},
                claims,
                self.keys[self.algorithm],
                algorithms=[self.algorithm],
            )
        )

    def authorize(self, address: str) -> str:
        """Plays the person at the browser: signs in at an address of ours, and gives where they are sent back to."""
        query = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (query["response_type"], query["client_id"], query["code_challenge_method"]) == ("code", CLIENT, "S256")
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def answered(self, headers: Any, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The token endpoint (RFC 6749, 4.1.3; RFC 7636, 4.6): a code is good once, for whom it was made."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or [unquote(part) for part in base64.b64decode(given).decode().split(":", 1)] != [
            CLIENT,
            SECRET,
        ]:
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        )
        if challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
        }
        self.alter(claims)
        token = self.token(self.signed(claims), self)
        return 200, {"access_token": "at-1", "token_type": "Bearer", "id_token": token}

    def page(self, path: str) -> dict[str, Any] | None:
        """What it publishes at a path."""
        own = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            **self.discovery,
        }
        pages = {
            "/.well-known/openid-configuration": own,
            "/keys": self.key_set(),
            "/userinfo": {"sub": self.claims.get("sub"), **self.extra},
        }
        return pages.get(path)


def forged(header: dict[str, Any], token: str, key: bytes | None) -> str:
    """The claims of a token below another header: signed with a secret, or not at all."""
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    body = ".".join(_plain(json.dumps(one).encode()) for one in (header, claims))
    return f"{body}.{_plain(hmac.digest(key, body.encode(), 'sha256')) if key is not None else ''}"


def _plain(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """A provider that listens."""
    provider = OidcProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            found = provider.page(self.path)
            self._answer(provider.status if found is not None else 404, found or {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer(*provider.answered(self.headers, {key: values[0] for key, values in parse_qs(body).items()}))

        def _answer(self, status: int, said: dict[str, Any]) -> None:
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: tests say what went wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
