"""Packages of languages' own package managers, wherever they were installed. Python 3.6 grammar."""

from itertools import islice
from typing import Any, Callable, Collection, Dict, Iterator, List

from shindan.collect.base import Collector
from shindan.collect.lang_budget import Budget, Reading, Spent
from shindan.collect.lang_composer import ComposerReader
from shindan.collect.lang_gems import GemReader
from shindan.collect.lang_jars import JarReader
from shindan.collect.lang_npm import NpmReader
from shindan.collect.lang_places import Place, expanded, remote
from shindan.collect.lang_programs import ProgramReader
from shindan.collect.lang_python import PythonReader
from shindan.collect.lang_reader import Found, Reader
from shindan.collect.lang_walk import Told, folders
from shindan.collect.ownership import owners
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

READERS: List[Reader] = [
    PythonReader(),
    NpmReader(),
    GemReader(),
    ComposerReader(),
    JarReader(),
    ProgramReader(),
]
"""Every way in which packages lie on a disk."""

_BATCH = 5000
"""Packages that are held until their owners are known; the lists of files are gone through once for each batch."""

_REMEDY = "name the folders that matter with --paths"


class LanguagePackages(Collector):
    """One fact for each package in the usual places and the folders that the administrator names.

    Lock files and caches are no installations, and are passed over. What the budget does not reach is a gap.
    """

    name = "languages"
    kinds = ("language_package",)

    def __init__(self, budget: Callable[[], Budget] = Budget) -> None:
        self._budget = budget

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        told = Told()
        found = _found(Reading(root, self._budget()), told)
        while True:
            batch = list(islice(found, _BATCH))
            if not batch:
                break
            owned, wrong = owners(root, {one.path for one in batch})
            for sentence in wrong:
                told.say(sentence)
            for one in batch:
                yield Fact("language_package", one.name, _data(one, owned))
        for gap in self._gaps(told):
            yield gap

    def _gaps(self, told: Told) -> Iterator[Fact]:
        if told.wrong:
            more = " and {} more".format(told.more) if told.more else ""
            yield self.gap("not everything could be read: {}{}".format("; ".join(told.wrong), more))
        if told.too_deep:
            reason = "{} folders lie too deep to be looked at, such as {}; {}"
            yield self.gap(reason.format(told.too_deep, told.deep, _REMEDY))


def _found(reading: Reading, told: Told) -> Iterator[Found]:
    """Every package of every place, in the order of the places; ends early where the budget does."""
    places = expanded(reading.root, reading.root.named)
    paths = frozenset(place.path for place in places)
    mounts = remote(reading.root)
    for path in reading.root.named:
        if not reading.root.exists(path):
            told.say("{} is not there; --paths names it".format(path))
    for i, place in enumerate(places):
        try:
            for found in _of_place(reading, place, paths, mounts, told):
                yield found
        except Spent as error:
            told.wrong.insert(0, _spent(str(error), places[i:]))
            return


def _of_place(
    reading: Reading, place: Place, others: Collection[str], mounts: List[str], told: Told
) -> Iterator[Found]:
    for folder in folders(reading, place, others, mounts, told):
        for reader in READERS:
            for path in reader.files(folder):
                try:
                    for found in reader.read(reading, path):
                        if found.sane:
                            yield found
                except FileNotFoundError:
                    continue  # not every folder holds a package, and some files go away while we look
                except Unavailable as error:
                    told.say(str(error))


def _spent(what: str, places: List[Place]) -> str:
    names = ", ".join(place.path for place in places[1:])
    rest = ", and nothing of {}".format(names) if names else ""
    return "stopped after {}: {} was not wholly looked at{}; {}".format(what, places[0].path, rest, _REMEDY)


def _data(found: Found, owned: Dict[str, str]) -> Dict[str, Any]:
    path = "{}!/{}".format(found.path, found.inside) if found.inside else found.path
    data: Dict[str, Any] = {"type": found.type, "version": found.version, "path": path}
    if found.path in owned:
        data["owner"] = owned[found.path]
    return data
