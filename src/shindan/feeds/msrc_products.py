"""Microsoft's product names → platforms and rows.

A Windows release is `windows:server-2022`, any other product `microsoft:edge-chromium-based`. A fix is a build number
(scheme `windows`) where Microsoft names one, else the number of the update (scheme `kb`): neither is a package version,
so the matcher holds both for not comparable until a rule about Windows reads them.
"""

from __future__ import annotations

import re

from shindan.model.advisory import Affected, Condition

_ARCHES = {"x64-based": ("x86_64",), "32-bit": ("i686",), "arm64-based": ("aarch64",), "itanium-based": ("ia64",)}
_FOR = re.compile(r" (?:for|on) (x64-based|32-bit|ARM64-based|Itanium-Based) systems", re.I)
_CORE = re.compile(r"\s*\(Server Core installation\)", re.I)
_SLUG = re.compile(r"[^a-z0-9.]+")
_KB = re.compile(r"^(?:KB)?(\d{6,8})$")
_BUILD = re.compile(r"^\d+(?:\.\d+)+$")


def row(product: str, update: str, build: str, severity: str) -> Affected:
    """The row of one affected product; `update` is a KB number or a word such as `Release Notes`, both may be ""."""
    kb = _KB.match(update)
    fixed, scheme = (build, "windows") if _BUILD.match(build) else (f"KB{kb[1]}", "kb") if kb else ("", "windows")
    return Affected(
        platform=platform(product),
        package=product,
        scheme=scheme,
        fixed=fixed,
        state="fixed" if fixed else "affected",
        vendor_state=f"KB{kb[1]}" if kb else update or "Known Affected",
        names="any",
        severity=severity,
        only_if=_architecture(product),
    )


def platform(product: str) -> str:
    """The platform key of a product's name, without its architecture and edition."""
    name = _CORE.sub("", _FOR.sub("", product)).strip()
    if name.startswith("Windows "):
        return f"windows:{_slug(name.removeprefix('Windows '))}"
    return f"microsoft:{_slug(name.removeprefix('Microsoft '))}"


def _architecture(product: str) -> tuple[Condition, ...]:
    match = _FOR.search(product)
    return (Condition("arch", _ARCHES[match[1].lower()]),) if match else ()


def _slug(name: str) -> str:
    return _SLUG.sub("-", name.lower()).strip("-")
