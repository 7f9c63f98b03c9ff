"""The rules of the package, in the order of the specification (section 5.5), and what they look at."""

from __future__ import annotations

from shindan.rules.coded import CodedPackage
from shindan.rules.runtime.clients import GENERAL, LOGIN
from shindan.rules.runtime.hardening import WITHOUT_COOKIES, WITHOUT_DEP
from shindan.rules.runtime.ports import UNUSED
from shindan.rules.runtime.root_processes import ROOT_PROCESSES
from shindan.rules.runtime.servers import SERVERS

PACKAGE = CodedPackage(
    "runtime",
    (LOGIN, GENERAL, UNUSED, SERVERS, WITHOUT_DEP, WITHOUT_COOKIES, ROOT_PROCESSES),
    sampled=("process", "listener", "connection"),
    seconds=None,
    also=("text", "container"),
)
