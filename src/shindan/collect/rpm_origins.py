"""From which repository each rpm package came, as whoever installed it wrote down. Python 3.6 grammar.

rpm itself does not know. yum 3 (RHEL and CentOS 6 and 7, Amazon Linux 1 and 2) keeps a folder a package; dnf and zypper
keep a history.
"""

from typing import Callable, Dict, Iterator, List, Tuple

from shindan.collect.dnf_history import of_dnf4, of_dnf5
from shindan.collect.root import Root
from shindan.collect.rpm_package import Package
from shindan.collect.unavailable import Unavailable
from shindan.collect.zypp_history import of_zypp

_YUMDB = "/var/lib/yum/yumdb"
_NOT_ONE = frozenset(["@System", "installed"])

# The later ones win: a host that went from dnf 4 to dnf 5 carries both.
_HISTORIES: Tuple[Callable[[Root], Iterator[Tuple[str, str]]], ...] = (of_zypp, of_dnf4, of_dnf5)


class Origins:
    """Repositories by package; `wrong` is what could not be read."""

    def __init__(self, root: Root) -> None:
        self.wrong: List[str] = []
        self._root = root
        self._yumdb = root.exists(_YUMDB)
        self._by_nevra: Dict[str, str] = {}
        names: Dict[str, str] = {}
        for history in _HISTORIES:
            try:
                for nevra, repository in history(root):
                    # Few repositories have many packages: their names are held once.
                    self._by_nevra[nevra] = names.setdefault(repository, repository)
            except Unavailable as error:
                self.wrong.append(str(error))

    def of(self, package: Package) -> str:
        """The id of the repository that the package came from; "" where nobody wrote it down."""
        # Histories leave an epoch of 0 out, whether the package names it or not.
        epoch = "{}:".format(package.epoch) if package.epoch else ""
        nevra = "{}-{}{}-{}.{}".format(package.name, epoch, package.version, package.release, package.arch)
        found = self._by_nevra.get(nevra, "") or (self._of_yumdb(package) if self._yumdb else "")
        return "" if found in _NOT_ONE else found

    def _of_yumdb(self, package: Package) -> str:
        """yum's folder of the package, named after its header's digest (yum, `rpmsack.py`: `RPMDBAdditionalData`)."""
        if "/" in package.name + package.version + package.release + package.arch:
            return ""
        known_by = package.digest or "{}.{}".format(package.name, package.build_time)
        path = "{}/{}/{}-{}-{}-{}-{}/from_repo".format(
            _YUMDB, package.name[0], known_by, package.name, package.version, package.release, package.arch
        )
        try:
            return self._root.head(path, 256).decode("utf-8", "replace").strip()
        except (FileNotFoundError, Unavailable):
            return ""
