"""SCAP content of this machine, before its `oscap` is started."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from shindan.collect.scap_content import chosen, found
from shindan.collect.scap_content import offered as offered_by
from shindan.collect.scap_wanted import Wanted
from shindan.collect.tools import OSCAP
from shindan.collect.unavailable import Unavailable
from shindan.collect.xccdf import Profile
from shindan.model.errors import ShindanError

_REMEDY = "give a source datastream of SCAP 1.2 or later, such as /usr/share/xml/scap/ssg/content/ssg-…-ds.xml"


class Refused(ShindanError):
    """The content cannot be evaluated. `missing`: since this machine lacks what it takes."""

    def __init__(self, message: str, remedy: str, *, missing: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.missing = missing


def offered(path: Path) -> list[Profile]:
    """The profiles of content. Raises Refused."""
    try:
        return offered_by(found(Wanted(str(path.absolute()), anywhere=True)))
    except Unavailable as error:
        raise Refused(str(error), _REMEDY) from None


def wanted(path: Path, profile: str) -> Wanted:
    """What is to be evaluated; a profile may be left out where the content has one only.

    Raises Refused for content that is none, for a profile that it does not have, and where there is no oscap.
    """
    known = offered(path)
    if not any(os.access(one, os.X_OK) for one in OSCAP):
        raise Refused(
            "oscap is not installed here",
            "install openscap-scanner (older Debian and Ubuntu: libopenscap8)",
            missing=True,
        )
    if not profile and len(known) == 1:
        profile = known[0].id
    try:
        one = chosen(known, str(path), profile)
    except Unavailable as error:
        raise Refused(str(error), f"choose by --profile; `--scap {path} --profile list` shows them") from None
    return Wanted(str(path.absolute()), one.id, anywhere=True)


def offered_id(path: Path, profile: str) -> str:
    """The id of the profile of content that a word means. Raises Refused."""
    try:
        return chosen(offered(path), str(path), profile).id
    except Unavailable as error:
        raise Refused(str(error), _REMEDY) from None


def digest_of(path: Path) -> str:
    """The SHA-256 of content, in hex. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
