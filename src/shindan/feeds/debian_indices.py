"""Fetches the `Sources` indices of Debian's releases, from which the tracker's gaps are inferred.

They are verified by their suite's signed InRelease where this machine has the archive's keyring and a verifier; else
they come by HTTPS alone, and a note says so. They only colour what the tracker says: what is installed is never decided
by them. Only the component `main` is read: security support ends there (https://www.debian.org/security/faq#contrib).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shindan.feeds.archive_release import Release, verified
from shindan.feeds.base import Downloader, Needs
from shindan.feeds.debian_releases import SUPPORTED, UNSTABLE, codename_of
from shindan.model.errors import FeedError, Unreachable

MIRROR = "https://deb.debian.org/debian"
SECURITY_MIRROR = "https://deb.debian.org/debian-security"
KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
"""Debian's own, of the package debian-archive-keyring."""

_MIRROR_VARIABLE, _SECURITY_VARIABLE = "SHINDAN_DEBIAN_MIRROR", "SHINDAN_DEBIAN_SECURITY_MIRROR"
_MAX_INDEX, _MAX_RELEASE = 256 * 1024**2, 4 * 1024**2
_INDEX = "main/source/Sources.xz"
_REMARKS = ".remarks.json"


@dataclass(slots=True)
class _Fetching:
    """One fetch of indices: what it works with, and what people must know of it."""

    get: Downloader
    into: Path
    keyrings: tuple[Path, ...]
    unverified: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def fetch_indices(
    get: Downloader, needs: Needs, into: Path, elsewhere: bool = False, keyrings: Collection[Path] = KEYRINGS
) -> list[str]:
    """Fetches into a folder what `needs` asks for; the digests of what is at hand now, for a fingerprint.

    SHINDAN_DEBIAN_MIRROR and SHINDAN_DEBIAN_SECURITY_MIRROR name other mirrors, addresses or local paths. Where the
    tracker itself comes from `elsewhere` and they are not set, the site wants nobody to dial the public mirror. What
    cannot be had, or whose signature is not good, is left out, and an earlier copy of it is taken away: it would
    contradict a newer tracker.
    """
    if elsewhere and not os.environ.get(_MIRROR_VARIABLE):
        return []
    able = shutil.which("gpgv") is not None or shutil.which("sqv") is not None
    work = _Fetching(get, into, tuple(ring for ring in keyrings if able and os.access(ring, os.R_OK)))
    digests = []
    reachable = True
    for codename in wanted(needs):
        for suite, base in suites(codename):
            path = into / f"{suite}_main_source_Sources.xz"
            try:
                if not reachable:
                    raise Unreachable
                digests.append(_index(work, suite, base, path))
            except FeedError as error:
                reachable = reachable and not isinstance(error, Unreachable)
                path.unlink(missing_ok=True)
                digests.append(f"no-{suite}")
    _keep(work)
    return digests


def remarks(folder: Path) -> Sequence[str]:
    """What people must know of the indices that `fetch_indices` left in a folder."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        said = json.loads((folder / _REMARKS).read_text(encoding="utf-8"))
        return [str(text) for text in said]
    return ()


def wanted(needs: Needs) -> list[str]:
    """Codenames of the releases that are needed; all supported ones where everything is."""
    named = {codename_of(platform) for platform in needs.platforms} - {"", UNSTABLE}
    return sorted(named | (set(SUPPORTED) if needs.everything or not named else set()))


def suites(codename: str) -> list[tuple[str, str]]:
    """(suite, mirror) of a release's base, updates and security suites."""
    main = (os.environ.get(_MIRROR_VARIABLE) or MIRROR).rstrip("/")
    security = (os.environ.get(_SECURITY_VARIABLE) or SECURITY_MIRROR).rstrip("/")
    return [(codename, main), (f"{codename}-updates", main), (f"{codename}-security", security)]


def _index(work: _Fetching, suite: str, base: str, path: Path) -> str:
    """Fetches one index; its digest."""
    where = f"{base}/dists/{suite}"
    if not work.keyrings:
        why = "Debian's keyring (package debian-archive-keyring) and gpgv or sqv are not both on this machine"
        return _unverified(work, suite, where, path, why)
    try:
        signed = work.get.fetch(f"{where}/InRelease", work.into / f".{suite}.InRelease", max_bytes=_MAX_RELEASE)
    except Unreachable:
        raise
    except FeedError:
        if base in (MIRROR, SECURITY_MIRROR):
            work.refused[suite] = "its mirror has no InRelease"
            raise
        return _unverified(work, suite, where, path, "their mirror has no InRelease")
    try:
        return _verified(work, suite, where, path, verified(signed.path, " ".join(map(str, work.keyrings))))
    except Unreachable:
        raise
    except FeedError as error:
        work.refused[suite] = str(error)
        raise


def _verified(work: _Fetching, suite: str, where: str, path: Path, release: Release) -> str:
    if release.codename != suite:
        raise FeedError(f"its InRelease is that of {release.codename or 'no suite'}")
    listed = release.files.get(_INDEX)
    if listed is None:
        raise FeedError(f"its InRelease lists no {_INDEX}")
    addresses = [f"{where}/main/source/by-hash/SHA256/{listed.sha256}"] if release.by_hash else []
    for address in addresses:
        with contextlib.suppress(FeedError):
            return work.get.fetch(address, path, sha256=listed.sha256, size=listed.size, max_bytes=_MAX_INDEX).sha256
    address = f"{where}/{_INDEX}"
    return work.get.fetch(address, path, sha256=listed.sha256, size=listed.size, max_bytes=_MAX_INDEX).sha256


def _unverified(work: _Fetching, suite: str, where: str, path: Path, why: str) -> str:
    digest = work.get.fetch(f"{where}/{_INDEX}", path, max_bytes=_MAX_INDEX).sha256
    work.unverified[suite] = why
    return digest


def _keep(work: _Fetching) -> None:
    told = [f"the index of {suite} was refused: {why}" for suite, why in work.refused.items()]
    if work.unverified:
        names, why = ", ".join(work.unverified), next(iter(work.unverified.values()))
        told.append(f"the indices (Sources) of {names} are not verified by a signature: {why}")
    if told or work.into.is_dir():
        try:
            work.into.mkdir(parents=True, exist_ok=True)
            (work.into / _REMARKS).write_text(json.dumps(told), encoding="utf-8")
        except OSError as error:
            raise FeedError(f"cannot write {work.into}: {error.strerror or error}") from error
