"""Protection of memory by kernel and processor: addresses that cannot be foreseen, data that cannot be run.

Both belong to the kernel, and are told of the host that has it, not of the containers on it. Source: the kernel's
Documentation/admin-guide/sysctl/kernel.rst (randomize_va_space) and kernel-parameters.txt (norandmaps, noexec).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks import compiled
from shindan.rules.checks.kind import Arguments, Kind
from shindan.rules.checks.result import CannotTell, Result, all_of, judged
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined
from shindan.rules.files.sysctl_files import persisted

_KEY = "kernel.randomize_va_space"
_X86 = {"x86_64", "amd64", "i386", "i486", "i586", "i686", "x86"}
_CONTAINER = Result("not_applicable", reason="the host is a container, whose kernel is another host's")


def _randomisation(host: Examined, _: Arguments) -> Result:
    if host.in_container:
        return _CONTAINER
    running = {"sysctl": {"key": _KEY, "eq": 2, "layers": ["runtime"]}}
    said = all_of(
        [
            compiled.compiled(running)(host),
            _told(_next_boot, host),
            compiled.compiled({"bootparam": {"name": "norandmaps", "present": False}})(host),
        ]
    )
    return said._replace(evidence=(*said.evidence, *_without(host)))


def _next_boot(host: Examined) -> Result:
    """What is set in no file stays as the kernel begins: full randomisation."""
    said = host.view("sysctl persisted", persisted).get(_KEY)
    if said is None:
        return Result("pass", (Evidence(f"{_KEY} after the next boot", "set in no file: the kernel's own 2", "2"),))
    evidence = Evidence(f"{_KEY} in {said.place}", said.value, "2")
    return Result("pass" if said.value == "2" else "fail", (evidence,))


def _without(host: Examined) -> Iterator[Evidence]:
    """Programs that have it switched off for themselves: told, where somebody looked, and no fault of the host."""
    for one in host.inventory.all("process"):
        if one.data.get("randomized") is False:
            yield Evidence(one.subject, "has it switched off for itself (personality)", "for information")


def _dep(host: Examined, _: Arguments) -> Result:
    if host.in_container:
        return _CONTAINER
    processor = host.one("cpu", "0")
    if processor is None:
        raise CannotTell("unknown", "nobody looked at the processor")
    arch = str(processor.data["arch"])
    if arch not in _X86:
        return Result("not_applicable", reason=f"the architecture is {arch}: the rule is about x86 alone")
    flags = set(map(str, processor.data.get("flags", ())))
    seen = "nx" if "nx" in flags else "no nx"
    if "nx" not in flags:
        seen += ": " + ("the hypervisor may hide it" if "hypervisor" in flags else "the firmware may have it off")
        if "pae" not in flags or arch not in ("x86_64", "amd64"):
            seen += ", and a 32-bit kernel needs PAE for it"
    processors = judged([("nx" in flags, Evidence("processor", seen, "nx"))], empty=Result("pass"))
    return all_of([processors, _told(_not_switched_off, host)])


def _not_switched_off(host: Examined) -> Result:
    looked = []
    for entry in host.all("boot"):
        arguments = [str(one) for one in entry.data.get("arguments", ())]
        values = [one.partition("=")[2] for one in arguments if one.partition("=")[0] == "noexec"]
        where = "the kernel that runs" if entry.subject == "running" else f"entry {entry.subject}"
        if entry.subject != "grub":
            seen = f"noexec={values[-1]}" if values else "no noexec"
            looked.append((not values or values[-1] != "off", Evidence(where, seen, "no noexec=off")))
    return judged(looked, empty=Result("pass"))


def _told(run: Callable[[Examined], Result], host: Examined) -> Result:
    try:
        return run(host)
    except CannotTell as error:
        return Result(error.verdict, reason=error.reason)


RANDOMISATION = CodedRule(
    Rule(
        "practices-aslr",
        "Enable ASLR",
        "Medium",
        "Programs lie at addresses that can be foreseen, which makes flaws in them far easier to exploit.",
        "Set `kernel.randomize_va_space = 2` in a file below /etc/sysctl.d, run `sysctl --system`, and remove "
        "`norandmaps` from the kernel's arguments.",
        references=("man:sysctl.d(5)",),
        flaw="Instance {agent} does not randomise the addresses of programs",
    ),
    Kind("practices-aslr", "randomisation of addresses", {}, _randomisation, ("sysctl", "text", "boot")),
)

DEP = CodedRule(
    Rule(
        "practices-dep",
        "Enable DEP",
        "Medium",
        "The processor runs what lies in memory meant for data, so an overflow is enough to run foreign code.",
        "Remove `noexec=off` from the kernel's arguments; where the processor has no `nx`, switch it on in the "
        "firmware or the hypervisor (`execute disable`, `no-execute`), and use a 64-bit kernel.",
        flaw="Instance {agent} runs without protection of data from being executed",
    ),
    Kind("practices-dep", "whether data can be executed", {}, _dep, ("cpu", "boot")),
)
