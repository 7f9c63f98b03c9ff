"""The keys that may sign a suite: those that its apt source names, else the ones that this system trusts for apt.

Source: sources.list(5), `Signed-By`: keyring files, fingerprints, or a key in the file itself; apt-key(8) for where
trusted keyrings lie; RFC 9580 section 6.2 for ASCII armour.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass
from pathlib import Path

_ARCHIVE = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
    "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
)
_TRUSTED = "/etc/apt/trusted.gpg"
_TRUSTED_FOLDER = Path("/etc/apt/trusted.gpg.d")
_ARMOUR = re.compile(rb"-----BEGIN PGP PUBLIC KEY BLOCK-----(.*?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)
_INLINE = re.compile(r"-----BEGIN PGP PUBLIC KEY BLOCK-----.*?-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)
_FINGERPRINT = re.compile(r"^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})!?$")
_MAX_KEYRING = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class Keys:
    """Keyring files in OpenPGP's binary form, and the fingerprints that alone count (empty: any key of them)."""

    rings: tuple[Path, ...]
    fingerprints: frozenset[str] = frozenset()


def keys_for(signed_by: str, scratch: Path) -> Keys:
    """The keys of an apt source; `scratch` is a folder for decoded ones.

    A keyring that is named but absent here, as when another host's facts are judged, gives way to this system's
    archive keyrings, never to what an administrator trusts beyond them.
    """
    inline = _INLINE.findall(signed_by)
    if inline:
        return Keys(_usable([_written(one, scratch, number) for number, one in enumerate(inline)], scratch))
    words = re.split(r"[\s,]+", signed_by.strip())
    named = [Path(word) for word in words if word.startswith("/")]
    fingerprints = frozenset(word.rstrip("!").upper() for word in words if _FINGERPRINT.match(word))
    archive = [Path(path) for path in _ARCHIVE]
    rings = _usable(named, scratch) or _usable(archive if named else [*archive, *_trusted()], scratch)
    return Keys(rings, fingerprints)


def _trusted() -> list[Path]:
    try:
        found = sorted(path for path in _TRUSTED_FOLDER.iterdir() if path.suffix in (".gpg", ".asc", ".pgp"))
    except OSError:
        found = []
    return [Path(_TRUSTED), *found]


def _usable(paths: list[Path], scratch: Path) -> tuple[Path, ...]:
    found = (_binary(path, scratch) for path in paths if path.is_file() and os.access(path, os.R_OK))
    return tuple(path for path in found if path is not None)


def _binary(keyring: Path, scratch: Path) -> Path | None:
    """A keyring as the verifiers want it: an armoured one is decoded. None for an empty or torn one."""
    if keyring.stat().st_size > _MAX_KEYRING:
        return None
    content = keyring.read_bytes()
    blocks = _ARMOUR.findall(content)
    if not blocks:
        return keyring if content else None
    try:
        decoded = b"".join(_decoded(block) for block in blocks)
    except binascii.Error:
        return None
    plain = scratch / f"{len(list(scratch.iterdir()))}-{keyring.name}.gpg"
    plain.write_bytes(decoded)
    return plain


def _decoded(block: bytes) -> bytes:
    """The octets of an armoured block: what stands between the headers' blank line and the checksum."""
    lines = [line.strip() for line in block.strip(b" \t").split(b"\n")[1:]]
    start = next((number + 1 for number, line in enumerate(lines) if not line), 0)
    return base64.b64decode(b"".join(line for line in lines[start:] if line and not line.startswith(b"=")))


def _written(armoured: str, scratch: Path, number: int) -> Path:
    """A key out of a deb822 field, whose continuation lines are indented and whose blank ones are a dot."""
    path = scratch / f"inline-{number}.asc"
    lines = (line.strip() for line in armoured.splitlines())
    path.write_text("\n".join("" if line == "." else line for line in lines) + "\n", encoding="utf-8")
    return path
