"""How programs that run were built: without a protected stack, with code that can be written, without stack cookies.

What a distribution built is the distribution's affair, so by default only programs of no package are judged. Of a
container's programs nobody knows the package: they are told apart, and judged only for what is wrong whoever built
them. Source: elf(5), the kernel's fs/binfmt_elf.c and arch/*/include/asm/elf.h (what a missing PT_GNU_STACK means).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined
from shindan.rules.runtime.window import answered, processes, within

_MISSING_IS_EXECUTABLE = {"i386"}
_LANGUAGES = {"go": "Go", "rust": "Rust"}
_DATA, _COOKIES = "data that cannot be executed", "built with stack cookies (-fstack-protector-strong)"


def _without_dep(host: Examined, p: Arguments) -> Result:
    found = processes(host)
    bad = [line for one in found for line in _weak(one, p)]
    good = Evidence("programs", f"none of {len(found)} that run", _DATA)
    return answered(host, list(dict.fromkeys(bad)), good, "process")


def _weak(fact: Fact, p: Arguments) -> Iterator[Evidence]:
    data = fact.data
    if not _is_known(data, p) and (p["containers"] or not _is_foreign(data)):
        why = list(_reasons(data, library=False))
        if why:
            yield Evidence(f"{data['path']}{within(data)}", ", ".join(why), _DATA)
    for one in data.get("weak_objects", ()):
        mine = _is_known(one, p) or (_is_foreign(data) and not p["containers"])
        why = [] if mine else list(_reasons(one, library=True))
        if why:
            seen = ", ".join(why)
            if data.get("executable_stack"):
                seen += "; the whole stack of the process is executable now"
            yield Evidence(f"{one['path']} in {data['path']}{within(data)}", seen, _DATA)


def _reasons(data: Mapping[str, Any], *, library: bool) -> Iterator[str]:
    stack = data.get("stack")
    if stack == "executable":
        yield "asks for an executable stack"
    elif stack == "missing" and (library or data.get("machine") in _MISSING_IS_EXECUTABLE):
        # Of a program for x86-64 the kernel takes a missing header for a protected stack; glibc does not of a library.
        yield "says nothing of its stack, which is executable then"
    if data.get("writable_code"):
        yield "has code that can be written"


def _is_known(data: Mapping[str, Any], p: Arguments) -> bool:
    """Whether a package of the distribution brought it, where that is no matter."""
    return bool(data.get("package")) and p["scope"] == "third-party"


def _is_foreign(data: Mapping[str, Any]) -> bool:
    return bool(data.get("foreign") or data.get("container"))


def _without_cookies(host: Examined, _: Arguments) -> Result:
    found = [one.data for one in processes(host) if not one.data.get("package")]
    own = [one for one in found if not _is_foreign(one)]
    bad = [
        Evidence(
            str(one["path"]),
            "neither imports nor has __stack_chk_fail (little confidence: a program without arrays on its stack needs "
            "none)",
            _COOKIES,
        )
        for one in own
        if one.get("stack_check") is False and not _why_not(one)
    ]
    others = [f"{one['path']} ({why})" for one in own if (why := _why_not(one))]
    seen = f"none of {len(own)} that no package brought"
    if others:
        seen += f"; not asked of {', '.join(others[:5])}"
    if len(found) > len(own):
        seen += f"; {len(found) - len(own)} of containers were left out"
    good = Evidence("programs", seen, _COOKIES)
    return answered(host, list(dict.fromkeys(bad)), good, "process")


def _why_not(data: Mapping[str, Any]) -> str:
    """Why a program is not asked for cookies; "" where it is."""
    language = str(data.get("language", ""))
    if language in _LANGUAGES:
        return f"{_LANGUAGES[language]} checks bounds itself"
    return "it is linked statically" if data.get("static") else ""


WITHOUT_DEP = CodedRule(
    Rule(
        "runtime-software-without-dep",
        "Software Without DEP",
        "Medium",
        "Programs run whose data can be executed, so an overflow in them is enough to run foreign code.",
        "Get a build with a protected stack from whoever made the software (`-z noexecstack`), or clear the mark with "
        "`execstack -c FILE` where it is known to be needless.",
        references=("man:execstack(8)",),
        flaw="Instance {agent} runs software without protection of data from being executed",
    ),
    Kind(
        "runtime-software-without-dep",
        "programs whose data can be executed",
        {
            "scope": Parameter(
                "string", "what no package brought, or all", default="third-party", choices=("third-party", "all")
            ),
            "containers": Parameter("boolean", "whether programs of containers count", default=True),
        },
        _without_dep,
        ("process",),
    ),
)

WITHOUT_COOKIES = CodedRule(
    Rule(
        "runtime-software-without-stack-cookies",
        "Software Without Stack Cookies",
        "Medium",
        "Programs run that were built without stack cookies, which make overflows on the stack end the program instead "
        "of giving it away.",
        "Get a build with `-fstack-protector-strong` from whoever made the software, or build it so.",
        flaw="Instance {agent} runs software without stack cookies",
    ),
    Kind(
        "runtime-software-without-stack-cookies",
        "programs without stack cookies",
        {},
        _without_cookies,
        ("process",),
    ),
)
