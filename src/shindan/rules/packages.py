"""The rules packages that are evaluated host by host from facts: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from shindan.model.packages import PackageName
from shindan.rules.base import HostPackage
from shindan.rules.cis.package import PACKAGE as CIS
from shindan.rules.network.package import PACKAGE as NETWORK
from shindan.rules.practices.package import PACKAGE as PRACTICES
from shindan.rules.runtime.package import PACKAGE as RUNTIME

HOST_PACKAGES: Mapping[PackageName, HostPackage] = {
    "cis": CIS,
    "network": NETWORK,
    "practices": PRACTICES,
    "runtime": RUNTIME,
}
