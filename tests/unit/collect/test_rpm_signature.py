"""The key that signed a package, against what rpm says of packages that GnuPG signed."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from shindan.collect.packages_rpm import RpmPackages
from shindan.collect.root import Root
from shindan.collect.rpm_signature import DSAHEADER, OPENPGP, RSAHEADER, SIGGPG, SIGPGP, issuer, signing_key
from support import need_tool
from unit.collect.rpm_tools import built, installed, rpm
from unit.collect.trees import gather

KEY = bytes.fromhex("199e2f91fd431d51")
PRINT = bytes(12) + KEY


def packet(body: bytes, old: bool = True) -> bytes:
    if old:
        return b"\x89" + len(body).to_bytes(2, "big") + body
    return b"\xc2\xff" + len(body).to_bytes(4, "big") + body


def version_4(hashed: bytes = b"", unhashed: bytes = b"", version: int = 4) -> bytes:
    width = 2 if version == 4 else 4
    areas = (len(one).to_bytes(width, "big") + one for one in (hashed, unhashed))
    return bytes([version, 0, 1, 8]) + b"".join(areas) + b"\0\0rest"


V3 = bytes([3, 5, 0, 1, 2, 3, 4]) + KEY + b"rest"
ISSUER = b"\x09\x10" + KEY
FINGERPRINT = b"\x16\x21\x04" + PRINT
CASES = {
    "version 3, as CentOS 6": (packet(V3), KEY.hex()),
    "version 4, issuer not hashed": (packet(version_4(b"\x05\x02time", ISSUER)), KEY.hex()),
    "version 4, issuer hashed": (packet(version_4(ISSUER)), KEY.hex()),
    "version 4, fingerprint alone": (packet(version_4(FINGERPRINT)), KEY.hex()),
    "version 4, critical": (packet(version_4(b"\x09\x90" + KEY)), KEY.hex()),
    "a length of two bytes": (packet(version_4(b"\xc0\x09" + b"\x14" + bytes(200) + ISSUER)), KEY.hex()),
    "a length of five bytes": (packet(version_4(b"\xff\0\0\0\x09" + ISSUER[1:])), KEY.hex()),
    "version 6": (packet(version_4(b"\x22\x21\x06" + KEY + bytes(24), version=6), old=False), KEY.hex()),
    "a packet of another kind before it": (b"\x99\0\x01x" + packet(V3), KEY.hex()),
    "nobody named": (packet(version_4(b"\x05\x02time")), ""),
    "cut": (packet(V3)[:9], ""),
    "version 5": (packet(bytes([5]) + V3[1:]), ""),
    "empty": (b"", ""),
    "no packets": (b"hello", ""),
    "partial lengths": (b"\xc2\xe1" + V3, ""),
    "endless": (b"\x89\0\0" * 50, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_the_issuer_of_a_signature(case: str) -> None:
    packets, expected = CASES[case]
    assert issuer(packets) == expected


@pytest.mark.parametrize("tag", [DSAHEADER, RSAHEADER, SIGPGP, SIGGPG])
def test_every_tag_that_may_hold_a_signature(tag: int) -> None:
    assert signing_key({tag: packet(V3)}) == KEY.hex()


def test_signatures_of_rpm_6_are_text() -> None:
    assert signing_key({OPENPGP: (b"?!", b64encode(packet(V3)))}) == KEY.hex()
    assert signing_key({OPENPGP: (b"=",)}) == ""
    assert signing_key({}) == ""


@pytest.mark.system
@pytest.mark.parametrize("algorithm", ["rsa2048", "ed25519"])
def test_the_key_is_the_one_that_rpm_names(tmp_path: Path, algorithm: str) -> None:
    gpg, sign = need_tool("gpg", "gnupg"), need_tool("rpmsign", "rpm")
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    batch = [gpg, "--homedir", str(home), "--batch", "--passphrase", ""]
    try:
        subprocess.run([*batch, "--quick-gen-key", "me@example.org", algorithm], check=True, capture_output=True)
        package = built(tmp_path, "signed", "1.0-1", "BuildArch: noarch")
        names = ["--define", "_gpg_name me@example.org", "--define", f"_gpg_path {home}", "--define", f"__gpg {gpg}"]
        subprocess.run([sign, *names, "--addsign", str(package)], check=True, capture_output=True)
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    root = tmp_path / "root"
    installed(root, package)
    said = rpm(root, "-q", "--qf", "%|DSAHEADER?{%{DSAHEADER:pgpsig}}:{%{RSAHEADER:pgpsig}}|", "signed")
    (fact,) = gather(RpmPackages(), Root(str(root)))
    assert fact.data["signing_key"] == said.rpartition("Key ID ")[2]
    assert len(fact.data["signing_key"]) == 16
