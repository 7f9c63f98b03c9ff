"""Packages that rpm has installed. Python 3.6 grammar."""

from typing import Any, Dict, Iterator, List

from shindan.collect.base import Collector
from shindan.collect.damaged import Damaged
from shindan.collect.root import Root
from shindan.collect.rpm_database import entries, find
from shindan.collect.rpm_origins import Origins
from shindan.collect.rpm_package import TAGS, Package, package
from shindan.collect.rpm_query import queried
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_TOLD = 3


class RpmPackages(Collector):
    """One fact for each package in rpm's database, and one for each key in it (`gpg-pubkey`), as `rpm -qa` has them.

    The database is read without rpm. Where it cannot be, rpm is asked, on the live host only.
    """

    name = "rpm"
    kinds = ("package",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        path = find(root)
        if path is None:
            return
        origins = Origins(root)
        damaged: List[str] = []
        try:
            for one in _packages(root, path, damaged):
                yield Fact("package", one.name, _data(one, origins.of(one)))
        except Unavailable as error:
            yield self.gap("{}: {}".format(path, error))
        if damaged:
            yield self.gap(_summary(path, damaged))
        if origins.wrong:
            reason = "where packages come from is not wholly known: {}"
            # That a package is there is known all the same.
            yield self.gap(reason.format("; ".join(origins.wrong[:_TOLD])), kinds=["repository"])


def _packages(root: Root, path: str, damaged: List[str]) -> Iterator[Package]:
    """The packages, of the file or of rpm itself; what is wrong with an entry is added to `damaged`."""
    try:
        stream = entries(root, path, TAGS)
        first = next(stream, None)
    except Unavailable as error:
        for one in queried(root, error):
            yield one
        return
    while first is not None:
        try:
            if first.damage:
                raise Damaged(first.damage)
            yield package(first.tags)
        except Damaged as error:
            damaged.append(str(error) if len(damaged) < _TOLD else "")
        first = next(stream, None)


def _summary(path: str, damaged: List[str]) -> str:
    entry = "entry" if len(damaged) == 1 else "entries"
    more = " and {} more".format(len(damaged) - _TOLD) if len(damaged) > _TOLD else ""
    return "{}: {} damaged {}: {}{}".format(path, len(damaged), entry, "; ".join(damaged[:_TOLD]), more)


def _data(one: Package, repository: str) -> Dict[str, Any]:
    source, source_version = one.source
    optional: Dict[str, Any] = {
        "source": source,
        "source_version": source_version,
        "vendor": one.vendor,
        "module": one.module,
        "signing_key": one.signing_key,
        "build_time": one.build_time,
        "install_time": one.install_time,
        "repository": repository,
    }
    data: Dict[str, Any] = {"type": "rpm", "version": one.evr, "arch": one.arch}
    data.update({key: value for key, value in optional.items() if value})
    return data
