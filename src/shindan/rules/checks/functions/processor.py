"""Whether the processor can keep data from being run as code."""

from __future__ import annotations

from shindan.model.outcome import Evidence
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.examined import Examined


def no_execute(host: Examined) -> Result:
    """The processor shows its no-execute bit: firmware can switch it off, and a hypervisor can hide it."""
    processor = host.one("cpu", "0")
    if processor is None:
        raise CannotTell("unknown", "nobody looked at the processor")
    flags = set(map(str, processor.data.get("flags", ())))
    if "nx" in flags:
        return Result("pass", (Evidence("processor", "nx", "nx"),))
    why = "the hypervisor may hide it" if "hypervisor" in flags else "the firmware may have it off"
    return Result("fail", (Evidence("processor", f"no nx: {why}", "nx"),))
