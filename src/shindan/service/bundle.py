"""Advisories carried by hand into a network without a way out: one signed file with the generations in force.

A bundle is a tar archive: `manifest.json`, `manifest.sig` (the Ed25519 signature over the manifest's bytes) and each
generation as a zstd-compressed file. The signature covers the manifest, the manifest the digest of every piece.
Taking one in is all or nothing. Three things are refused: what no trusted key signed or what was changed, what is
stale, and what is older than the last bundle of the same key (roll-back).
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import tarfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import IO

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shindan.engine.clock import now, stamp
from shindan.feeds.workspace import Workspace
from shindan.model.advisory import Generation
from shindan.model.errors import BundleError
from shindan.service.bundle_keys import key_id, private_key, sign, signer
from shindan.service.bundle_manifest import Manifest, Piece, dumps, loads, refuse_stale
from shindan.service.bundle_serials import Serials
from shindan.store.advisories import AdvisoryStore

VALID_DAYS = 30.0
"""How long a bundle may be taken in unless its maker says otherwise."""

_MANIFEST, _SIGNATURE = "manifest.json", "manifest.sig"
_LARGEST_MANIFEST = 16 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exported:
    """What `export` wrote: the manifest, the id of the signing key, and the file's size in bytes."""

    manifest: Manifest
    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What `import_` put in force; `kept` are generations of this host that the bundle did not bring."""

    manifest: Manifest
    key: str
    generations: tuple[Generation, ...]
    kept: tuple[str, ...]


def export(
    data: Path,
    out: Path,
    key: Path,
    *,
    names: Collection[str] = (),
    valid_days: float = VALID_DAYS,
    max_age: float | None = None,
) -> Exported:
    """Write the generations in force (or those named) as one signed bundle; the file appears whole or not at all.

    `max_age` in days refuses feeds whose publishers were not asked for longer. Raises BundleError (no generation, one
    that is not there, one that is stale, no key, no space) and StoreError.
    """
    secret = private_key(key)
    own = key_id(secret.public_key())
    chosen = _chosen(AdvisoryStore(data / "advisories").paths(), names)
    moment = now()
    pieces = tuple(_piece(data, generation, path) for generation, path in chosen)
    serials = Serials(data / "bundles-made.json")
    manifest = Manifest(
        serial=serials.next(own, int(moment.timestamp())),
        created=stamp(moment),
        expires=stamp(moment + datetime.timedelta(days=valid_days)),
        tool=f"shindan {version('shindan')}",
        pieces=pieces,
    )
    refuse_stale(manifest, moment, max_age)
    body = dumps(manifest)
    with _appearing(out) as file:
        _pack(file, body, sign(secret, body), zip(pieces, (path for _, path in chosen), strict=True))
    serials.keep(own, manifest.serial, hashlib.sha256(body).hexdigest())
    return Exported(manifest, own, out.stat().st_size)


def import_(
    data: Path,
    bundle: Path,
    trusted: Sequence[Ed25519PublicKey],
    *,
    max_age: float | None = None,
    force: bool = False,
) -> Imported:
    """Check a bundle and put its generations in force, all or none; generations of other names stay.

    `max_age` is in days. `force` takes a bundle that is older than the last one of its key; it forgives neither a
    wrong signature nor staleness. Raises BundleError and StoreError; then nothing was changed.
    """
    try:
        with tarfile.open(bundle, mode="r:") as archive:
            body = _member(archive, _MANIFEST)
            author = signer(trusted, body, _member(archive, _SIGNATURE))
            manifest = loads(body)
            refuse_stale(manifest, now(), max_age)
            serials = Serials(data / "bundles-taken.json")
            digest = hashlib.sha256(body).hexdigest()
            if not force:
                serials.refuse_older(key_id(author), manifest.serial, digest)
            store = AdvisoryStore(data / "advisories")
            adopted = store.adopt((piece.generation, _unpacked(archive, piece)) for piece in manifest.pieces)
    except (tarfile.TarError, EOFError) as error:
        raise BundleError(f"{bundle} is no bundle, or torn: {error}", remedy="copy it again") from error
    except OSError as error:
        raise BundleError(f"cannot read {bundle}: {error.strerror or error}") from error
    serials.keep(key_id(author), manifest.serial, digest)
    brought = {generation.name for generation in adopted}
    kept = tuple(one.name for one in store.generations() if one.name not in brought)
    return Imported(manifest, key_id(author), adopted, kept)


def _chosen(there: Sequence[tuple[Generation, Path]], names: Collection[str]) -> Sequence[tuple[Generation, Path]]:
    known = {generation.name for generation, _ in there}
    missing = sorted(set(names) - known)
    if missing:
        raise BundleError(
            f"no generation is in force of: {', '.join(missing)}",
            remedy="run `shindan feeds update`, or leave the name out",
        )
    if not there:
        raise BundleError("no generation is in force: there is nothing to export", remedy="run `shindan feeds update`")
    return [pair for pair in there if not names or pair[0].name in names]


def _piece(data: Path, generation: Generation, path: Path) -> Piece:
    """A generation as the manifest names it; its file is read through once for the digest."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise BundleError(f"the generation {generation.name} cannot be read: {error.strerror or error}") from error
    # What was imported from a file was asked for when it was imported.
    asked = Workspace(data / "feeds" / generation.feed).load().checked if generation.name == generation.feed else ""
    return Piece(generation, f"{path.name}.zst", size, digest.hexdigest(), max(asked, generation.created))


@contextlib.contextmanager
def _appearing(out: Path) -> Iterator[IO[bytes]]:
    """A file that is there, whole and synced, after the body, or not at all."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    except OSError as error:
        raise BundleError(f"cannot write {out}: {error.strerror or error}", remedy="free some space there") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _pack(file: IO[bytes], body: bytes, signature: bytes, pieces: Iterator[tuple[Piece, Path]]) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in ((_MANIFEST, body), (_SIGNATURE, signature)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, BytesIO(content))
        for piece, path in pieces:
            _add_compressed(archive, file, piece.name, path)


def _add_compressed(archive: tarfile.TarFile, file: IO[bytes], name: str, path: Path) -> None:
    """Add a file, compressed on the way: its size is known only then, so it goes through a file beside the bundle."""
    packed = Path(f"{file.name}.packed")
    try:
        with path.open("rb") as source, packed.open("wb") as target:
            zstandard.ZstdCompressor(level=6).copy_stream(source, target)
        entry = tarfile.TarInfo(name)
        entry.size = packed.stat().st_size
        with packed.open("rb") as source:
            archive.addfile(entry, source)
    finally:
        packed.unlink(missing_ok=True)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    with _opened(archive, name) as member:
        data = member.read(_LARGEST_MANIFEST + 1)
    if len(data) > _LARGEST_MANIFEST:
        raise BundleError(f"{name} of the bundle is larger than any real one")
    return data


def _opened(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        member = archive.extractfile(name)
    except KeyError:
        member = None
    if member is None:
        raise BundleError(f"{name} is missing in the bundle", remedy="copy the bundle again, or export a new one")
    return member


def _unpacked(archive: tarfile.TarFile, piece: Piece) -> Iterator[bytes]:
    """The bytes of a piece; raises BundleError at once where there are too many, at the end where they are others."""
    digest, size = hashlib.sha256(), 0
    name = piece.generation.name
    try:
        with _opened(archive, piece.name) as member, zstandard.ZstdDecompressor().stream_reader(member) as reader:
            while chunk := reader.read(_CHUNK):
                size += len(chunk)
                if size > piece.size:
                    raise BundleError(f"{name} is larger than the bundle's manifest says")
                digest.update(chunk)
                yield chunk
    except zstandard.ZstdError as error:
        raise BundleError(f"{name} in the bundle is torn: {error}", remedy="copy the bundle again") from error
    if size != piece.size or digest.hexdigest() != piece.sha256:
        raise BundleError(f"{name} is another than the bundle's manifest says", remedy="copy the bundle again")
