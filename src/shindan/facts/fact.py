"""One observed thing on one host, and the fields that each kind of fact has.

A fact is also one line on the wire. Standard library only, Python 3.6 grammar: agents share this room.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple


class Fact(NamedTuple):
    """Kind (`package`), subject (`openssl`) and data: a flat mapping of JSON values."""

    kind: str
    subject: str
    data: Dict[str, Any] = {}


class Field(NamedTuple):
    """One key of a fact's data: its JSON type, whether every fact of the kind has it, and what it means."""

    name: str
    type: str
    required: bool
    meaning: str


class Kind(NamedTuple):
    """A sort of fact: what its subject is, what it tells, and its fields."""

    subject: str
    meaning: str
    fields: Tuple[Field, ...]


def _must(name: str, type_: str, meaning: str) -> Field:
    return Field(name, type_, True, meaning)


def _may(name: str, type_: str, meaning: str) -> Field:
    return Field(name, type_, False, meaning)


KINDS: Dict[str, Kind] = {
    "platform": Kind(
        "`os`",
        "The operating system, as os-release or one of its older relatives names it.",
        (
            _must("id", "string", "os-release ID: `debian`, `ubuntu`"),
            _must("version_id", "string", "release: `12`, `22.04`; `14` for a Debian testing, `sid` for unstable"),
            _may("name", "string", "the name as people read it: `Debian GNU/Linux 12 (bookworm)`"),
            _may("arch", "string", "architecture in the words of the package manager: `amd64`"),
            _may("family", "string", "OS family: `debian`, `rhel`; derived from id when absent"),
            _may("codename", "string", "release name: `bookworm`"),
            _may("id_like", "string", "os-release ID_LIKE: the systems it descends from"),
            _may("point", "string", "point release, from /etc/debian_version: `12.11`"),
        ),
    ),
    "kernel": Kind(
        "`running`, or an installed kernel's release",
        "The kernel that runs, and one fact for each that is installed.",
        (
            _may("release", "string", "`uname -r` (subject `running`), or the installed kernel's release"),
            _may("version", "string", "`uname -v` (subject `running`), or the version of the package that owns it"),
            _may("package", "string", "the package that owns its image under /boot; absent in a container"),
            _may("image", "string", "path of an installed kernel's image"),
            _may("running", "boolean", "whether this installed kernel is the one that runs"),
            _may("boots_next", "boolean", "whether this installed kernel is the one that boots next"),
            _may("reboot_required", "boolean", "whether a reboot is due (subject `running`); absent: nobody knows"),
            _may("reboot_reasons", "list", "why: packages that asked for it, or the kernel that waits"),
            _may("livepatches", "list", "names of the kernel live patches in force (subject `running`)"),
        ),
    ),
    "package": Kind(
        "the binary package's name",
        "One installed package; two installed versions of one name are two facts.",
        (
            _must("type", "string", "package format: `deb`, `rpm`, `apk`"),
            _must("version", "string", "exactly as the native tool prints it, epoch included"),
            _must("arch", "string", "architecture: `amd64`, `all`; empty where a damaged entry has lost it"),
            _may("source", "string", "the source package it was built from"),
            _may("source_version", "string", "that source's version"),
            _may("maintainer", "string", "dpkg's Maintainer field"),
            _may("vendor", "string", "rpm's VENDOR tag"),
            _may("module", "string", "module stream: `nginx:1.16:…`"),
            _may("repository", "string", "subject of the `repository` fact whose index lists this very version"),
            _may("status", "string", "dpkg's state where it is on disk but not plainly installed: `unpacked`"),
            _may("held", "boolean", "true where an administrator holds the package back"),
        ),
    ),
    "repository": Kind(
        "address, suite and component; or `ubuntu-pro`",
        "A configured package source, or the state of Ubuntu Pro.",
        (
            _may("url", "string", "base address"),
            _may("suite", "string", "suite as configured: `bookworm-security`"),
            _may("components", "list", "components: `main`"),
            _may("enabled", "boolean", "false where the entry is switched off"),
            _may("format", "string", "how it is configured: `list` (one line) or `deb822`"),
            _may("mirrors", "list", "the addresses behind a `mirror+file:` address"),
            _may("origin", "string", "Origin of its Release file: `Debian`, `Docker`"),
            _may("label", "string", "Label of its Release file"),
            _may("archive", "string", "Suite of its Release file: `stable-security`"),
            _may("codename", "string", "Codename of its Release file"),
            _may("signed_by", "string", "keyring named by the entry"),
            _may("trusted", "boolean", "true where the entry is taken without a signature"),
            _may("file", "string", "where it is configured"),
            _may("attached", "boolean", "`ubuntu-pro`: whether the host is attached to a subscription"),
            _may("services", "object", "`ubuntu-pro`: service name to its state, such as `enabled`"),
        ),
    ),
    "gap": Kind(
        "the collector's name",
        "Nobody could look, or not at all of it; and why.",
        (
            _must("reason", "string", "why, and how to mend it where that is known"),
            _may("kinds", "list", "the kinds of facts that may be missing"),
        ),
    ),
}

_TYPES: Dict[str, type] = {"string": str, "boolean": bool, "list": list, "object": dict}


def check(fact: Fact) -> Optional[str]:
    """Why a fact is malformed, or None when it is well-formed. Unknown keys are allowed: newer agents send more."""
    kind = KINDS.get(fact.kind)
    if kind is None:
        return "unknown kind {!r}: known are {}".format(fact.kind, ", ".join(sorted(KINDS)))
    if not fact.subject:
        return "a {} fact without a subject".format(fact.kind)
    wrong: List[str] = []
    for field in kind.fields:
        value = fact.data.get(field.name)
        if value is None:
            if field.required:
                wrong.append("{} is missing".format(field.name))
        elif not isinstance(value, _TYPES[field.type]):
            wrong.append("{} is no {}".format(field.name, field.type))
    return "{} {!r}: {}".format(fact.kind, fact.subject, "; ".join(wrong)) if wrong else None
