"""Whether a package is positively somebody else's than the distribution's.

Advisories of a distribution say nothing about packages of another vendor, whatever they are called. Only a
positive sign makes a package foreign; an unknown origin is judged as the distribution's own and counted so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from shindan.rules.cve.families import FAMILIES, Family
from shindan.rules.cve.subject import Subject

Origin = Literal["own", "unknown"] | str
"""`own`, `unknown`, or the sign by which the package is foreign, as text."""

_FOREIGN_HOSTS = (
    "apt.postgresql.org", "artifacts.elastic.co", "apt.releases.hashicorp.com", "apt.grafana.com",
    "deb.nodesource.com", "dl.google.com", "download.ceph.com", "download.docker.com", "launchpad.net",
    "launchpadcontent.net", "mariadb.org", "nginx.org", "packages.cloud.google.com", "packages.gitlab.com",
    "packages.microsoft.com", "packages.sury.org", "packages.wazuh.com", "packagecloud.io", "percona.com",
    "pkg.jenkins.io", "pkgs.k8s.io", "repo.mongodb.org", "repo.mysql.com", "repo.saltproject.io",
    "repo.zabbix.com", "raspberrypi.com", "raspberrypi.org", "raspbian.org", "apt.datadoghq.com",
)  # fmt: skip
_FOREIGN_MAIL = (
    "@docker.com", "@nodesource.com", "@google.com", "@microsoft.com", "@hashicorp.com", "@elastic.co",
    "@grafana.com", "@mariadb.org", "@mariadb.com", "@percona.com", "@oracle.com", "@nginx.com", "@gitlab.com",
    "@mongodb.com", "@datadoghq.com", "@wazuh.com", "@zabbix.com", "@kubernetes.io", "@influxdata.com",
    "@redis.io", "@slack-corp.com", "@zoom.us", "@raspberrypi.com", "@raspbian.org", "@sury.org",
    "@newrelic.com", "@splunk.com", "@crowdstrike.com", "@teamviewer.com", "@spotify.com", "@brave.com",
    "@anydesk.com", "@puppet.com", "@chef.io", "@jenkins-ci.org", "@amazon.com", "@nvidia.com",
)  # fmt: skip
_FOREIGN_VERSION = {
    "deb": re.compile(r"(\+maria|\.pgdg|~ppa|ppa\d|\+rpi|\+rpt|nodesource|\bubuntu-focal\b|\+deb\.sury|~sury)"),
    "rpm": re.compile(r"(PGDG|\.remi\b|\.ius\b|\.gf\b|\.ngx\b|nodesource)"),
}
"""Marks that builders who keep the distribution's names put into versions, by package type."""


def origin_of(subject: Subject, platform_id: str, repositories: Mapping[str, Mapping[str, Any]]) -> Origin:
    """`own`, `unknown`, or why the package is foreign; `repositories` are the repository facts' data by subject."""
    family = FAMILIES.get(platform_id)
    if family is None:
        return "unknown"
    pattern = _FOREIGN_VERSION.get(subject.type)
    mark = pattern.search(subject.installed_version) if pattern else None
    if mark is not None:
        return f"its version carries the mark {mark[1]!r}"
    if subject.type == "rpm" and subject.vendor:
        return _by_rpm_vendor(subject, family)
    by_repository = _by_repository(subject.repository, family, repositories)
    if by_repository != "unknown":
        return by_repository
    return _by_build(subject, family) if subject.type == "rpm" else _by_maintainer(subject, family)


def _by_rpm_vendor(subject: Subject, family: Family) -> Origin:
    """rpm's VENDOR is what the builder calls itself, wherever the package was mirrored since."""
    own = subject.vendor.lower().startswith(family.vendors) if family.vendors else False
    return "own" if own else f"its vendor is {subject.vendor!r}"


def _by_build(subject: Subject, family: Family) -> Origin:
    """A package without a vendor: by who signed it, else by what only the distribution's builds carry.

    Amazon leaves VENDOR empty (https://github.com/aquasecurity/trivy/issues/5887).
    """
    if subject.signing_key and subject.signing_key[-16:] in family.keys:
        return "own"
    release = subject.installed_version.rpartition("-")[2]
    return "own" if any(mark in release for mark in family.marks) else "unknown"


def _by_repository(name: str, family: Family, repositories: Mapping[str, Mapping[str, Any]]) -> Origin:
    if not name:
        return "unknown"
    facts = repositories.get(name, {})
    origin = str(facts.get("origin") or "")
    if origin:
        return "own" if origin.lower() in family.origins else f"it comes from the repository of {origin!r}"
    host = _host(str(facts.get("url") or name))
    if any(_below(host, own) for own in family.hosts):
        return "own"
    if any(_below(host, foreign) for foreign in _FOREIGN_HOSTS):
        return f"it comes from {host}"
    return "own" if name.lower() in family.origins else "unknown"


def _below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _by_maintainer(subject: Subject, family: Family) -> Origin:
    if subject.vendor:
        own = any(word in subject.vendor.lower() for word in family.origins)
        return "own" if own else f"its vendor is {subject.vendor!r}"
    address = subject.maintainer.rpartition("<")[2].rstrip("> ").lower()
    if address.endswith(_FOREIGN_MAIL):
        return f"its maintainer is {subject.maintainer!r}"
    if any(address.endswith((f"@{host}", f".{host}")) for host in family.hosts):
        return "own"
    return "unknown"


def _host(address: str) -> str:
    first = address.split()[0] if address.split() else ""
    try:
        return (urlsplit(first if "://" in first else f"//{first}").hostname or "").lower()
    except ValueError:
        return ""
