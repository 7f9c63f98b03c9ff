"""Every collector, in the order in which they run: the platform comes first. Python 3.6 grammar."""

from typing import Collection, Iterator, List, Optional

from shindan.collect.access_control import AccessControl
from shindan.collect.accounts import Accounts, Groups
from shindan.collect.audit_rules import AuditRules
from shindan.collect.base import Collector, collected
from shindan.collect.boot_arguments import Boot
from shindan.collect.configuration_texts import Texts
from shindan.collect.connections_now import ConnectionsNow
from shindan.collect.container import Containers
from shindan.collect.crypto_policy import CryptoPolicy
from shindan.collect.dconf_databases import DconfDatabases
from shindan.collect.files_looked_at import Files
from shindan.collect.homes import Homes
from shindan.collect.identity import Identity
from shindan.collect.interfaces import Interfaces, Routes
from shindan.collect.kernel import Kernels
from shindan.collect.kernel_modules import KernelModules
from shindan.collect.kernel_parameters import KernelParameters
from shindan.collect.languages import LanguagePackages
from shindan.collect.listeners import Listeners
from shindan.collect.mounts import Mounts
from shindan.collect.os_release import OsRelease
from shindan.collect.packages_apk import ApkPackages
from shindan.collect.packages_deb import DpkgPackages
from shindan.collect.packages_rpm import RpmPackages
from shindan.collect.packet_filters import PacketFilters
from shindan.collect.processes import Processes
from shindan.collect.processor import Processor
from shindan.collect.repositories import AptRepositories
from shindan.collect.repositories_apk import ApkRepositories
from shindan.collect.repositories_rpm import Modules, RpmRepositories
from shindan.collect.root import Root
from shindan.collect.scap import Scap
from shindan.collect.sshd import Sshd
from shindan.collect.sweep import Sweep
from shindan.collect.units import Units
from shindan.facts.configured import DEAR
from shindan.facts.fact import Fact
from shindan.facts.sampled import SAMPLED

COLLECTORS: List[Collector] = [
    OsRelease(),
    Identity(),
    Kernels(),
    AptRepositories(),
    RpmRepositories(),
    ApkRepositories(),
    Modules(),
    DpkgPackages(),
    RpmPackages(),
    ApkPackages(),
    LanguagePackages(),
    Containers(),
    Processor(),
    Boot(),
    KernelModules(),
    KernelParameters(),
    AccessControl(),
    CryptoPolicy(),
    Mounts(),
    Units(),
    Sshd(),
    AuditRules(),
    PacketFilters(),
    DconfDatabases(),
    Accounts(),
    Groups(),
    Homes(),
    Files(),
    Texts(),
    Interfaces(),
    Routes(),
    Sweep(),
    Scap(),
    Listeners(),
    Processes(),
    ConnectionsNow(),
]


def known_kinds() -> List[str]:
    """The kinds that some collector yields."""
    return sorted({kind for collector in COLLECTORS for kind in collector.kinds})


def default_kinds() -> List[str]:
    """What is collected where no kinds are named: the inventory, how the host is set up, and who listens."""
    return [kind for kind in known_kinds() if kind not in DEAR and (kind not in SAMPLED or kind == "listener")]


def run(root: Root, kinds: Optional[Collection[str]] = None) -> Iterator[Fact]:
    """All facts of a host of the given kinds, by default of `default_kinds()`; what could not be seen is in gaps."""
    return collected(COLLECTORS, root, default_kinds() if kinds is None else kinds)
