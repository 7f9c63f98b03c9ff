"""Check kind `audit_rule`: that the audit system records something, as it is configured and as it is loaded.

Facts `audit_rule` hold every line of the files and of `auditctl -l`. A rule is as wanted where it records all of the
wanted events (shindan.rules.files.audit_rules); an earlier rule that says `never` hides it. Files of rules.d are put
together as augenrules(8) does it; without them /etc/audit/audit.rules is loaded as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result, absent, all_of, judged
from shindan.rules.examined import Examined
from shindan.rules.files.audit_layers import Layer, layer_of
from shindan.rules.files.audit_rules import Wanted, compare, field, recorded

_LAYERS = ("configured", "loaded")
_PEOPLE = ("auid>=1000", "auid!=unset")
_32_BITS = ("i386", "i486", "i586", "i686", "armhf", "armel", "armv7l", "arm")
_NEW_ARCHES = ("arm64", "aarch64", "riscv64", "loongarch64")
# System calls that newer architectures never had: their relatives with `at` stand for them.
_OLD_CALLS = frozenset(
    ("chmod", "chown", "lchown", "rename", "unlink", "open", "creat", "mkdir", "rmdir", "link", "symlink", "mknod",
     "stime", "create_module", "query_module")
)  # fmt: skip


def _run(host: Examined, p: Arguments) -> Result:
    path = p["watch"] or p["exec"]
    if path and p["not_there"] != "judge" and _is_missing(host, path):
        return absent(p["not_there"], Evidence(path, "missing", "there"))
    if p["in_sync"]:
        return _in_sync(host)
    return all_of([_layer(host, name, p) for name in p["layers"]])


def _layer(host: Examined, name: str, p: Arguments) -> Result:
    try:
        layer = layer_of(host, name)
    except CannotTell as error:
        # The other layer may be enough: what is not configured fails, whatever the kernel would say.
        return Result(error.verdict, reason=error.reason)
    if layer is None:
        return Result("not_applicable", reason="what is loaded is known of a running host alone")
    if p["immutable"]:
        return _immutable(layer)
    looked = []
    for wanted, words in _wanted(host, p):
        good = recorded(layer.rules, wanted)
        seen = "recorded" if good else layer.why or "no rule records it"
        looked.append((good, Evidence(f"audit rules, {name}", seen, words)))
    return judged(looked, empty=Result("pass", (Evidence(f"audit rules, {name}", "nothing to record", "recorded"),)))


def _immutable(layer: Layer) -> Result:
    seen = f"-e {layer.enabled}" if layer.enabled else "not set"
    evidence = Evidence(f"audit rules, {layer.name}", seen, "-e 2: no change before the next boot")
    return Result("pass" if layer.enabled == "2" else "fail", (evidence,))


def _in_sync(host: Examined) -> Result:
    configured, loaded = (layer_of(host, name) for name in _LAYERS)
    if configured is None or loaded is None:
        return Result("not_applicable", reason="what is loaded is known of a running host alone")
    missing = [
        (False, Evidence("audit rules", text, "loaded"))
        for rule, text in zip(configured.rules, configured.texts, strict=True)
        if rule not in loaded.rules
    ]
    return judged(missing, empty=Result("pass", (Evidence("audit rules", "loaded as configured", "the same"),)))


def _wanted(host: Examined, p: Arguments) -> Iterator[tuple[Wanted, str]]:
    """What should be recorded, with words for it."""
    people = _PEOPLE if p["user"] or p["exec"] or p["privileged"] else ()
    fields = frozenset(one for text in (*people, *(p["filters"] or ())) if (one := field(text)))
    compares = frozenset(one for text in p["compare"] or () if (one := compare(text)))
    arches = list(_arches(host, p["arch"]))
    for call in p["syscalls"] or ():
        for arch in arches:
            if not (arch == "b64" and call in _OLD_CALLS and _machine(host) in _NEW_ARCHES):
                yield Wanted(arch, call, fields=fields, compares=compares), _words(f"{call} ({arch})", p)
    for path in _programs(host, p):
        for arch in arches:
            yield (
                Wanted(arch, "execve", path, frozenset("x"), fields, compares),
                f"every start of {path} by people ({arch})",
            )
    if p["watch"]:
        for arch in arches:
            wanted = Wanted(arch, "", p["watch"], frozenset(p["perm"]), fields, compares)
            yield wanted, _words(f"{p['watch']}, access {p['perm']} ({arch})", p)


def _words(what: str, p: Arguments) -> str:
    return " ".join([what, *(p["filters"] or ()), *(p["compare"] or ()), *(["by people"] if p["user"] else [])])


def _programs(host: Examined, p: Arguments) -> Sequence[str]:
    if not p["privileged"]:
        return [p["exec"]] if p["exec"] else []
    found: dict[str, None] = {}
    for subject in ("setuid", "setgid"):
        fact = host.one("sweep", subject)
        if fact is None or not fact.data.get("complete"):
            raise CannotTell("unknown", "the walk for programs that run as another did not come to its end")
        found.update(dict.fromkeys(str(path) for path in fact.data.get("paths", ())))
    return list(found)


def _arches(host: Examined, asked: Sequence[str]) -> Iterator[str]:
    return (one for one in asked if not (one == "b64" and _machine(host) in _32_BITS))


def _machine(host: Examined) -> str:
    return host.inventory.platform.arch if host.inventory.platform else ""


def _is_missing(host: Examined, path: str) -> bool:
    """Whether somebody looked for a path and it is not there."""
    fact = host.inventory.one("file", path.rstrip("/"))
    return fact is not None and fact.data.get("type") == "absent"


KIND = Kind(
    "audit_rule",
    "that the audit system records something",
    {
        "watch": Parameter("string", "access to this file, or to anything below this folder"),
        "perm": Parameter("string", "with `watch`: which access, of `rwxa`", default="wa"),
        "syscalls": Parameter("strings", "each of these system calls"),
        "arch": Parameter("strings", "for programs of these widths", default=["b32", "b64"], choices=("b32", "b64")),
        "filters": Parameter("strings", "only events for which these fields hold: `exit=-EACCES`"),
        "compare": Parameter("strings", "only events for which these comparisons of fields hold: `euid!=uid`"),
        "user": Parameter("boolean", "only what people do: `auid>=1000`, `auid!=unset`", default=False),
        "exec": Parameter("string", "every start of this program by people"),
        "privileged": Parameter("boolean", "every start of each setuid or setgid program by people"),
        "immutable": Parameter("boolean", "rules cannot be changed before the next boot (`-e 2`)"),
        "in_sync": Parameter("boolean", "everything that is configured is loaded"),
        "layers": Parameter("strings", "where to look", default=["configured", "loaded"], choices=_LAYERS),
        "not_there": Parameter(
            "string", "what it means where the watched path is missing", default="judge",
            choices=("judge", "pass", "fail", "not_applicable"),
        ),
    },
    _run,
    ("audit_rule", "sweep", "file"),
    one_of=(("watch", "syscalls", "exec", "privileged", "immutable", "in_sync"),),
)  # fmt: skip
"""`privileged`, `immutable` and `in_sync` are given as true or not at all."""
