"""The install script of an installation, and the lines that fetch it on a host's first contact."""

from __future__ import annotations

import base64
import hashlib
import shlex
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from shindan.service import agent_package

PATH = "/linux/latest/"


def script(endpoint: str, authority: str, public: str, keyring: bytes) -> str:
    """The script that installs the agent from `endpoint`: with the certificate (PEM) to trust, "" for the host's own
    authorities, and the key that releases are signed with, as PEM and as a keyring.
    """
    said = {
        "ENDPOINT": endpoint,
        "AUTHORITY": authority.strip(),
        "PUBLIC_KEY": public.strip(),
        "KEYRING": base64.encodebytes(keyring).decode().strip(),
        "VERSION": agent_package.version(),
    }
    text = agent_package.companion("install")
    for name, value in said.items():
        text = text.replace(f"@{name}@", value)
    return text


def lines(endpoint: str, authority: Path | None, certificate: Path | None, token: str) -> list[str]:
    """What to type on a host, one way a line: with wget, and with curl.

    With an authority of the installation's own, wget's line brings its certificate along, and curl's the digest of
    the server's key: both work on a host that never heard of it, and neither believes anybody else.
    """
    address = f"{endpoint}{PATH}install"
    run = f"sudo bash install --token {shlex.quote(token)}"
    if authority is None or not authority.exists():
        return [f"wget -q {address} && {run}", f"curl -fsSO {address} && {run}"]
    pem = authority.read_text("ascii").strip()
    wget = f"echo '{pem}' > shindan-ca.pem && wget -q --ca-certificate=shindan-ca.pem -O install {address} && {run}"
    if certificate is None:
        return [wget]
    pin = _pin(certificate)
    # -k leaves the authorities out; the pin is still held against the server's key.
    return [f"curl -fsSk --pinnedpubkey {pin} -o install {address} && {run}", wget]


def _pin(certificate: Path) -> str:
    """The digest of a certificate's public key in curl's form (CURLOPT_PINNEDPUBLICKEY)."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    encoded = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"sha256//{base64.b64encode(hashlib.sha256(encoded).digest()).decode()}"
