"""Signature version 4 of one request, for the agents' own service name. Python 3.6 grammar.

Source: AWS, "Signature Version 4 for API requests": canonical request, string to sign, signing key.
"""

import hashlib
import hmac
import time
from typing import Dict
from urllib.parse import quote, unquote_to_bytes

SERVICE = "shindan-agent"
_ALGORITHM = "AWS4-HMAC-SHA256"


def signed(
    method: str,
    path: str,
    query: str,
    headers: Dict[str, str],
    body: bytes,
    key_id: str,
    secret: str,
    region: str,
    now: float,
) -> Dict[str, str]:
    """The headers with date, hash of the body and Authorization added; every header given is signed.

    `path` and `query` are as they will be sent; the names of `headers` are lower-case, and `host` is among them;
    values are ASCII. `now` in seconds since 1970.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    digest = hashlib.sha256(body).hexdigest()
    sent = dict(headers)
    sent["x-amz-date"] = stamp
    sent["x-amz-content-sha256"] = digest
    names = ";".join(sorted(sent))
    lines = "".join("{}:{}\n".format(name, " ".join(sent[name].split())) for name in sorted(sent))
    parts = (method, quote(path, safe="/~"), _canonical_query(query), lines, names, digest)
    scope = "{}/{}/{}/aws4_request".format(stamp[:8], region, SERVICE)
    request = hashlib.sha256("\n".join(parts).encode("ascii")).hexdigest()
    text = "\n".join((_ALGORITHM, stamp, scope, request))
    signature = hmac.new(_key(secret, stamp[:8], region), text.encode("ascii"), "sha256").hexdigest()
    sent["authorization"] = "{} Credential={}/{}, SignedHeaders={}, Signature={}".format(
        _ALGORITHM, key_id, scope, names, signature
    )
    return sent


def _key(secret: str, date: str, region: str) -> bytes:
    derived = ("AWS4" + secret).encode("utf-8")
    for part in (date, region, SERVICE, "aws4_request"):
        derived = hmac.new(derived, part.encode("utf-8"), "sha256").digest()
    return derived


def _canonical_query(query: str) -> str:
    pairs = [part.partition("=") for part in query.split("&") if part]
    return "&".join("{}={}".format(name, value) for name, value in sorted((_coded(n), _coded(v)) for n, _, v in pairs))


def _coded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="-_.~")
