"""The security databases of Alpine, Wolfi and Chainguard: which package version fixed which flaw.

Source: https://secdb.alpinelinux.org/ and https://packages.wolfi.dev/os/security.json; the form is that of
https://gitlab.alpinelinux.org/alpine/infra/docker/secdb. Packages are named by origin, that is by source. Version `0`
says that a flaw never was in the package. Flaws without a fix are not listed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import members
from shindan.model.advisory import Advisory, Affected, Knows, Note, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

_ROLLING = {
    "wolfi": "https://packages.wolfi.dev/os/security.json",
    "chainguard": "https://packages.cgr.dev/chainguard/security.json",
}
_KNOWN = ("alpine:edge", "alpine:3.20", "alpine:3.21", "alpine:3.22", *_ROLLING)
_BRANCH = re.compile(r"^v?(\d+\.\d+)")
_ID = re.compile(r"^[A-Z][A-Z]+-[\w?.:-]+$")
_UNFIXED = "the database of {} names fixed flaws only: flaws without a fix are not evaluated"


class _Package(msgspec.Struct):
    name: str
    secfixes: dict[str, list[str]] | None = None


class _Entry(msgspec.Struct):
    pkg: _Package


class _Database(msgspec.Struct):
    packages: list[_Entry]
    distroversion: str = ""
    reponame: str = ""
    urlprefix: str = ""


_DECODER = msgspec.json.Decoder(_Database)


class AlpineFeed:
    """See the module and `Feed`."""

    name = "alpine"
    title = N_("security databases of Alpine, Wolfi and Chainguard")
    url = "https://secdb.alpinelinux.org"
    knows: Knows = "fixed"
    role: Role = "advisories"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """For Alpine and its kin."""
        return bool(_wanted(needs))

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`. A mirror set for this feed holds `v3.20/main.json` and `wolfi/security.json`."""
        base, digests = get.base(self), []
        for platform in _wanted(needs):
            id_, _, release = platform.partition(":")
            if id_ in _ROLLING:
                address = _ROLLING[id_] if base == self.url else f"{base}/{id_}/security.json"
                digests.append(get.fetch(address, into / f"{id_}.json").sha256)
                continue
            branch = release if release == "edge" else f"v{release}"
            for repository in ("main", "community") if _has_community(release) else ("main",):
                file = into / f"{branch}-{repository}.json"
                digests.append(get.fetch(f"{base}/{branch}/{repository}.json", file).sha256)
        fingerprint = hashlib.sha256(" ".join(digests).encode()).hexdigest()
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`."""
        spoken: dict[str, None] = {}
        for name, content in members(source):
            if not name.endswith((".json", ".json.gz", ".json.xz", ".json.zst", ".json.bz2")):
                continue
            try:
                database = _DECODER.decode(content)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise FeedError(f"{name} is no security database of Alpine's form: {error}") from error
            platform = _platform(name, database)
            options.progress(f"alpine: {platform} {database.reponame}", len(spoken), None)
            yield from _advisories(platform, database)
            spoken[platform] = None
        if not spoken:
            raise FeedError(f"{source} holds no security database")
        yield Note(_UNFIXED.format(", ".join(spoken)))


def _wanted(needs: Needs) -> list[str]:
    keys = {*needs.platforms, *(_KNOWN if needs.everything else ())}
    named = {key.partition(":")[0] if key.partition(":")[0] in _ROLLING else key for key in keys}
    return sorted(key for key in named if key in _ROLLING or key.startswith("alpine:"))


def _has_community(release: str) -> bool:
    """Alpine has the repository `community` since 3.3."""
    major, _, minor = release.partition(".")
    return not (major.isdigit() and minor.isdigit()) or (int(major), int(minor)) >= (3, 3)


def _platform(name: str, database: _Database) -> str:
    """`alpine:3.20` or `wolfi`. Raises FeedError where nothing tells."""
    match = _BRANCH.match(database.distroversion)
    if match or database.distroversion == "edge":
        return f"alpine:{match[1] if match else 'edge'}"
    for id_ in _ROLLING:
        if id_ in database.urlprefix or Path(name).name.startswith(id_):
            return id_
    raise FeedError(f"{name} does not tell its distribution: {database.urlprefix or database.distroversion!r}")


def _advisories(platform: str, database: _Database) -> Iterator[Advisory]:
    """One advisory for each flaw of a repository."""
    rows: dict[str, dict[Affected, None]] = {}
    aliases: dict[str, dict[str, None]] = {}
    for entry in database.packages:
        for version, flaws in (entry.pkg.secfixes or {}).items():
            row = _row(platform, entry.pkg.name, version.strip())
            for id_, others in _ids(flaws):
                rows.setdefault(id_, {})[row] = None
                aliases.setdefault(id_, {}).update(dict.fromkeys(others))
    for id_, affected in rows.items():
        yield Advisory(
            id=id_,
            feed="alpine",
            affected=tuple(affected),
            cves=(id_,) if id_.startswith("CVE-") else (),
            aliases=tuple(aliases[id_]),
        )


def _row(platform: str, package: str, version: str) -> Affected:
    never = version == "0"
    return Affected(
        platform=platform,
        package=package,
        scheme="apk",
        fixed="" if never else version,
        state="not_affected" if never else "fixed",
        vendor_state="fixed in 0" if never else "",
        names="source",
    )


def _ids(flaws: list[str]) -> Iterator[tuple[str, list[str]]]:
    """(id, its other names) of each flaw. An entry may say more: `CVE-2018-10471 XSA-259`, `CVE-… (+ regression)`."""
    for said in flaws:
        named = [word.strip(",;").replace("CVE_", "CVE-") for word in said.split()]
        named = [word for word in named if _ID.match(word)] or [said.strip()]
        cves = [word for word in named if word.startswith("CVE-")]
        if len(cves) > 1:
            yield from ((cve, []) for cve in cves)
        elif named[0]:
            lead = cves[0] if cves else named[0]
            yield lead, [word for word in named if word != lead]
