"""Check kind `config`: a setting in the configuration files of a program, merged as the program merges them.

`files` are read in their order; `dir/*.conf` is a folder by the order of names, `etc:NAME.d` stands for the folders of
systemd's programs (/etc before /run before /usr/lib, equal names hidden). `merge` says which of several settings
counts: the first, the last, or each (`all` must be right, `any` of them is enough). A key that is set nowhere is
judged by `default`, the program's own value, where that is given.
"""

from __future__ import annotations

import fnmatch
from typing import NamedTuple

from shindan.model.outcome import Evidence
from shindan.rules.checks.comparison import Comparison, comparison
from shindan.rules.checks.kind import ABSENT, Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, absent
from shindan.rules.examined import Examined
from shindan.rules.files.settings import READERS, Setting
from shindan.rules.files.texts import texts_of

_MERGES = ("first", "last", "all", "any")


class _Found(NamedTuple):
    """A setting and its file."""

    path: str
    setting: Setting

    @property
    def place(self) -> str:
        return f"{self.path} line {self.setting.line}"


def _run(host: Examined, p: Arguments) -> Result:
    found = _settings(host, p)
    wanted = comparison(p)
    if p["forbid"]:
        bad = [one for one in found if wanted is None or wanted.holds(one.setting.value)]
        evidence = tuple(Evidence(one.place, _shown(one.setting), f"no {_words(p, wanted)}") for one in bad)
        return (
            Result("fail", evidence)
            if bad
            else Result("pass", (Evidence(p["files"][0], "not set", f"no {_words(p, wanted)}"),))
        )
    if not found:
        return _unset(p, wanted)
    chosen = {"first": found[:1], "last": found[-1:]}.get(p["merge"], found)
    looked = [(wanted is None or wanted.holds(one.setting.value), one) for one in chosen]
    good = any(right for right, _ in looked) if p["merge"] == "any" else all(right for right, _ in looked)
    said = tuple(Evidence(one.place, _shown(one.setting), _words(p, wanted)) for right, one in looked if right == good)
    return Result("pass" if good else "fail", said)


def _settings(host: Examined, p: Arguments) -> list[_Found]:
    read = READERS[p["format"]]
    found = []
    for path, lines in texts_of(host, p["files"]):
        for one in host.view(("settings", p["format"], path), lambda _, lines=lines: list(read(lines))):  # type: ignore[misc]
            if _is_meant(one, p):
                found.append(_Found(path, one))
    return found


def _is_meant(one: Setting, p: Arguments) -> bool:
    key = one.key == p["key"] if p["case"] else one.key.lower() == p["key"].lower()
    return key and (not p["section"] or fnmatch.fnmatchcase(one.section.lower(), p["section"].lower()))


def _unset(p: Arguments, wanted: Comparison | None) -> Result:
    evidence = Evidence(", ".join(p["files"]), f"{p['key']} is not set", _words(p, wanted))
    if p["default"] is None:
        return absent(p["absent"], evidence)
    seen = f"{p['key']} is not set, which means {p['default']}"
    good = wanted is None or wanted.holds(p["default"])
    return Result("pass" if good else "fail", (evidence._replace(observed=seen),))


def _shown(one: Setting) -> str:
    return f"{one.key} {one.value}".strip() if one.key != "line" else one.value


def _words(p: Arguments, wanted: Comparison | None) -> str:
    return f"{p['key']} {wanted or ''}".strip()


KIND = Kind(
    "config",
    "a setting in the configuration files of a program",
    {
        "files": Parameter("strings", "paths, `folder/*.conf`, or `etc:NAME.d`, in the program's order", required=True),
        "format": Parameter("string", "the dialect", default="kv", choices=tuple(READERS)),
        "key": Parameter("string", "the setting; `line` with the format `lines`", required=True),
        "section": Parameter("string", "its section; `*` in it for several"),
        "merge": Parameter("string", "which counts where it is set several times", default="last", choices=_MERGES),
        "case": Parameter("boolean", "whether the key's case counts", default=True),
        "default": Parameter("string", "what the program takes where it is not set"),
        "forbid": Parameter("boolean", "it must not be set (to what the comparison says)", default=False),
        "absent": ABSENT,
    },
    _run,
    ("text",),
    compares="allowed",
)
