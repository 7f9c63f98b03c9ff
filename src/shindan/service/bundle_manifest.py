"""What a bundle says of itself: which generations, how old, until when, and the digest of every piece."""

from __future__ import annotations

import dataclasses
import datetime
import json
from dataclasses import dataclass

import msgspec

from shindan.engine.clock import age_days
from shindan.model.advisory import Generation
from shindan.model.errors import BundleError

VERSION = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """One generation in a bundle: `size` and `sha256` are of the unpacked file, `name` is the member's.

    `checked` is when the exporter last asked the feed's publisher (ISO 8601, UTC).
    """

    generation: Generation
    name: str
    size: int
    sha256: str
    checked: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`serial` only ever grows for one key; `created` and `expires` are ISO 8601 in UTC."""

    serial: int
    created: str
    expires: str
    tool: str
    pieces: tuple[Piece, ...]
    version: int = VERSION


def dumps(manifest: Manifest) -> bytes:
    """The bytes that are signed."""
    return json.dumps(dataclasses.asdict(manifest), indent=1, sort_keys=True).encode()


def loads(data: bytes) -> Manifest:
    """A manifest whose signature was found to be right. Raises BundleError for one of a newer Shindan."""
    try:
        said = msgspec.json.decode(data)
        version = said["version"]
        if isinstance(version, int) and version > VERSION:
            raise BundleError(f"the bundle is of a newer Shindan (version {version})", remedy="upgrade shindan")
        manifest = msgspec.convert(said, Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise BundleError(f"the bundle's manifest cannot be read: {error}") from error
    if not manifest.pieces:
        raise BundleError("the bundle holds no generation")
    return manifest


def refuse_stale(manifest: Manifest, moment: datetime.datetime, max_age: float | None) -> None:
    """Raises BundleError where the bundle has expired, or something in it was asked for longer ago than `max_age` days.

    A bundle of the future is refused too: one of the two clocks is wrong, and no age can be told.
    """
    left, made = _moment(manifest.expires), _moment(manifest.created)
    if made > moment + datetime.timedelta(hours=24):
        raise BundleError(f"the bundle was made in the future ({manifest.created})", remedy="set this host's clock")
    if moment > left:
        raise BundleError(f"the bundle expired on {manifest.expires[:10]}", remedy="export a new one")
    if max_age is None:
        return
    for what, when in (("the bundle", manifest.created), *((p.generation.name, p.checked) for p in manifest.pieces)):
        age = age_days(when, moment)
        if age is None or age > max_age:
            days = "unknown" if age is None else f"{age:.1f} days"
            raise BundleError(
                f"{what} is stale: its age is {days}, the limit {max_age:g}",
                remedy="run `shindan feeds update` where it is exported, export again, or raise --max-age",
            )


def _moment(text: str) -> datetime.datetime:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise BundleError(f"the bundle's manifest has a broken date: {text!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
