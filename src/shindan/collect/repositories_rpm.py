"""Repositories of yum, dnf and zypper, and dnf's module streams. Python 3.6 grammar."""

from typing import Any, Dict, Iterator

from shindan.collect.base import Collector
from shindan.collect.dnf_modules import streams
from shindan.collect.dnf_variables import resolved, variables
from shindan.collect.root import Root
from shindan.collect.rpm_ini import switch, words
from shindan.collect.rpm_sources import Configuration, Source, configured
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_TOLD = 5


class RpmRepositories(Collector):
    """One fact for each configured repository, its variables resolved; its subject is its id."""

    name = "rpm-repositories"
    kinds = ("repository",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        found = configured(root)
        known = variables(root) if found.sources else {}
        if found.main.get("releasever"):
            known["releasever"] = found.main["releasever"]
        for source in found.sources:
            yield Fact("repository", source.id, _data(source, found, known))
        if found.wrong:
            yield self.gap("; ".join(found.wrong[:_TOLD]))


class Modules(Collector):
    """One fact for each module whose stream was switched on or off."""

    name = "dnf-modules"
    kinds = ("module",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        try:
            for name, data in streams(root):
                yield Fact("module", name, data)
        except (Unavailable, FileNotFoundError) as error:
            yield self.gap(str(error))


def _data(source: Source, found: Configuration, known: Dict[str, str]) -> Dict[str, Any]:
    said = {option: resolved(value, known) for option, value in source.said.items()}
    addresses = words(said.get("baseurl", ""))
    optional: Dict[str, Any] = {
        "url": addresses[0] if addresses else "",
        "mirrors": addresses[1:],
        "mirrorlist": said.get("mirrorlist"),
        "metalink": said.get("metalink"),
        "title": said.get("name"),
        "signed_by": " ".join(words(said.get("gpgkey", ""))),
    }
    data: Dict[str, Any] = {"enabled": switch(said, "enabled", True), "file": source.file, "format": source.style}
    data.update({key: value for key, value in optional.items() if value})
    if "gpgcheck" in said or "gpgcheck" in found.main:
        data["gpgcheck"] = switch(said, "gpgcheck", switch(found.main, "gpgcheck", False))
        if not data["gpgcheck"] and not switch(said, "repo_gpgcheck", switch(found.main, "repo_gpgcheck", False)):
            data["trusted"] = True
    return data
