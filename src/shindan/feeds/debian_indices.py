"""Fetches the `Sources` indices of Debian's releases, from which the tracker's gaps are inferred.

They come over HTTPS and only colour what the tracker says; what is installed is never decided by them. Only the
component `main` is read: security support ends there (https://www.debian.org/security/faq#contrib).
"""

from __future__ import annotations

import os
from pathlib import Path

from shindan.feeds.base import Downloader, Needs
from shindan.feeds.debian_releases import SUPPORTED, UNSTABLE, codename_of
from shindan.model.errors import FeedError, Unreachable

MIRROR = "https://deb.debian.org/debian"
SECURITY_MIRROR = "https://deb.debian.org/debian-security"
_MIRROR_VARIABLE = "SHINDAN_DEBIAN_MIRROR"
_MAX_INDEX = 256 * 1024**2


def fetch_indices(get: Downloader, needs: Needs, into: Path, elsewhere: bool = False) -> list[str]:
    """Fetches into a folder what `needs` asks for; the digests of what is at hand now, for a fingerprint.

    SHINDAN_DEBIAN_MIRROR and SHINDAN_DEBIAN_SECURITY_MIRROR name other mirrors, addresses or local paths. Where the
    tracker itself comes from `elsewhere` and they are not set, the site wants nobody to dial the public mirror. What
    cannot be had is left out, and an earlier copy of it is taken away: it would contradict a newer tracker.
    """
    if elsewhere and not os.environ.get(_MIRROR_VARIABLE):
        return []
    digests = []
    reachable = True
    for codename in wanted(needs):
        for suite, base in suites(codename):
            path = into / f"{suite}_main_source_Sources.xz"
            try:
                if not reachable:
                    raise Unreachable
                address = f"{base}/dists/{suite}/main/source/Sources.xz"
                digests.append(get.fetch(address, path, max_bytes=_MAX_INDEX).sha256)
            except FeedError as error:
                reachable = reachable and not isinstance(error, Unreachable)
                path.unlink(missing_ok=True)
                digests.append(f"no-{suite}")
    return digests


def wanted(needs: Needs) -> list[str]:
    """Codenames of the releases that are needed; all supported ones where everything is."""
    named = {codename_of(platform) for platform in needs.platforms} - {"", UNSTABLE}
    return sorted(named | (set(SUPPORTED) if needs.everything or not named else set()))


def suites(codename: str) -> list[tuple[str, str]]:
    """(suite, mirror) of a release's base, updates and security suites."""
    main = (os.environ.get(_MIRROR_VARIABLE) or MIRROR).rstrip("/")
    security = (os.environ.get("SHINDAN_DEBIAN_SECURITY_MIRROR") or SECURITY_MIRROR).rstrip("/")
    return [(codename, main), (f"{codename}-updates", main), (f"{codename}-security", security)]
