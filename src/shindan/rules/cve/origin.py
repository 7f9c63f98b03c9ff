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
_FOREIGN_VERSION = re.compile(r"(\+maria|\.pgdg|~ppa|ppa\d|\+rpi|\+rpt|nodesource|\bubuntu-focal\b|\+deb\.sury|~sury)")


def origin_of(subject: Subject, platform_id: str, repositories: Mapping[str, Mapping[str, Any]]) -> Origin:
    """`own`, `unknown`, or why the package is foreign; `repositories` are the repository facts' data by subject."""
    family = FAMILIES.get(platform_id)
    if family is None:
        return "unknown"
    mark = _FOREIGN_VERSION.search(subject.installed_version)
    if mark is not None:
        return f"its version carries the mark {mark[1]!r}"
    by_repository = _by_repository(subject.repository, family, repositories)
    if by_repository != "unknown":
        return by_repository
    return _by_vendor(subject, family)


def _by_repository(name: str, family: Family, repositories: Mapping[str, Mapping[str, Any]]) -> Origin:
    if not name:
        return "unknown"
    facts = repositories.get(name, {})
    origin = str(facts.get("origin") or "")
    if origin:
        return "own" if origin.lower() in family.origins else f"it comes from the repository of {origin!r}"
    host = _host(str(facts.get("url") or name))
    if any(part in host for part in family.hosts):
        return "own"
    if any(host == foreign or host.endswith("." + foreign) for foreign in _FOREIGN_HOSTS):
        return f"it comes from {host}"
    return "own" if name.lower() in family.origins else "unknown"


def _by_vendor(subject: Subject, family: Family) -> Origin:
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
