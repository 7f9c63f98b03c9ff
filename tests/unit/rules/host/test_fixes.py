"""The fixes that write below /etc mend what they are for: run on a tree of files, collected anew, judged again.

Programs that would change the running host (`sysctl`, `systemctl` …) stand still; what is told of it comes from the case.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import host_cases
from host_cases import Case
from shindan.collect.configuration_texts import Texts
from shindan.collect.root import Root
from shindan.model.inventory import Inventory
from shindan.rules import catalog
from shindan.rules.catalog import HostRule
from shindan.rules.examined import Examined

HERE = Path(__file__).parent
RULES = catalog.read_all(Path(catalog.__file__).parent / "host")
FAILING: dict[str, list[Case]] = {}
for _path in sorted(HERE.glob("*.case.toml")):
    for _case in host_cases.read(_path):
        if _case.verdict == "fail" and not _case.written.get("params"):
            FAILING.setdefault(_case.rule, []).append(_case)

WRITES = re.compile(r"> /etc/|sed -i")
ELSEWHERE = re.compile(r"(?:>|-i|-f)\s*/(?!etc/|dev/null)")
STILL = ("sysctl", "systemctl", "modprobe", "dconf", "augenrules", "auditctl", "update-grub", "udevadm")
TOOLS = ("sed", "grep", "mkdir", "cat", "touch", "sort", "tail", "head", "awk", "rm", "mv", "cp", "chmod", "install")
PLACES = re.compile(r"/(?=(?:etc|usr/lib|root)/)")


def written(rule: HostRule, case: Case) -> str:
    return rule.way(host_cases.examined(case, rule)).rule.fix.shell


def is_tried(fix: str) -> bool:
    return bool(WRITES.search(fix)) and not ELSEWHERE.search(fix)


MENDED = [
    (id_, rule) for id_, rule in RULES.items() if any(is_tried(written(rule, one)) for one in FAILING.get(id_, ()))
]


@pytest.mark.parametrize(("id_", "rule"), MENDED, ids=[id_ for id_, _ in MENDED])
def test_a_fix_mends_a_host_that_failed(id_: str, rule: HostRule, tmp_path: Path) -> None:
    verdicts = []
    for number, case in enumerate(FAILING[id_]):
        fix = written(rule, case)
        root = tmp_path / str(number)
        lay_out(root, case)
        # A file that the case has not may be one that every host has.
        if is_tried(fix) and run(fix, root):
            verdicts.append(judged(root, case, rule))
            if verdicts[-1] == "pass":
                once = tree(root)
                assert run(fix, root)
                assert tree(root) == once, "a second run changes more"
                return
    raise AssertionError(f"no case was mended: {verdicts}")


def lay_out(root: Path, case: Case) -> None:
    for name in ("etc/sysctl.d", "etc/modprobe.d", "etc/apt/apt.conf.d", "etc/cron.d", "etc/profile.d"):
        (root / name).mkdir(parents=True)
    for path, text in case.written.get("text", {}).items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).write_text(text + "\n")


def run(fix: str, root: Path) -> bool:
    """With no program at hand but those that change nothing beyond the files that they are given."""
    programs = root.parent / "bin"
    if not programs.exists():
        programs.mkdir()
        for name in TOOLS:
            (programs / name).symlink_to(str(shutil.which(name)))
    # `systemctl cat` asks whether there is a unit: there is none.
    still = "".join(f"{name}() {{ :; }}\n" for name in STILL) + 'systemctl() { [ "$1" != cat ]; }\n'
    script = still + PLACES.sub(f"{root}/", fix)
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        env={"PATH": str(programs)},
        text=True,
        capture_output=True,
        timeout=20,
        check=False,
    )
    return done.returncode == 0


def tree(root: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in root.rglob("*") if path.is_file()}


def judged(root: Path, case: Case, rule: HostRule) -> str:
    others = [one for one in host_cases.facts(case, rule) if one.kind != "text"]
    return rule.judge(Examined(Inventory([*others, *Texts().collect(Root(str(root)))]))).verdict
