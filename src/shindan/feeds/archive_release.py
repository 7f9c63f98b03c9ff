"""A suite's signed index: verified by the machine's own OpenPGP verifier, then read from the verified text alone.

Source: apt-secure(8); Debian repository format, "Release" files (https://wiki.debian.org/DebianRepository/Format);
RFC 9580 section 7 for signed text; gnupg's doc/DETAILS for gpgv's status lines.
"""

from __future__ import annotations

import email.utils
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shindan.feeds.archive_keys import Keys, keys_for
from shindan.model.errors import FeedError

_UNVERIFIED = "SHINDAN_ARCHIVE_UNVERIFIED"
# Nothing may stand before, between or behind: what is not signed must not be taken for what is (apt refuses it too).
_SIGNED = re.compile(
    rb"\A\s*-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n(?P<text>.*?)\r?\n"
    rb"(?P<signature>-----BEGIN PGP SIGNATURE-----(?:(?!-----BEGIN).)*?-----END PGP SIGNATURE-----)\s*\Z",
    re.DOTALL,
)
_DIGEST = re.compile(r"^[0-9a-f]{64}$")
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Indexed:
    """A file that the index vouches for: SHA-256 and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Release:
    """A suite's verified index. Dates are ISO 8601 in UTC, "" where the index has none."""

    origin: str
    suite: str
    codename: str
    version: str
    date: str
    valid_until: str
    by_hash: bool
    files: dict[str, Indexed]


def verified(in_release: Path, signed_by: str = "") -> Release:
    """Reads an InRelease file after a signature of it was found good.

    `signed_by` is what the apt source says of its keys, else the system's trusted ones count. Raises FeedError where
    the signature is bad, no key made it, or nothing can verify; SHINDAN_ARCHIVE_UNVERIFIED=1 takes it unseen.
    """
    try:
        match = _SIGNED.match(in_release.read_bytes())
    except OSError as error:
        raise FeedError(f"cannot read {in_release.name}: {error.strerror or error}") from error
    if match is None:
        raise FeedError(
            f"{in_release.name} is no signed index", remedy="a captive portal or a mirror in motion may have answered"
        )
    text = _signed_text(match["text"])
    if os.environ.get(_UNVERIFIED) != "1":
        with tempfile.TemporaryDirectory(prefix="shindan-keys-") as scratch:
            _verify(text, match["signature"] + b"\n", in_release, signed_by, Path(scratch))
    return _parse(text, in_release)


def _signed_text(framed: bytes) -> bytes:
    """The text that the signature is over: dashes unescaped, no white space at the ends of lines (section 7.1)."""
    lines = framed.replace(b"\r\n", b"\n").split(b"\n")
    return b"\n".join(line.removeprefix(b"- ").rstrip(b" \t\r") for line in lines)


def _verify(text: bytes, signature: bytes, what: Path, signed_by: str, scratch: Path) -> None:
    keys = keys_for(signed_by, scratch)
    if not keys.rings:
        raise FeedError(
            f"no keyring to verify {what.name} with",
            remedy="install debian-archive-keyring or ubuntu-keyring, or name one with signed-by in apt's sources",
        )
    signed, apart = scratch / "text", scratch / "signature"
    signed.write_bytes(text)
    apart.write_bytes(signature)
    gpgv, sqv = shutil.which("gpgv"), shutil.which("sqv")
    if gpgv is not None:
        signers, why = _by_gpgv(gpgv, keys, signed, apart, scratch)
    elif sqv is not None:
        signers, why = _by_sqv(sqv, keys, signed, apart)
    else:
        raise FeedError(
            f"nothing can verify {what.name}",
            remedy=f"install gpgv or sqv; {_UNVERIFIED}=1 trusts the mirror as it is",
        )
    if signers and keys.fingerprints and not signers & keys.fingerprints:
        signers, why = frozenset(), "it was made by another key than the apt source names"
    if not signers:
        raise FeedError(
            f"the signature of {what.name} is not good: {why}",
            remedy="the mirror may be in motion or tampered with; `apt update` should complain as well",
        )


def _by_gpgv(gpgv: str, keys: Keys, text: Path, signature: Path, scratch: Path) -> tuple[frozenset[str], str]:
    """Fingerprints whose signature is good, with those of their primary keys; none if any signature is bad.

    Several keys sign an index and not every keyring has them all: one good signature is enough, as it is for apt.
    """
    rings = [part for ring in keys.rings for part in ("--keyring", str(ring))]
    argv = [gpgv, "--homedir", str(scratch), "--status-fd", "1", *rings, str(signature), str(text)]
    done = _run(argv)
    said = [line.split() for line in done.stdout.decode("utf-8", "replace").splitlines()]
    status = [words[1:] for words in said if len(words) > 1 and words[0] == "[GNUPG:]"]
    signers: set[str] = set()
    good = False
    for words in status:
        if words[0] == "BADSIG":
            return frozenset(), "BADSIG: the text is not what was signed"
        if words[0] in ("GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"):
            good = words[0] == "GOODSIG"
        elif words[0] == "VALIDSIG" and good:
            signers.update((words[1], words[-1]))
    return frozenset(signers), _last(done.stderr) or _names(status)


def _by_sqv(sqv: str, keys: Keys, text: Path, signature: Path) -> tuple[frozenset[str], str]:
    """The same by Sequoia's verifier, which is apt's own since Debian 13 and prints the fingerprints of good keys."""
    rings = [part for ring in keys.rings for part in ("--keyring", str(ring))]
    done = _run([sqv, *rings, str(signature), str(text)])
    if done.returncode != 0:
        return frozenset(), _last(done.stderr)
    return frozenset(done.stdout.decode("ascii", "replace").upper().split()), ""


def _run(argv: list[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(argv, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FeedError(f"{argv[0]} could not be run: {error}") from error


def _last(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


def _names(status: Collection[list[str]]) -> str:
    return ", ".join(words[0] for words in status) or "no reason given"


def _parse(content: bytes, path: Path) -> Release:
    fields: dict[str, str] = {}
    files: dict[str, Indexed] = {}
    section = ""
    for line in content.decode("utf-8", "replace").splitlines():
        if line.startswith(" ") and section == "sha256":
            words = line.split()
            if len(words) == 3 and _DIGEST.match(words[0]) and words[1].isascii() and words[1].isdigit():
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
        fields.get("version", ""),
        _date(fields.get("date", "")),
        _date(fields.get("valid-until", "")),
        fields.get("acquire-by-hash", "").lower() == "yes",
        files,
    )


def _date(text: str) -> str:
    """A date of an index as ISO 8601; "" where it is none."""
    try:
        said = email.utils.parsedate_to_datetime(text)
        aware = said if said.tzinfo else said.replace(tzinfo=UTC)
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""


def expired(release: Release, now: datetime) -> bool:
    """Whether the index says of itself that it is too old to be trusted as current (Valid-Until)."""
    return bool(release.valid_until) and release.valid_until < now.strftime("%Y-%m-%dT%H:%M:%SZ")
