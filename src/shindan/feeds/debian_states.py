"""What Debian's tracker says of one source in one release → a normalised state; and what it leaves to be inferred.

Source: the tracker's data and its own documentation of `<no-dsa>`, `<postponed>`, `<ignored>`, `<undetermined>`,
`<end-of-life>` (https://security-team.debian.org/security_tracker.html).

`deferred` stands for `no-dsa` and `postponed`: no security update of its own, a later one or a point release may carry
the fix. `will_not_fix` stands for `ignored`. What the tracker calls resolved without naming a version never was in the
release (fixed version 0, or none): `not_affected`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import msgspec

from shindan.model.advisory import State
from shindan.versions import key

_END_OF_LIFE = "end-of-life"
_NO_DSA: dict[str, State] = {"ignored": "will_not_fix", "postponed": "deferred"}


class Said(msgspec.Struct):
    """One release's entry in the tracker's JSON."""

    status: str
    repositories: dict[str, str] = {}
    fixed_version: str | None = None
    urgency: str | None = None
    nodsa: str | None = None
    nodsa_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """The row that an entry becomes: `fixed` names a fix that can be had, `last_affected` bounds one that cannot."""

    state: State
    vendor_state: str
    fixed: str = ""
    last_affected: str = ""


def stated(said: Said) -> Stand:
    """An entry as it stands, nothing inferred. An unknown status is kept and counts as under investigation."""
    words = _verbatim(said)
    if said.status == "resolved":
        if said.fixed_version in (None, "", "0"):
            return Stand("not_affected", words)
        return Stand("fixed", words, fixed=said.fixed_version or "")
    if said.status == "open":
        return Stand(_open(said), words, last_affected=f"{_named(said)}~" if _named(said) else "")
    return Stand("under_investigation", words)


def inferred(said: Said, stand: Stand, sid_fix: str, ships: str, complete: bool) -> Stand:
    """The same, in the light of the version `ships` that the release's archive has.

    A fix that the archive does not ship yet cannot be had; an entry that leaves a minor issue open although the
    release ships a version with sid's fix is out of date. `complete` says that all suites were read.
    """
    if stand.fixed:
        if not _below(ships, stand.fixed) or not _vendor_lacks(said, stand.fixed, complete):
            return stand
        return replace(_pending(stand.fixed), vendor_state=f"{stand.vendor_state} in {stand.fixed}, not shipped yet")
    if _named(said) and said.status == "open" and _reaches(ships, _named(said)):
        return Stand("fixed", f"{stand.vendor_state}; shipped since", fixed=_named(said))
    if stand.state in ("deferred", "will_not_fix") and sid_fix and _reaches(ships, sid_fix):
        return Stand("fixed", f"{stand.vendor_state}; shipped with sid's fix", fixed=sid_fix)
    return stand


def implied(sid: Said, ships: str) -> Stand:
    """The stand of a release that ships the source and has no entry: sid's word counts (tracker documentation)."""
    own = stated(sid)
    words = f"sid: {own.vendor_state}"
    if not own.fixed:
        return replace(own, vendor_state=words)
    if _reaches(ships, own.fixed):
        return Stand("fixed", words, fixed=own.fixed)
    return replace(_pending(own.fixed), vendor_state=words)


def fix_in(said: Said | None) -> str:
    """The version that fixed the issue, by an entry that names one; else ""."""
    return stated(said).fixed if said is not None and said.status == "resolved" else ""


def _verbatim(said: Said) -> str:
    """`resolved`, `resolved, fixed_version 0`, `open`, `open, no-dsa: Minor issue`, `open, postponed: …`."""
    words = said.status
    if said.status == "resolved" and said.fixed_version == "0":
        words += ", fixed_version 0"
    if said.nodsa is not None or said.nodsa_reason:
        words += f", {said.nodsa_reason or 'no-dsa'}" + (f": {said.nodsa}" if said.nodsa else "")
    if said.urgency == _END_OF_LIFE:
        words += f", {_END_OF_LIFE}"
    return words


def _open(said: Said) -> State:
    if said.urgency == _END_OF_LIFE:
        return "end_of_life"
    if said.nodsa is None and not said.nodsa_reason:
        return "affected"
    return _NO_DSA.get(said.nodsa_reason or "", "deferred")


def _named(said: Said) -> str:
    """An open entry may name the version that will resolve it: it is not to be had yet."""
    return "" if said.fixed_version in (None, "0") else said.fixed_version or ""


def _pending(version: str) -> Stand:
    """Affected below a version that cannot be had: `~` sorts before everything, so the version itself is clean."""
    return Stand("affected", "", last_affected=f"{version}~")


def _vendor_lacks(said: Said, version: str, complete: bool) -> bool:
    """Whether nothing contradicts that the archive lacks a version: the tracker saw none as new, or all was read."""
    seen: Mapping[str, str] = said.repositories
    if any(not _below(own, version) for own in seen.values()):
        return False
    return complete or bool(seen)


def _below(version: str, other: str) -> bool:
    ours, theirs = _key(version), _key(other)
    return ours is not None and theirs is not None and ours < theirs


def _reaches(version: str, other: str) -> bool:
    ours, theirs = _key(version), _key(other)
    return ours is not None and theirs is not None and ours >= theirs


@lru_cache(maxsize=65536)
def _key(version: str) -> bytes | None:
    """None for "" and for what is no Debian version: nothing is inferred from it."""
    try:
        return key("deb", version) if version else None
    except ValueError:
        return None
