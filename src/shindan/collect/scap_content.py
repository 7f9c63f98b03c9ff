"""SCAP content on a host, and what of it is to be evaluated. Python 3.6 grammar.

An order names content by its file's name alone: it is looked for in the folders that the host's administrator lists.
"""

import hashlib
import os
import re
from typing import List, Tuple

from shindan.collect.scap_wanted import Wanted
from shindan.collect.unavailable import Unavailable
from shindan.collect.xccdf import Profile, meant, profiles

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}\.xml$")
"""What a file of content may be called: no folder, no option, no hidden file."""

PROFILE = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.:()-]{0,199}$")
"""What a profile may be called."""

DIGEST = re.compile(r"^[0-9a-f]{64}$")

MOST = 256 * 1024 * 1024
"""Bytes of content; the largest that is published has some 40 MB."""


def found(wanted: Wanted) -> str:
    """The path of the content. Raises Unavailable where the host has none of that name, or may not use it."""
    if wanted.anywhere:
        return _plain(wanted.content)
    if not wanted.folders:
        raise Unavailable(
            "no SCAP content may be evaluated here: the agent's configuration lists no folders of it (key `scap`)"
        )
    if not NAME.match(wanted.content):
        raise Unavailable("{!r} is no name of SCAP content: a file's name that ends with .xml".format(wanted.content))
    for folder in wanted.folders:
        path = os.path.join(folder, wanted.content)
        if os.path.exists(path):
            return _plain(path)
    raise Unavailable("{} is in none of {}".format(wanted.content, ", ".join(wanted.folders)))


def checked(path: str, wanted: Wanted) -> Tuple[Profile, str]:
    """(profile, SHA-256 in hex) of content that may be evaluated. Raises Unavailable."""
    digest = digest_of(path)
    if wanted.digest and wanted.digest != digest:
        raise Unavailable("{} is not the content that was asked for: its SHA-256 is {}".format(path, digest))
    return chosen(offered(path), path, wanted.profile), digest


def offered(path: str) -> List[Profile]:
    """The profiles of content. Raises Unavailable."""
    try:
        with open(path, "rb") as stream:
            return profiles(stream, path)
    except OSError as error:
        raise Unavailable("{}: {}".format(path, error.strerror or error)) from error


def chosen(known: List[Profile], path: str, wanted: str) -> Profile:
    """The profile that a word means. Raises Unavailable where it means none, or several."""
    some = [one for one in meant(known, wanted) if PROFILE.match(one.id)]
    if len(some) == 1:
        return some[0]
    said = "has several profiles that end with" if some else "has no profile"
    names = ", ".join(one.id for one in known) or "it offers none"
    raise Unavailable("{} {} {!r}: choose of {}".format(path, said, wanted, names))


def digest_of(path: str) -> str:
    """The SHA-256 of a file. Raises Unavailable."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            for block in iter(lambda: stream.read(1024 * 1024), b""):
                digest.update(block)
    except OSError as error:
        raise Unavailable("{}: {}".format(path, error.strerror or error)) from error
    return digest.hexdigest()


def _plain(path: str) -> str:
    """A path whose file can be used: regular, not too long, and writable for nobody but its owner and root."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise Unavailable("{}: {}".format(path, error.strerror or error)) from error
    if not os.path.isfile(path) or status.st_size > MOST:
        raise Unavailable("{} is no regular file of at most {} MB".format(path, MOST // 1024**2))
    if os.geteuid() == 0 and (status.st_uid != 0 or status.st_mode & 0o022):
        raise Unavailable(
            "{} can be changed by others than root, and root would act on it: chown root, chmod go-w".format(path)
        )
    return path
