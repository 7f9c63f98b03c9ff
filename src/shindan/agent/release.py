"""Whether a release is what its publisher signed: manifest, signature, digest. Python 3.6 grammar.

The only two programs that the agent runs besides its own and the collectors' tools stand here. Sources: openssl-dgst(1)
and gpgv(1), which ends with 0 only where a key of the keyring made the signature.
"""

import os
import re
from typing import Dict, List, NamedTuple, Tuple

from shindan.agent import files

MANIFEST, SIGNATURE, OPENPGP = "release", "release.sig", "release.asc"
KEY, KEYRING = "release.pub", "release.gpg"
FILE = "shindan-agent.pyz"
MAX_FILE = 16 * 1024 * 1024
_OPENSSL = ("/usr/bin/openssl", "/bin/openssl", "/usr/local/bin/openssl")
_GPGV = ("/usr/bin/gpgv", "/bin/gpgv", "/usr/local/bin/gpgv")
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}
_VERSION = re.compile(r"^[0-9]{1,9}(\.[0-9]{1,9}){0,4}$")
_SECONDS = 30


class Unproven(Exception):
    """The release is not to be installed; the text says why."""


class Release(NamedTuple):
    """What a manifest says: version, and the file's digest and size in bytes."""

    version: str
    sha256: str
    size: int


def proven(folder: str, home: str, openssl: Tuple[str, ...] = _OPENSSL, gpgv: Tuple[str, ...] = _GPGV) -> Release:
    """The manifest in `folder`, after one of its signatures was proven with a key in `home`. Raises Unproven, OSError.

    Only one of the two need be there: openssl and its signature come first.
    """
    manifest = os.path.join(folder, MANIFEST)
    commands = _commands(folder, home, manifest, openssl, gpgv)
    if not commands:
        raise Unproven("no signature can be checked: openssl with {0}/{1}, or gpgv with {0}/{2}, is needed".format(
            home, KEY, KEYRING))  # fmt: skip
    _run(commands[0])
    return parse(files.small(manifest, 4096) or b"")


def parse(content: bytes) -> Release:
    """A manifest's `key=value` lines. Raises Unproven."""
    pairs = [line.partition("=") for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
    said: Dict[str, str] = {key.strip(): value.strip() for key, _, value in pairs}
    size = said.get("size", "")
    good = (
        _VERSION.match(said.get("version", ""))
        and said.get("file") == FILE
        and files.is_hex(said.get("sha256"), 64)
        and re.match("^[1-9][0-9]{0,8}$", size)
        and int(size) <= MAX_FILE
    )
    if not good:
        raise Unproven("the manifest lacks version, file={}, sha256 or size".format(FILE))
    return Release(said["version"], said["sha256"], int(size))


def is_newer(version: str, than: str) -> bool:
    """Whether a version of numbers and dots is above another; false for what is no such version."""
    if not _VERSION.match(version) or not _VERSION.match(than):
        return False
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> List[int]:
    found = [int(part) for part in version.split(".")]
    while found and found[-1] == 0:
        found.pop()
    return found


def _commands(
    folder: str, home: str, manifest: str, openssl: Tuple[str, ...], gpgv: Tuple[str, ...]
) -> List[List[str]]:
    """The checks that can be made here, the better first."""
    found = []
    signature, key = os.path.join(folder, SIGNATURE), os.path.join(home, KEY)
    for program in openssl:
        if os.access(program, os.X_OK) and os.path.exists(signature) and os.path.exists(key):
            found.append([program, "dgst", "-sha256", "-verify", key, "-signature", signature, manifest])
    signature, key = os.path.join(folder, OPENPGP), os.path.join(home, KEYRING)
    for program in gpgv:
        if os.access(program, os.X_OK) and os.path.exists(signature) and os.path.exists(key):
            found.append([program, "--keyring", key, signature, manifest])
    return found


def _run(command: List[str]) -> None:
    # Imported here: it costs 0.6 MB, and releases are rare.
    import subprocess

    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_ENVIRONMENT,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unproven("{} could not check the signature: {}".format(os.path.basename(command[0]), error)) from error
    if done.returncode != 0:
        raise Unproven("the signature is not by the pinned key ({} says {})".format(
            os.path.basename(command[0]), done.returncode))  # fmt: skip
