"""The key that envelopes are signed with, and the certificate that receivers check them by.

As Amazon SNS signs (developer guide, "Verifying the signatures of Amazon SNS messages", version 2): RSA with SHA-256
and PKCS #1 v1.5 padding.
"""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

_BITS = 2048
_YEARS = 20


class Signer:
    """Signs with an RSA key (PEM, unencrypted). Raises ValueError where the key is none or does not fit."""

    def __init__(self, key: str, certificate: str) -> None:
        loaded = serialization.load_pem_private_key(key.encode(), None)
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise ValueError("envelopes are signed with an RSA key")
        self._key = loaded
        self.certificate = certificate
        self.fingerprint = fingerprint_of(certificate)

    @property
    def file_name(self) -> str:
        """What the certificate's file is called; clients of SNS look for this form."""
        return f"SimpleNotificationService-{self.fingerprint}.pem"

    def sign(self, text: str) -> bytes:
        """The signature of a text."""
        return self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())


def fingerprint_of(certificate: str) -> str:
    """The first 32 hexadecimal digits of a certificate's SHA-256. Raises ValueError for what is no certificate."""
    loaded = x509.load_pem_x509_certificate(certificate.encode())
    return loaded.fingerprint(hashes.SHA256()).hex()[:32]


def new_key(moment: datetime.datetime) -> tuple[str, str]:
    """A fresh key and a certificate for it, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Shindan notifications")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - datetime.timedelta(days=1))
        .not_valid_after(moment + datetime.timedelta(days=365 * _YEARS))
    )
    certificate = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()
