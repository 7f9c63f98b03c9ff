"""rpm and rpmbuild as judges: tiny packages, databases in a root of their own, and what `rpm -qa` prints of one."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support import need_tool

QUERY = (
    "%{NAME}\\t%{EVR}\\t%{ARCH}\\t%{SOURCERPM}\\t%{VENDOR}\\t%{MODULARITYLABEL}\\t%{BUILDTIME}\\t%{INSTALLTIME}\\t"
    "%|DSAHEADER?{%{DSAHEADER:pgpsig}}:{%|RSAHEADER?{%{RSAHEADER:pgpsig}}:{(none)}|}|\\n"
)


def built(folder: Path, name: str, evr: str, *lines: str) -> Path:
    """A package without files, built by rpmbuild; `lines` are further lines of its preamble."""
    need_tool("rpmbuild", "rpm")
    epoch, _, rest = evr.rpartition(":")
    version, _, release = rest.partition("-")
    preamble = [f"Name: {name}", f"Version: {version}", f"Release: {release}", "Summary: x", "License: x", *lines]
    if epoch:
        preamble.insert(1, f"Epoch: {epoch}")
    spec = folder / f"{name}.spec"
    folder.mkdir(parents=True, exist_ok=True)
    spec.write_text("\n".join([*preamble, "%description", "x", "%files", ""]))
    command = ["rpmbuild", "-bb", "--define", f"_topdir {folder / 'top'}", str(spec)]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = (folder / "top/RPMS").glob(f"*/{name}-{version}-{release}.*.rpm")
    return found


def rpm(root: Path, *arguments: str, backend: str = "sqlite", place: str = "/var/lib/rpm") -> str:
    """What rpm prints, with its database at `place` below a root."""
    command = [need_tool("rpm", "rpm"), "--root", str(root), "--define", f"_dbpath {place}"]
    command += ["--define", f"_db_backend {backend}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def installed(root: Path, *packages: Path, place: str = "/var/lib/rpm") -> None:
    """Writes packages into a root's database, and nothing else."""
    (root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
    rpm(root, "-U", "--justdb", "--nodeps", "--nosignature", "--oldpackage", *map(str, packages), place=place)


def told(root: Path, backend: str = "sqlite", place: str = "/var/lib/rpm") -> list[tuple[str, ...]]:
    """What `rpm -qa` says of each package, sorted: (name, evr, arch, source rpm, vendor, module, built, installed, key)."""
    printed = rpm(root, "-qa", "--nosignature", "--nodigest", "--qf", QUERY, backend=backend, place=place)
    rows = [line.split("\t") for line in printed.splitlines()]
    return sorted((*row[:8], row[8].rpartition("Key ID ")[2] if "Key ID" in row[8] else "") for row in rows)
