"""The first processor's flags that concern security. Python 3.6 grammar.

Source: proc_cpuinfo(5); the kernel's `arch/x86/include/asm/cpufeatures.h` and Documentation/arch/arm64/elf_hwcaps.rst.
"""

import os
from typing import Iterator, List

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.facts.fact import Fact

FLAGS = frozenset([
    "aes", "bti", "cet", "ept", "flush_l1d", "hypervisor", "ibpb", "ibrs", "ibrs_enhanced", "ibt", "la57", "lm",
    "md_clear", "nx", "paca", "pacg", "pae", "pku", "pti", "rdrand", "rdseed", "retpoline", "sev", "sev_es", "sgx",
    "smap", "sme", "smep", "smx", "ssbd", "stibp", "svm", "umip", "user_shstk", "vmx",
])  # fmt: skip
"""What is told of them."""


class Processor(Collector):
    """Subject `0`; below a root there is none."""

    name = "cpu"
    kinds = ("cpu",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if root.live:
            yield Fact("cpu", "0", {"arch": os.uname().machine, "flags": _flags(root)})


def _flags(root: Root) -> List[str]:
    for line in root.lines("/proc/cpuinfo"):
        name, _, value = line.decode("ascii", "replace").partition(":")
        if name.strip() in ("flags", "Features"):
            return sorted(FLAGS & set(value.split()))
    return []
