"""Configured package sources, and Ubuntu Pro's services. Python 3.6 grammar."""

import json
from typing import Any, Dict, Iterator

from shindan.collect.apt_lists import release
from shindan.collect.apt_sources import Source, configured, mirrors
from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_PRO = "/var/lib/ubuntu-advantage/status.json"


class AptRepositories(Collector):
    """One fact for each source and component, with what its Release file says; and Ubuntu Pro's services."""

    name = "apt"
    kinds = ("repository",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        sources, wrong = configured(root)
        for source in sources:
            data = _described(root, source)
            for component in source.components or ("",):
                components = [component] if component else []
                yield Fact("repository", source.subject(component), dict(data, components=components))
        if wrong:
            yield self.gap("; ".join(wrong[:5]))
        if root.exists(_PRO):
            yield self._pro(root)

    def _pro(self, root: Root) -> Fact:
        """What the Pro client last wrote of its services; each has a `status` only where the host is attached.

        Source: ubuntu-pro-client, `pro status --format json`, which is kept in this file.
        """
        try:
            said = json.loads("\n".join(root.text(_PRO)))
            services = {str(one["name"]): str(one["status"]) for one in said.get("services", []) if one.get("status")}
            return Fact("repository", "ubuntu-pro", {"attached": bool(said.get("attached")), "services": services})
        except Unavailable as error:
            return self.gap(str(error))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, FileNotFoundError) as error:
            reason = "{} is no status of Ubuntu Pro ({}): `pro status` as root writes it anew"
            return self.gap(reason.format(_PRO, type(error).__name__))


def _described(root: Root, source: Source) -> Dict[str, Any]:
    data: Dict[str, Any] = {
        "url": source.url,
        "suite": source.suite,
        "enabled": source.enabled,
        "file": source.file,
        "format": source.style,
    }
    optional = {"signed_by": source.signed_by, "trusted": source.trusted, "mirrors": mirrors(root, source.url)}
    data.update({key: value for key, value in optional.items() if value})
    if source.enabled:
        data.update(release(root, source))
    return data
