"""A suite's signed index: verified by the machine's own OpenPGP verifier, then read from the verified text alone.

Source: apt-secure(8); Debian repository format, "Release" files (https://wiki.debian.org/DebianRepository/Format).
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shindan.model.errors import FeedError

_TRUSTED = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
    "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
    "/etc/apt/trusted.gpg",
)
_TRUSTED_FOLDER = Path("/etc/apt/trusted.gpg.d")
_UNVERIFIED = "SHINDAN_ARCHIVE_UNVERIFIED"
_ARMOUR = re.compile(rb"-----BEGIN PGP PUBLIC KEY BLOCK-----(.*?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)
_SIGNED = re.compile(
    rb"-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)\r?\n"
    rb"(-----BEGIN PGP SIGNATURE-----.*?-----END PGP SIGNATURE-----)",
    re.DOTALL,
)
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Indexed:
    """A file that the index vouches for: SHA-256 and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Release:
    """A suite's verified index."""

    origin: str
    suite: str
    codename: str
    date: str
    by_hash: bool
    files: dict[str, Indexed]


def verified(in_release: Path, signed_by: str = "") -> Release:
    """Reads an InRelease file after its signature was found good.

    `signed_by` is the keyring of the apt source, else the system's trusted ones count. Raises FeedError where the
    signature is bad, no keyring holds the key, or nothing can verify; SHINDAN_ARCHIVE_UNVERIFIED=1 skips that.
    """
    if os.environ.get(_UNVERIFIED) == "1":
        match = _SIGNED.search(in_release.read_bytes())
        return _parse(match[1] if match else in_release.read_bytes(), in_release)
    with tempfile.TemporaryDirectory(prefix="shindan-keys-") as scratch:
        keyrings = _keyrings(signed_by, Path(scratch))
        if not keyrings:
            raise FeedError(
                f"no keyring to verify {in_release.name} with",
                remedy="install debian-archive-keyring or ubuntu-keyring, or name one with signed-by in apt's sources",
            )
        return _parse(_verify(in_release, keyrings, Path(scratch)), in_release)


def _verify(in_release: Path, keyrings: Iterable[Path], scratch: Path) -> bytes:
    """The signed text. gpgv hands it out itself; sqv (Debian 13) checks a signature apart from its text."""
    gpgv, sqv = shutil.which("gpgv"), shutil.which("sqv")
    body = scratch / "body"
    if gpgv is not None:
        options = [part for ring in keyrings for part in ("--keyring", str(ring))]
        _run([gpgv, "--quiet", "--homedir", str(scratch), *options, "--output", str(body), str(in_release)], in_release)
    elif sqv is not None:
        match = _SIGNED.search(in_release.read_bytes())
        if match is None:
            raise FeedError(f"{in_release.name} holds no signed text")
        signature = scratch / "signature"
        body.write_bytes(re.sub(rb"(?m)^- ", b"", match[1]))
        signature.write_bytes(match[2] + b"\n")
        options = [part for ring in keyrings for part in ("--keyring", str(ring))]
        _run([sqv, *options, str(signature), str(body)], in_release)
    else:
        raise FeedError(f"nothing can verify {in_release.name}", remedy="install gpgv (or sqv)")
    return body.read_bytes()


def _run(argv: list[str], what: Path) -> None:
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FeedError(f"{argv[0]} could not verify {what.name}: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise FeedError(
            f"the signature of {what.name} is not good: {said[-1] if said else 'no reason given'}",
            remedy="the mirror may be in motion or tampered with; `apt update` should complain as well",
        )


def _keyrings(signed_by: str, scratch: Path) -> list[Path]:
    named = [Path(word) for word in signed_by.split() if word.startswith("/")]
    if not named:
        named = [Path(path) for path in _TRUSTED]
        if _TRUSTED_FOLDER.is_dir():
            named += sorted(p for p in _TRUSTED_FOLDER.iterdir() if p.suffix in (".gpg", ".asc", ".pgp"))
    found = (_binary(path, scratch) for path in named if path.is_file() and os.access(path, os.R_OK))
    return [path for path in found if path is not None]


def _binary(keyring: Path, scratch: Path) -> Path | None:
    """A keyring as gpgv wants it: an ASCII-armoured one is decoded (RFC 9580 section 6.2)."""
    content = keyring.read_bytes()
    blocks = _ARMOUR.findall(content)
    if not blocks:
        return keyring if content else None
    plain = scratch / f"{keyring.name}.{len(list(scratch.iterdir()))}.gpg"
    decoded = b""
    for block in blocks:
        lines = block.replace(b"\r", b"").partition(b"\n\n")[2].split(b"\n")
        decoded += base64.b64decode(b"".join(line for line in lines if not line.startswith(b"=")))
    plain.write_bytes(decoded)
    return plain


def _parse(content: bytes, path: Path) -> Release:
    fields: dict[str, str] = {}
    files: dict[str, Indexed] = {}
    section = ""
    for line in content.decode("utf-8", "replace").splitlines():
        if line.startswith(" ") and section == "sha256":
            words = line.split()
            if len(words) == 3 and words[1].isdigit():
                files[words[2]] = Indexed(words[0], int(words[1]))
        elif ":" in line and not line.startswith(" "):
            name, _, value = line.partition(":")
            section = name.strip().lower()
            fields[section] = value.strip()
    if not files:
        raise FeedError(f"{path.name} lists no files with SHA-256")
    return Release(
        fields.get("origin", ""),
        fields.get("suite", ""),
        fields.get("codename", ""),
        fields.get("date", ""),
        fields.get("acquire-by-hash", "") == "yes",
        files,
    )
