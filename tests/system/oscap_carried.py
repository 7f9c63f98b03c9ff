"""This machine's `oscap`, carried into other roots with its libraries: Debian 11 never had a package of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support import need_tool

CONTENT = Path("/usr/share/xml/scap/ssg/content")
RULE = "xccdf_org.ssgproject.content_rule_"
PROFILE = "xccdf_org.ssgproject.content_profile_"
_SCHEMAS = Path("/usr/share/openscap")
OSCAP = ("/opt/oscap/loader", "--library-path", "/opt/oscap/lib", "/opt/oscap/oscap")
"""How it is started in there."""


def carried(folder: Path) -> dict[str, Path]:
    """Path in a root → folder of this machine, that `oscap` needs to run in the root."""
    program = need_tool("oscap", "openscap-scanner")
    lib = folder / "lib"
    lib.mkdir(parents=True)
    shutil.copy(program, folder / "oscap")
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for path in re.findall(r"=> (/\S+)", said):
        shutil.copy(path, lib)
    loader = re.search(r"^\s*(/\S*ld-linux\S*)", said, re.MULTILINE)
    assert loader, said
    shutil.copy(loader[1], folder / "loader")
    return {"/opt/oscap": folder, str(_SCHEMAS): _SCHEMAS, "/opt/content": CONTENT}


def content(name: str, package: str) -> str:
    """The path in a root of a datastream that this machine has; skips the test where it has not."""
    if not (CONTENT / name).exists():
        pytest.skip(f"needs: {package}")
    return f"/opt/content/{name}"
