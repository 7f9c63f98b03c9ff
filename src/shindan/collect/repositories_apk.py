"""Repositories of apk. Python 3.6 grammar."""

from typing import Any, Dict, Iterator

from shindan.collect.apk_sources import Source, configured
from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.facts.fact import Fact


class ApkRepositories(Collector):
    """One fact for each configured repository; its subject is its address."""

    name = "apk-repositories"
    kinds = ("repository",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        sources, wrong = configured(root)
        for source in sources:
            yield Fact("repository", source.url, _data(source))
        if wrong:
            yield self.gap("; ".join(wrong[:5]))


def _data(source: Source) -> Dict[str, Any]:
    data: Dict[str, Any] = {"url": source.url, "enabled": source.enabled, "file": source.file, "format": "apk"}
    if source.branch:
        data["suite"] = source.branch
    if source.component:
        data["components"] = [source.component]
    if source.tag:
        data["tag"] = source.tag
    return data
