"""Certificates: OpenSSL judges what we make; what cannot be used is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shindan.service import certificates
from shindan.service.certificates import CertificateError
from support import need_tool


def openssl(*arguments: object) -> str:
    tool = need_tool("openssl", "openssl")
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.system
def test_openssl_accepts_the_chain_for_its_names(tmp_path: Path) -> None:
    found = certificates.make(tmp_path, ["Shindan.Example.org", "192.0.2.7"])
    tls = tmp_path / "tls"
    assert found.names == ("shindan.example.org", "192.0.2.7", "localhost", "127.0.0.1", "::1")
    for option, name in (("-verify_hostname", "shindan.example.org"), ("-verify_ip", "192.0.2.7")):
        openssl(
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-CAfile",
            tls / "ca.pem",
            option,
            name,
            tls / "server.pem",
        )
    text = openssl("x509", "-in", tls / "server.pem", "-noout", "-text")
    assert "CA:FALSE" in text and "TLS Web Server Authentication" in text and "prime256v1" in text


def test_a_renewal_keeps_authority_and_names_and_takes_another_key(tmp_path: Path) -> None:
    first = certificates.make(tmp_path, ["a.example"])
    authority, key = (tmp_path / "tls/ca.pem").read_bytes(), (tmp_path / "tls/server.key").read_bytes()
    second = certificates.renew(tmp_path)
    assert (second.names, second.issuer) == (first.names, first.issuer)
    assert second.sha256 != first.sha256
    assert (tmp_path / "tls/ca.pem").read_bytes() == authority
    assert (tmp_path / "tls/server.key").read_bytes() != key
    assert 396 < second.days_left <= 397


@pytest.mark.parametrize(
    "name", ["", "a b", "-a.example", "a..b", "x" * 64 + ".example", "https://a.example", "a/b", "ä.example"]
)
def test_what_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CertificateError):
        certificates.make(tmp_path, [name])
    assert not (tmp_path / "tls").exists()


def test_ones_own_certificate_is_checked_and_taken(tmp_path: Path) -> None:
    certificates.make(tmp_path / "site", ["a.example"])
    certificates.make(tmp_path / "other", ["a.example"])
    site, other = tmp_path / "site/tls", tmp_path / "other/tls"
    taken = certificates.take(tmp_path / "data", site / "server.pem", site / "server.key")
    assert taken.path == tmp_path / "data/tls/server.pem"
    assert (tmp_path / "data/tls/server.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(CertificateError, match="is not the key of"):
        certificates.take(tmp_path / "data", site / "server.pem", other / "server.key")
    with pytest.raises(CertificateError, match="not of this installation's authority"):
        certificates.renew(tmp_path / "data")


def test_what_is_torn_expired_or_missing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CertificateError, match="there is no"):
        certificates.renew(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    certificates.make(tmp_path, ["a.example"])
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    pair = tmp_path / "tls/server.pem", tmp_path / "tls/server.key"
    with pytest.raises(CertificateError, match="expired on 2024"):
        certificates.checked(*pair)
    pair[1].write_text("-----BEGIN PRIVATE KEY-----\ntorn\n-----END PRIVATE KEY-----\n")
    with pytest.raises(CertificateError, match="no PEM file that can be used"):
        certificates.checked(*pair)
    with pytest.raises(CertificateError, match="No such file"):
        certificates.read(tmp_path / "none.pem")
