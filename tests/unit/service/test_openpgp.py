"""What we sign, gpgv and gpg accept; what was changed afterwards they refuse."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.service.openpgp import Signer
from support import need_tool

CREATED, SIGNED = 1_760_000_000, 1_760_000_100
pytestmark = pytest.mark.system


@pytest.fixture
def signer() -> Signer:
    return Signer(ec.generate_private_key(ec.SECP256R1()), "Shindan of example.org", CREATED)


def verified(folder: Path, signer: Signer, document: bytes, signature: str) -> subprocess.CompletedProcess[str]:
    need_tool("gpgv", "gpgv")
    for name, content in (("ring.gpg", signer.public_key()), ("doc", document), ("doc.asc", signature.encode())):
        (folder / name).write_bytes(content)
    command = ["gpgv", "--homedir", str(folder), "--keyring", str(folder / "ring.gpg")]
    command += ["--status-fd", "1", str(folder / "doc.asc"), str(folder / "doc")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_gpgv_accepts_what_was_signed_and_names_the_key(signer: Signer, tmp_path: Path) -> None:
    done = verified(tmp_path, signer, b"version=1\n", signer.detached(b"version=1\n", SIGNED))
    assert done.returncode == 0, done.stderr
    assert f"VALIDSIG {signer.fingerprint}" in done.stdout


@pytest.mark.parametrize("document", [b"", b"version=2\n", b"version=1", b"version=1\n\n"])
def test_gpgv_refuses_another_document(signer: Signer, tmp_path: Path, document: bytes) -> None:
    done = verified(tmp_path, signer, document, signer.detached(b"version=1\n", SIGNED))
    assert done.returncode != 0
    assert "BADSIG" in done.stdout


def test_gpgv_refuses_the_signature_of_another_key(signer: Signer, tmp_path: Path) -> None:
    other = Signer(ec.generate_private_key(ec.SECP256R1()), "Somebody", CREATED)
    done = verified(tmp_path, signer, b"x", other.detached(b"x", SIGNED))
    assert done.returncode != 0
    assert "GOODSIG" not in done.stdout


def test_gpg_imports_the_key_with_its_user_id(signer: Signer, tmp_path: Path) -> None:
    need_tool("gpg", "gnupg")
    (tmp_path / "key.gpg").write_bytes(signer.public_key())
    tmp_path.chmod(0o700)
    base = ["gpg", "--homedir", str(tmp_path), "--batch", "--no-tty", "--with-colons"]
    subprocess.run([*base, "--import", str(tmp_path / "key.gpg")], capture_output=True, check=True)
    listed = subprocess.run([*base, "--check-signatures"], capture_output=True, text=True, check=True).stdout
    assert signer.fingerprint in listed
    assert "Shindan of example.org" in listed
    assert "\nsig:!:" in listed


@settings(max_examples=25, deadline=None)
@given(document=st.binary(max_size=300))
def test_any_document(tmp_path_factory: pytest.TempPathFactory, document: bytes) -> None:
    signer = Signer(ec.generate_private_key(ec.SECP256R1()), "x" * 200, CREATED)
    folder = tmp_path_factory.mktemp("openpgp")
    done = verified(folder, signer, document, signer.detached(document, SIGNED))
    assert done.returncode == 0, done.stderr
