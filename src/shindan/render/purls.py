"""Package URLs of findings' packages (https://github.com/package-url/purl-spec), as other tools expect them."""

from __future__ import annotations

from urllib.parse import quote

from shindan.model.result import Package

_NAMESPACES = {"rhel": "redhat", "ol": "oracle", "amzn": "amazon", "opensuse-leap": "opensuse", "sles": "suse"}
"""os-release IDs whose vendors are called otherwise in purls; the rest is the ID itself."""

_SYSTEM_TYPES = frozenset({"deb", "rpm", "apk"})
_GENERIC = "generic"
_LANGUAGES = frozenset({"pypi", "npm", "gem", "golang", "maven", "cargo", "composer"})


def purl_of(package: Package, platform: str) -> str:
    """The purl of an installed package on a platform (`debian:12`).

    rpm has its epoch as a qualifier, deb and apk within the version; `upstream` names the source as Syft does,
    where it is another than the package itself.
    """
    if package.type in _SYSTEM_TYPES:
        return _system_purl(package, platform)
    if package.type not in _LANGUAGES:
        return _joined(_GENERIC, (), package.name, package.version, {})
    *namespace, name = package.name.split(":") if package.type == "maven" else package.name.split("/")
    if package.type == "pypi":
        name = name.lower().replace("_", "-")
    return _joined(package.type, namespace, name, package.version, {})


def _system_purl(package: Package, platform: str) -> str:
    id_, _, release = platform.partition(":")
    version, epoch = package.version, ""
    if package.type == "rpm" and ":" in version:
        epoch, _, version = version.partition(":")
    qualifiers = {
        "arch": package.arch,
        "distro": f"{id_}-{release}" if release else id_,
        "epoch": epoch if epoch != "0" else "",
        "upstream": _upstream(package),
    }
    return _joined(package.type, (_NAMESPACES.get(id_, id_),), package.name, version, qualifiers)


def _upstream(package: Package) -> str:
    source, version = package.source, package.source_version
    if not source or (source == package.name and version in ("", package.version)):
        return ""
    if package.type == "rpm":
        return f"{source}-{version.rpartition(':')[2]}.src.rpm" if version else source
    return source if version in ("", package.version) else f"{source}@{version}"


def _joined(
    kind: str, namespace: tuple[str, ...] | list[str], name: str, version: str, qualifiers: dict[str, str]
) -> str:
    path = "/".join(_quoted(part) for part in (*namespace, name) if part)
    pairs = "&".join(f"{key}={_quoted(value)}" for key, value in sorted(qualifiers.items()) if value)
    return f"pkg:{kind}/{path}" + (f"@{_quoted(version)}" if version else "") + (f"?{pairs}" if pairs else "")


def _quoted(text: str) -> str:
    """Percent-encoded but for letters, digits and `.-_~`; a colon stays as it is (section "character encoding")."""
    return quote(text.encode("utf-8", "replace"), safe=".-_~:")
