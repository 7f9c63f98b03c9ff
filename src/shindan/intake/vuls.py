"""Results of Vuls (https://vuls.io; its `models.ScanResult` as JSON) as facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shindan.facts.fact import Fact
from shindan.intake import platforms
from shindan.intake.document import objects, text

_GAP = "vuls"
_DEB = frozenset({"debian", "ubuntu", "raspbian"})
_APK = frozenset({"alpine", "wolfi", "chainguard"})
_LIBRARY_TYPES = {
    "bundler": "gem", "gemspec": "gem",
    "npm": "npm", "node-pkg": "npm", "yarn": "npm", "pnpm": "npm", "bun": "npm",
    "pip": "pypi", "pipenv": "pypi", "poetry": "pypi", "uv": "pypi", "python-pkg": "pypi",
    "composer": "composer", "composer-vendor": "composer",
    "gomod": "golang", "gobinary": "golang",
    "jar": "maven", "pom": "maven", "gradle": "maven", "sbt": "maven",
    "cargo": "cargo", "rustbinary": "cargo", "rust-binary": "cargo",
}  # fmt: skip
"""The kinds of lock files and binaries that Vuls reads with Trivy's parsers, by ecosystem."""


def is_vuls(document: Mapping[str, Any]) -> bool:
    """Whether a decoded document is a Vuls result."""
    return "jsonVersion" in document and "family" in document and "scannedAt" in document


def facts(document: dict[str, Any]) -> Iterator[Fact]:
    """Facts of one result: platform, running kernel, packages with their sources, libraries, and gaps."""
    family = text(document.get("family")).lower()
    yield _platform(family, document)
    yield from _kernel(document)
    yield from _packages(family, document)
    yield from _libraries(document)
    yield from _gaps(document)


def _platform(family: str, document: Mapping[str, Any]) -> Fact:
    release, id_ = text(document.get("release")), platforms.id_of(family)
    # Vuls names a CentOS Stream `stream8`.
    version = release.removeprefix("stream")
    data = {"id": id_, "version_id": version, "name": f"{family} {release}".strip()}
    if family == "windows":
        running = document.get("runningKernel")
        build = text(running.get("version")) if isinstance(running, dict) else ""
        data = {"id": id_, "version_id": build or release, "name": release, "family": id_}
    arch = next((text(p.get("arch")) for p in _entries(document, "packages") if _is_real(text(p.get("arch")))), "")
    return Fact("platform", "os", {**data, "arch": arch} if arch else data)


def _is_real(arch: str) -> bool:
    return arch not in ("", "noarch", "all", "(none)")


def _kernel(document: Mapping[str, Any]) -> Iterator[Fact]:
    """The running kernel. Vuls compares it with the newest installed one and says so as `rebootRequired`."""
    running = document.get("runningKernel")
    if not isinstance(running, dict) or not text(running.get("release")):
        return
    data: dict[str, Any] = {"release": text(running.get("release"))}
    if isinstance(running.get("rebootRequired"), bool):
        data["reboot_required"] = running["rebootRequired"]
    yield Fact("kernel", "running", data)


def _packages(family: str, document: Mapping[str, Any]) -> Iterator[Fact]:
    kind = "deb" if family in _DEB else "apk" if family in _APK else "windows" if family == "windows" else "rpm"
    sources = _sources(document)
    for package in _entries(document, "packages"):
        name, version = text(package.get("name")), text(package.get("version"))
        if not name or not version:
            yield _gap(f"a package has no {'version' if name else 'name'}: {name or version or package!r}"[:200])
            continue
        release = text(package.get("release"))
        arch = text(package.get("arch"))
        data: dict[str, Any] = {
            "type": kind,
            "version": f"{version}-{release}" if release else version,
            "arch": "" if arch == "(none)" else arch,
            **sources.get(name, {}),
        }
        known = {"vendor": text(package.get("vendor")), "module": text(package.get("modularitylabel"))}
        if family == "amazon":
            # Elsewhere it is the repository of the update that waits, not of what is installed.
            known["repository"] = text(package.get("repository"))
        yield Fact("package", name, {**data, **{key: value for key, value in known.items() if value}})


def _sources(document: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Binary package → its source and that one's version."""
    found: dict[str, dict[str, str]] = {}
    for source in _entries(document, "SrcPackages"):
        data = {"source": text(source.get("name")), "source_version": text(source.get("version"))}
        for name in _list(source, "binaryNames") if data["source"] else ():
            found.setdefault(text(name), {key: value for key, value in data.items() if value})
    return found


def _libraries(document: Mapping[str, Any]) -> Iterator[Fact]:
    left: dict[str, int] = {}
    for scanner in objects(document.get("libraries")):
        kind = text(scanner.get("Type"))
        ecosystem = _LIBRARY_TYPES.get(kind)
        lockfile = text(scanner.get("LockfilePath")) or text(scanner.get("Path"))
        for library in objects(scanner.get("Libs")):
            name, version = text(library.get("Name")), text(library.get("Version"))
            if ecosystem is None or not name or not version:
                left[kind] = left.get(kind, 0) + 1
                continue
            path = text(library.get("FilePath")) or lockfile
            yield Fact("language_package", name, {"type": ecosystem, "version": version, "path": path})
    for kind, count in sorted(left.items()):
        yield _gap(f"{count} libraries of the kind `{kind}` are not judged", "language_package")


def _gaps(document: Mapping[str, Any]) -> Iterator[Fact]:
    if _entries(document, "packages") and not _sources(document) and text(document.get("family")) != "windows":
        yield _gap(
            "the result names no source packages: advisories that speak of them are found only by luck", "package"
        )
    updates = document.get("windowsKB")
    if isinstance(updates, dict):
        counts = {word: len(_list(updates, word)) for word in ("applied", "unapplied")}
        yield _gap(f"{counts['applied']} applied and {counts['unapplied']} missing Windows updates are not judged yet")
    for word in ("errors", "warnings"):
        for line in _list(document, word):
            yield _gap(f"Vuls said: {text(line)[:500]}")


def _gap(reason: str, *kinds: str) -> Fact:
    return Fact("gap", _GAP, {"reason": reason, "kinds": list(kinds)} if kinds else {"reason": reason})


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document.get(key)
    return value if isinstance(value, list) else []


def _entries(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The values of a mapping by name (or of a list, as other versions of Vuls write them)."""
    value = document.get(key)
    return objects(list(value.values())) if isinstance(value, dict) else objects(value)
