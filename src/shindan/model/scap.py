"""SCAP content as a template names it: by two attributes that its findings carry, so that every client can set them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

CONTENT_KEY = "shindan:scap-content"
"""Attribute of a template: the name of a file of SCAP content on its hosts, and `@sha256:` with its digest, if any."""

PROFILE_KEY = "shindan:scap-profile"
"""Attribute of a template: the id of a profile in it, or how just one of its ids ends."""

_CONTENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._+-]{0,149}\.xml)(?:@sha256:([0-9a-f]{64}))?")
_PROFILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:()-]{0,199}")


class ScapNamed(NamedTuple):
    """Content by the name of its file, a profile, and the digest that the content must have ("" for any)."""

    content: str
    profile: str
    sha256: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        """As attributes of a template."""
        pin = f"@sha256:{self.sha256}" if self.sha256 else ""
        return {CONTENT_KEY: self.content + pin, PROFILE_KEY: self.profile}


def named(attributes: Iterable[tuple[str, str | None]]) -> ScapNamed:
    """What a template's attributes name. Raises ValueError that says what is missing or malformed."""
    given = dict(attributes)
    content = _CONTENT.fullmatch(given.get(CONTENT_KEY) or "")
    profile = given.get(PROFILE_KEY) or ""
    if content is None:
        raise ValueError(f"{CONTENT_KEY} names a file of SCAP content: NAME.xml, or NAME.xml@sha256:DIGEST; no folder")
    if not _PROFILE.fullmatch(profile):
        raise ValueError(f"{PROFILE_KEY} names a profile of the content")
    return ScapNamed(content[1], profile, content[2] or "")
