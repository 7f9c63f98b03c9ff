"""Signing in with an OpenID provider: away to it, and back."""

from __future__ import annotations

import functools
from hmac import compare_digest

from starlette.responses import RedirectResponse, Response

from shindan.console import cookies
from shindan.console.errors import NoUserHere, ProviderRefused
from shindan.console.options import SingleSignOn
from shindan.console.page import Visit
from shindan.console.provider import Person, Provider
from shindan.console.signing_in import address_of, let_in
from shindan.model.refusals import AccessDenied, NoSuchEntity
from shindan.service import federated, sign_in

BACK = "/console/login/oidc/back"
SECONDS = 600


def away(visit: Visit) -> Response:
    """Sends the browser to the provider, with a cookie that only this browser can come back with."""
    started = _provider(_settings(visit)).start(_back(visit))
    response = RedirectResponse(started.address, 303)
    kept = {
        "state": started.state,
        "nonce": started.nonce,
        "verifier": started.verifier,
        "next": visit.query("next")[:500],
    }
    cookies.put(visit.request, response, cookies.OIDC, visit.signed.seal("oidc", kept), SECONDS)
    return response


def back(visit: Visit) -> Response:
    """Takes what the provider sent the browser back with."""
    settings = _settings(visit)
    kept = visit.signed.unseal("oidc", cookies.read(visit.request, cookies.OIDC), SECONDS)
    if not kept or not compare_digest(visit.query("state").encode(), kept["state"].encode()):
        raise ProviderRefused("the answer belongs to no sign-in of this browser")
    if visit.query("error") or not visit.query("code"):
        raise ProviderRefused(f"the provider says {visit.query('error')[:100] or 'no code'}")
    person = _provider(settings).finish(visit.query("code"), _back(visit), kept["nonce"], kept["verifier"])
    response = _let_in(visit, settings, person, kept["next"])
    cookies.take(visit.request, response, cookies.OIDC)
    return response


def _let_in(visit: Visit, settings: SingleSignOn, person: Person, wanted: str) -> Response:
    only = sign_in.the_account(visit.service)
    account = settings.account or (only.id if only else "")
    rights = federated.rights_of(settings.groups, person.groups) if settings.groups else None
    subject = federated.Subject(person.issuer, person.subject, person.name)
    try:
        caller = federated.caller(visit.service, account, subject, rights, creates=settings.creates)
    except NoSuchEntity as error:
        raise NoUserHere(f"{error} ({person.subject!r} of {person.issuer})") from None
    except AccessDenied:
        sign_in.note_failure(visit.service, account, person.name, "ACCESS_DENIED", address_of(visit))
        raise
    return let_in(visit, caller, "oidc", wanted)


def _settings(visit: Visit) -> SingleSignOn:
    if visit.options.sso is None:
        raise NoSuchEntity("NO_PROVIDER", "no OpenID provider is set up here")
    return visit.options.sso


@functools.lru_cache(maxsize=4)
def _provider(settings: SingleSignOn) -> Provider:
    return Provider(settings)


def _back(visit: Visit) -> str:
    base = visit.service.public_url or str(visit.request.base_url).rstrip("/")
    return f"{base}{BACK}"
