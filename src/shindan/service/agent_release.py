"""A release of the agent: the file, what says which one it is, and signatures that a bare host can verify.

Everything lies in `agent/` of the data folder, as hosts fetch it below /linux/latest/. The manifest `release` is text
of `key=value` lines, so that a shell reads it. It, and the install script, have two signatures with one key (ECDSA on
P-256): `.sig` for `openssl dgst -sha256 -verify` and `.asc` for `gpgv`.

The key is `keys/agent-release.key`, made with the first release. Whoever keeps it elsewhere (a stolen server then can
hand no code to hosts that have an agent) signs there, by `shindan agent-release make --key FILE`, and the server hands
out what lies in the folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shindan.engine.clock import now
from shindan.model.errors import ShindanError
from shindan.service import agent_install, agent_package
from shindan.service.openpgp import Signer

FOLDER = "agent"
FILES = (
    "install", "install.sig", "install.asc", "release", "release.sig", "release.asc", "release.pub", "release.gpg",
    agent_package.NAME, "collect.sh", "ca.pem",
)  # fmt: skip
"""What hosts may fetch; `ca.pem` is there only where the server's authority is its own."""

_KEY = Path("keys", "agent-release.key")
_USER = "Shindan agent releases"
_CURRENT = "current"
_ENDPOINT = ".endpoint"


class ReleaseError(ShindanError):
    """A release of the agent cannot be made."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How hosts reach the server: its address, and its authority's certificate (PEM) where that is its own."""

    endpoint: str
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """What was made: where, which version, and the fingerprint of the key (forty hex digits, as gpg prints it)."""

    folder: Path
    version: str
    fingerprint: str


def make(data: Path, reach: Reach, key_file: Path | None = None) -> Release:
    """Makes and signs a release of this Shindan's own agent; hosts see the new one whole, or the old one.

    Raises ReleaseError for a key that cannot be read or made, and a folder that cannot be written.
    """
    try:
        key, created = _key(key_file or data / _KEY, may_make=key_file is None)
        signer = Signer(key, _USER, created)
        name = _stamp(reach)
        folder = data / FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content_ in _contents(reach, key, signer, created).items():
            _replace(folder / file, content_)
        _replace(folder / _ENDPOINT, reach.endpoint.encode())
        before = _current(data)
        _replace(data / FOLDER / _CURRENT, name.encode())
        _tidy(data, {name, before})
    except OSError as error:
        remedy = "see whether the data folder is yours to write, and whether its disk is full"
        raise ReleaseError(f"cannot make the agent's release: {error}", remedy=remedy) from error
    return Release(folder, agent_package.version(), signer.fingerprint)


def ensure(data: Path, reach: Reach) -> str:
    """Has a release of this very agent and address at hand, where the key lies here; says what is amiss, or "".

    A release that was signed elsewhere is left as it is. Raises ReleaseError as `make` does.
    """
    current = _current(data)
    if current == _stamp(reach):
        return ""
    if current and not (data / _KEY).exists():
        return "the agent's release is not of this Shindan and address: make one with `shindan agent-release make`"
    make(data, reach)
    return ""


def content(data: Path, name: str) -> bytes | None:
    """A file of the release; None where there is none of this name."""
    current = _current(data)
    if name not in FILES or not current:
        return None
    try:
        return (data / FOLDER / current / name).read_bytes()
    except FileNotFoundError:
        return None


def endpoint(data: Path) -> str:
    """The address that the release in force tells hosts; "" where there is none yet."""
    try:
        return (data / FOLDER / _current(data) / _ENDPOINT).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _current(data: Path) -> str:
    try:
        return (data / FOLDER / _CURRENT).read_text("ascii").strip()
    except FileNotFoundError:
        return ""


def _stamp(reach: Reach) -> str:
    """What a release is made of, as a digest."""
    script = agent_install.script(reach.endpoint, reach.authority, "", b"")
    parts = [_manifest(), script, agent_package.companion("collect.sh")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _tidy(data: Path, keep: set[str]) -> None:
    """Removes the releases before the last one: hosts that just fetch that one must still find it."""
    for old in (data / FOLDER).iterdir():
        if old.is_dir() and old.name not in keep:
            shutil.rmtree(old, ignore_errors=True)


def _contents(reach: Reach, key: ec.EllipticCurvePrivateKey, signer: Signer, created: int) -> dict[str, bytes]:
    """By name."""
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    keyring = signer.public_key()
    script = agent_install.script(reach.endpoint, reach.authority, public.decode(), keyring).encode()
    found = {agent_package.NAME: agent_package.archive(), "collect.sh": agent_package.companion("collect.sh").encode()}
    found.update({"release.pub": public, "release.gpg": keyring})
    if reach.authority:
        found["ca.pem"] = reach.authority.encode()
    for name, text in (("install", script), ("release", _manifest().encode())):
        found[f"{name}.sig"] = key.sign(text, ec.ECDSA(hashes.SHA256()))
        found[f"{name}.asc"] = signer.detached(text, max(created, int(now().timestamp()))).encode()
        found[name] = text
    return found


def _manifest() -> str:
    packed = agent_package.archive()
    lines = {
        "version": agent_package.version(),
        "file": agent_package.NAME,
        "size": str(len(packed)),
        "sha256": hashlib.sha256(packed).hexdigest(),
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _key(path: Path, *, may_make: bool) -> tuple[ec.EllipticCurvePrivateKey, int]:
    """The key, and when it was made: seconds since 1970, from a line before it."""
    if not path.exists():
        if not may_make:
            raise ReleaseError(f"{path} is not there", remedy="name the file of the key that signs releases")
        _make_key(path)
    text = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(text, None)
        created = int(text.partition(b"\n")[0].partition(b"made ")[2])
    except ValueError as error:
        remedy = "name a file that `shindan agent-release make` once wrote, or put it back from a backup"
        raise ReleaseError(f"{path} holds no key for releases: {error}", remedy=remedy) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ReleaseError(f"{path} is no key on the curve P-256", remedy="let Shindan make one: move the file away")
    return key, created


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"# made %d\n" % int(now().timestamp()) + encoded)


def _replace(path: Path, content_: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content_)
    beside.replace(path)
