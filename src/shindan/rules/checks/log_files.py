"""Check kind `log_files`: who may read and write the files of the log.

`rsyslog` means the files that rsyslog is configured to write; `all` means everything below /var/log. Files that are not
there yet are made with the rights that rsyslog is told, which is another rule's affair.
"""

from __future__ import annotations

import fnmatch

from shindan.model.outcome import Evidence
from shindan.rules.checks import file
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result, all_of
from shindan.rules.examined import Examined
from shindan.rules.files.rsyslog import output_files

_BELOW = "/var/log/**"


def _run(host: Examined, p: Arguments) -> Result:
    asked = {name: p[name] for name in ("mode_max", "owner", "group", "exclude") if p[name]}
    if p["source"] == "all":
        return file.KIND.run(host, file.KIND.filled({**asked, "glob": _BELOW, "type": "regular", "absent": "pass"}))
    outputs = output_files(host)
    paths = [path for path in outputs if not any(fnmatch.fnmatchcase(path, one) for one in p["exclude"] or ())]
    if not paths:
        return Result("not_applicable", reason="rsyslog writes no file")
    return all_of([_one(host, path, outputs[path], asked) for path in paths])


def _one(host: Examined, path: str, place: str, asked: dict[str, object]) -> Result:
    if host.one("file", path) is None:
        looked = host.one("file", _BELOW)
        if not path.startswith("/var/log/") or looked is None or looked.data.get("complete") is False:
            raise CannotTell("unknown", f"nobody looked at {path}, which {place} names")
        return Result("pass", (Evidence(path, "not there yet", "as wanted where it is there"),))
    arguments = {name: value for name, value in asked.items() if name != "exclude"}
    return file.KIND.run(host, file.KIND.filled({**arguments, "path": path, "absent": "pass"}))


KIND = Kind(
    "log_files",
    "who may read and write the files of the log",
    {
        "source": Parameter("string", "which files", default="rsyslog", choices=("rsyslog", "all")),
        "mode_max": Parameter("mode", "no bit beyond these"),
        "owner": Parameter("strings", "names or numbers that may own them"),
        "group": Parameter("strings", "names or numbers of groups that may own them"),
        "exclude": Parameter("strings", "paths and patterns left out"),
    },
    _run,
    ("text", "file"),
)
