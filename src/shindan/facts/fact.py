"""One observed thing on one host, and the fields that each kind of fact has.

A fact is also one line on the wire. Standard library only, Python 3.6 grammar: agents share this room.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from shindan.facts.configured import CONFIGURED_KINDS
from shindan.facts.kind import Kind
from shindan.facts.kind import may as _may
from shindan.facts.kind import must as _must
from shindan.facts.sampled import SAMPLED_KINDS


class Fact(NamedTuple):
    """Kind (`package`), subject (`openssl`) and data: a flat mapping of JSON values."""

    kind: str
    subject: str
    data: Dict[str, Any] = {}


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
            _may(
                "point", "string", "point release, from /etc/debian_version or /etc/redhat-release: `12.11`, `7.9.2009`"
            ),
            _may("cpe", "string", "os-release CPE_NAME: `cpe:/o:redhat:enterprise_linux:9::baseos`"),
        ),
    ),
    "host": Kind(
        "`self`",
        "Which machine this is.",
        (
            _may("hostname", "string", "its name, from /etc/hostname, else as the kernel has it"),
            _may("machine", "string", "digest of its machine id, which itself stays on the host: 32 hex digits"),
            _may("addresses", "list", "IPv4 and global IPv6 addresses; on a live host only"),
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
            _may("module", "string", "rpm's MODULARITYLABEL: `nginx:1.16:8040020210526:522a0ee4`"),
            _may("signing_key", "string", "key id of whoever signed it, 16 hexadecimal digits; rpm"),
            _may("build_time", "integer", "when it was built, seconds since 1970 (UTC); rpm and apk"),
            _may("install_time", "integer", "when it was installed, seconds since 1970 (UTC); rpm"),
            _may("license", "string", "apk's license field"),
            _may(
                "repository",
                "string",
                "subject of the `repository` fact whose index lists this very version; rpm: id of the one that it "
                "was installed from, which may no longer be configured",
            ),
            _may("status", "string", "dpkg's state where it is on disk but not plainly installed: `unpacked`"),
            _may("held", "boolean", "true where an administrator holds the package back"),
            _may("requested", "boolean", "true where an administrator asked for it by name (/etc/apk/world)"),
        ),
    ),
    "language_package": Kind(
        "the package's name in its ecosystem: `requests`, `@babel/core`, `log4j:log4j-core`",
        "One installed package of a language's own package manager; each copy is a fact.",
        (
            _must("type", "string", "ecosystem: `pypi`, `npm`, `gem`, `golang`, `maven`, `cargo`, `composer`"),
            _must(
                "version", "string", "as the package itself says it; Go's standard library (`stdlib`): `1.21.0-rc.2`"
            ),
            _must("path", "string", "the file that says so; inside an archive: `/app/a.jar!/BOOT-INF/lib/b.jar`"),
            _may("owner", "string", "the package of the distribution that brought that file; absent: none, or unknown"),
        ),
    ),
    "repository": Kind(
        "apt: address, suite and component; rpm: the repository's id; apk: its address; or `ubuntu-pro`",
        "A configured package source, or the state of Ubuntu Pro.",
        (
            _may("url", "string", "base address"),
            _may("suite", "string", "suite as configured: `bookworm-security`; apk: branch, `v3.20` or `edge`"),
            _may("components", "list", "components: `main`"),
            _may("enabled", "boolean", "false where the entry is switched off"),
            _may(
                "format", "string", "how it is configured: `list` (one line), `deb822`, `yum` (dnf too), `zypp`, `apk`"
            ),
            _may("mirrors", "list", "the addresses behind a `mirror+file:` address, or further base addresses"),
            _may("mirrorlist", "string", "address of a list of mirrors; yum, dnf and zypper"),
            _may("metalink", "string", "address of a metalink; yum and dnf"),
            _may("title", "string", "its name as people read it; yum, dnf and zypper"),
            _may("tag", "string", "only packages that are asked for as `name@tag` come from it; apk"),
            _may("gpgcheck", "boolean", "whether packages' signatures are checked, where that is configured"),
            _may("origin", "string", "Origin of its Release file: `Debian`, `Docker`"),
            _may("label", "string", "Label of its Release file"),
            _may("archive", "string", "Suite of its Release file: `stable-security`"),
            _may("codename", "string", "Codename of its Release file"),
            _may("signed_by", "string", "keyring, or addresses of keys, named by the entry"),
            _may("trusted", "boolean", "true where the entry is taken without a signature"),
            _may("file", "string", "where it is configured"),
            _may("attached", "boolean", "`ubuntu-pro`: whether the host is attached to a subscription"),
            _may("services", "object", "`ubuntu-pro`: service name to its state, such as `enabled`"),
        ),
    ),
    "module": Kind(
        "the module's name",
        "A module whose stream dnf has switched on or off.",
        (
            _must("state", "string", "`enabled`, `disabled`, or `default` where nothing is switched"),
            _may("stream", "string", "the stream that is switched on: `1.16`"),
            _may("profiles", "list", "the profiles that are installed: `common`"),
            _may("file", "string", "where that is written"),
        ),
    ),
    **SAMPLED_KINDS,
    **CONFIGURED_KINDS,
    "gap": Kind(
        "the collector's name",
        "Nobody could look, or not at all of it; and why.",
        (
            _must("reason", "string", "why, and how to mend it where that is known"),
            _may("kinds", "list", "the kinds of facts that may be missing"),
        ),
    ),
}

_TYPES: Dict[str, type] = {"string": str, "integer": int, "boolean": bool, "list": list, "object": dict}


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
