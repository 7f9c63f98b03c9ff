"""The server's TLS certificate: a small certificate authority of the installation's own, or certificates from outside.

Files in `tls/` of the data folder: `ca.pem` (for clients), `ca.key`, `server.pem` (with its chain), `server.key`.
Keys are readable by their owner alone.
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shindan.engine.clock import now, stamp
from shindan.model.errors import ShindanError

FOLDER = "tls"
WARN_DAYS = 30
"""Days before its end at which a certificate is warned of."""

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397
"""No longer than clients were ever ready to accept (CA/Browser Forum baseline requirements, 6.3.2)."""

_SLACK = datetime.timedelta(minutes=5)
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)*{_LABEL}")


class CertificateError(ShindanError):
    """A certificate cannot be made or used."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is to be known of a certificate; moments in ISO 8601, `days_left` negative once it has expired."""

    path: Path
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: str
    not_after: str
    days_left: float
    sha256: str


def make(data: Path, hostnames: Sequence[str]) -> Certificate:
    """A server's certificate for these names, and loopback's, from the installation's authority, made if need be.

    Another authority's certificate is never replaced: raises CertificateError where one is there, or a name is none.
    """
    folder = data / FOLDER
    names = _alternatives(hostnames)
    if (folder / "server.pem").exists() and not (folder / "ca.key").exists():
        raise CertificateError(
            f"{folder / 'server.pem'} is not of this installation's authority",
            remedy="renew it where it came from and name the new files with --cert and --key",
        )
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority, authority_key = _authority(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _server(key, names, authority, authority_key)
        _write(folder / "server.key", _pem(key), 0o600)
        _write(folder / "server.pem", _pem_of(certificate) + _pem_of(authority), 0o644)
    return read(folder / "server.pem")


def take(data: Path, certificate: Path, key: Path) -> Certificate:
    """Copies a certificate (PEM, with its chain) and its key into the data folder.

    Raises CertificateError where they do not belong together, cannot be read, or the certificate has expired.
    """
    checked(certificate, key)
    folder = data / FOLDER
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "ca.key").unlink(missing_ok=True)
        (folder / "ca.pem").unlink(missing_ok=True)
        _write(folder / "server.key", key.read_bytes(), 0o600)
        _write(folder / "server.pem", certificate.read_bytes(), 0o644)
    return read(folder / "server.pem")


def renew(data: Path, hostnames: Sequence[str] = ()) -> Certificate:
    """Another certificate with a new key for the same names, or for others. Raises CertificateError."""
    path = data / FOLDER / "server.pem"
    if not path.exists():
        raise CertificateError(f"there is no {path}", remedy="make one with `shindan cert make --hostname NAME`")
    return make(data, hostnames or read(path).names)


def checked(certificate: Path, key: Path) -> Certificate:
    """A certificate that a server can begin with. Raises CertificateError."""
    with _told(certificate):
        loaded = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    with _told(key):
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    if _public(private.public_key()) != _public(loaded.public_key()):
        raise CertificateError(f"{key} is not the key of {certificate}")
    found = read(certificate)
    if found.days_left < 0:
        remedy = "take one that is in force; one that was made here is renewed by `shindan cert renew`"
        raise CertificateError(f"{certificate} expired on {found.not_after[:10]}", remedy=remedy)
    return found


def read(path: Path) -> Certificate:
    """The first certificate of a PEM file. Raises CertificateError."""
    with _told(path):
        found = x509.load_pem_x509_certificates(path.read_bytes())[0]
    return Certificate(
        path,
        found.subject.rfc4514_string(),
        found.issuer.rfc4514_string(),
        _names(found),
        stamp(found.not_valid_before_utc),
        stamp(found.not_valid_after_utc),
        round((found.not_valid_after_utc - now()).total_seconds() / 86400, 2),
        found.fingerprint(hashes.SHA256()).hex(),
    )


def _authority(folder: Path) -> tuple[x509.Certificate, CertificateIssuerPrivateKeyTypes]:
    """The installation's authority; made where there is none, or where it would end before what it signs."""
    path, key_path = folder / "ca.pem", folder / "ca.key"
    if path.exists() and key_path.exists():
        kept = x509.load_pem_x509_certificate(path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        if kept.not_valid_after_utc > now() + datetime.timedelta(days=_SERVER_DAYS):
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            return kept, key
    made = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Shindan authority {serial % 16**8:08x}")])
    certificate = (
        _builder(subject, subject, made.public_key(), _AUTHORITY_DAYS)
        .serial_number(serial)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
        .sign(made, hashes.SHA256())
    )
    _write(key_path, _pem(made), 0o600)
    _write(path, _pem_of(certificate), 0o644)
    return certificate, made


def _server(
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[x509.GeneralName],
    authority: x509.Certificate,
    authority_key: CertificateIssuerPrivateKeyTypes,
) -> x509.Certificate:
    # The name stands in the alternatives, where clients look (RFC 9525); a common name holds 64 characters at most.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(names[0].value)[:64])])
    issuer = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    return (
        _builder(subject, authority.subject, key.public_key(), _SERVER_DAYS)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    moment = now()
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    # Clocks err: a certificate made just now must already hold for a client whose clock is slow.
    return builder.not_valid_before(moment - _SLACK).not_valid_after(moment + datetime.timedelta(days=days))


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(hostnames: Sequence[str]) -> list[x509.GeneralName]:
    """The names in their order, loopback's behind them. Raises CertificateError for what is no name."""
    found: list[x509.GeneralName] = []
    for text in dict.fromkeys([*hostnames, "localhost", "127.0.0.1", "::1"]):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            if len(text) > 253 or not _NAME.fullmatch(text):
                raise CertificateError(f"{text[:300]!r} is neither the name of a host nor an IP address") from None
            found.append(x509.DNSName(text.lower()))
    return found


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names)


def _public(key: object) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)  # type: ignore[attr-defined,no-any-return]


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never for a moment readable by more than it should be."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.chmod(mode)
    beside.replace(path)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CertificateError(f"cannot use {path}: {error.strerror or error}") from error
    except (ValueError, TypeError) as error:
        # TypeError is how the library says that a key has a password.
        said = str(error).partition(" See https://")[0]
        remedy = "PEM begins with -----BEGIN; of a key that has a password make one without: `openssl pkey -in KEY`"
        raise CertificateError(f"{path} is no PEM file that can be used: {said}", remedy=remedy) from error
