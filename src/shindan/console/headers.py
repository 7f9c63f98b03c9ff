"""What browsers are told with every page: what they may load, and that nobody may keep or frame it."""

from __future__ import annotations

from starlette.responses import Response

CSP_REPORT = "/console/csp-report"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        # `report-to` would replace it where it is known, and gathers reports for a minute.
        f"report-uri {CSP_REPORT}",
    )
)
"""CSP level 3. Nothing inline: neither script nor style; charts and menus are moved by code through the DOM."""

PAGES = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "vary": "Cookie, Accept-Language",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    # With `no-referrer` browsers would send `Origin: null` with forms (Fetch, 3.2), and nothing could be told by it.
    "referrer-policy": "same-origin",
}


def protected(response: Response, *, secure: bool) -> Response:
    """The answer with these headers; where it has one already, that one stays."""
    for name, value in PAGES.items():
        response.headers.setdefault(name, value)
    if secure:
        response.headers.setdefault("strict-transport-security", "max-age=31536000")
    return response
