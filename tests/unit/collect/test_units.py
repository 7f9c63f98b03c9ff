"""Facts of kind `unit`: `systemctl --root` is the judge of whether a unit is enabled."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.root import Root
from shindan.collect.tools import Tools
from shindan.collect.unit_files import UnitFiles, parsed, template
from shindan.collect.unit_states import state
from shindan.collect.units import Units
from support import need_tool
from unit.collect.trees import gather, tree

VENDOR, ETC, RUN, LOCAL = (
    "usr/lib/systemd/system",
    "etc/systemd/system",
    "run/systemd/system",
    "usr/local/lib/systemd/system",
)
WANTED = "[Unit]\n[Install]\nWantedBy=multi-user.target\n"
BARE = "[Service]\nExecStart=/bin/true\n"

CASES: dict[str, tuple[dict[str, str], str]] = {
    "with a link of a target": ({f"{VENDOR}/a.service": WANTED, f"{ETC}/multi-user.target.wants/a.service": f"-> /{VENDOR}/a.service"}, "enabled"),
    "until the next boot": ({f"{VENDOR}/a.service": WANTED, f"{RUN}/multi-user.target.wants/a.service": f"-> /{VENDOR}/a.service"}, "enabled-runtime"),
    "could be, and is not": ({f"{VENDOR}/a.service": WANTED}, "disabled"),
    "a vendor's link alone": ({f"{VENDOR}/a.service": WANTED, f"{VENDOR}/x.target.wants/a.service": "-> ../a.service"}, "disabled"),
    "nothing to install": ({f"{VENDOR}/a.service": BARE}, "static"),
    "masked by a link": ({f"{VENDOR}/a.service": WANTED, f"{ETC}/a.service": "-> /dev/null"}, "masked"),
    "masked by an empty file": ({f"{VENDOR}/a.service": WANTED, f"{ETC}/a.service": ""}, "masked"),
    "masked until the next boot": ({f"{VENDOR}/a.service": WANTED, f"{RUN}/a.service": "-> /dev/null"}, "masked-runtime"),
    "masked below /etc alone": ({f"{ETC}/a.service": "-> /dev/null"}, "masked"),
    "an alias": ({f"{VENDOR}/b.service": WANTED, f"{VENDOR}/a.service": "-> b.service"}, "alias"),
    "an alias that enabling made": ({f"{VENDOR}/b.service": "[Install]\nAlias=a.service\n", f"{ETC}/a.service": f"-> /{VENDOR}/b.service"}, "alias"),
    "only others of it": ({f"{VENDOR}/a.service": "[Install]\nAlso=b.socket\n"}, "indirect"),
    "under a name of its own": ({f"{VENDOR}/a.service": WANTED, f"{ETC}/other.service": f"-> /{VENDOR}/a.service"}, "indirect"),
    "a file elsewhere": ({"opt/a.service": WANTED, f"{ETC}/a.service": "-> /opt/a.service"}, "linked"),
    "a file elsewhere that is gone": ({f"{ETC}/a.service": "-> /opt/a.service"}, "not-found"),
    "made by a generator": ({"run/systemd/generator/a.service": BARE}, "generated"),
    "made by an old script's generator": ({"run/systemd/generator.late/a.service": BARE}, "generated"),
    "made by a program": ({"run/systemd/transient/a.service": BARE}, "transient"),
    "not there": ({f"{VENDOR}/b.service": BARE}, "not-found"),
    "installed by a drop-in": ({f"{VENDOR}/a.service": BARE, f"{ETC}/a.service.d/install.conf": WANTED}, "disabled"),
    "overridden by the administrator's": ({f"{VENDOR}/a.service": WANTED, f"{ETC}/a.service": BARE}, "static"),
    "where /lib is a link": ({"lib": "-> usr/lib", f"{VENDOR}/a.service": WANTED, f"{ETC}/x.target.wants/a.service": "-> /lib/systemd/system/a.service"}, "enabled"),
    "where /lib is none": ({"lib/systemd/system/a.service": WANTED}, "disabled"),
}  # fmt: skip


@pytest.mark.system
@pytest.mark.parametrize(("files", "told"), CASES.values(), ids=CASES)
def test_a_unit_is_what_systemctl_says(tmp_path: Path, files: dict[str, str], told: str) -> None:
    root = tree(tmp_path, files)
    said = state(UnitFiles(root), root, "a.service")
    assert (said.enabled if said is not None else "not-found") == told
    assert by_systemctl(tmp_path, "a.service") == told


TEMPLATES = {
    "an instance that is wanted": "getty@tty1.service",
    "its template": "getty@.service",
    "another instance": "getty@tty9.service",
}


@pytest.mark.system
@pytest.mark.parametrize("name", TEMPLATES.values(), ids=TEMPLATES)
def test_templates_and_their_instances(tmp_path: Path, name: str) -> None:
    text = "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n"
    link = f"-> /{VENDOR}/getty@.service"
    root = tree(tmp_path, {f"{VENDOR}/getty@.service": text, f"{ETC}/getty.target.wants/getty@tty1.service": link})
    said = state(UnitFiles(root), root, name)
    assert said is not None
    assert said.enabled == by_systemctl(tmp_path, name)


@pytest.mark.system
def test_units_of_random_trees_are_what_systemctl_says(tmp_path: Path) -> None:
    random_ = random.Random(20160216)
    checked = 0
    for number in range(30):
        folder = tmp_path / str(number)
        _grown(folder, random_)
        root = Root(str(folder))
        files = UnitFiles(root)
        names = files.names()
        for name, told in zip(names, [by_systemctl(folder, one) for one in names], strict=True):
            said = state(files, root, name)
            # Where systemctl gives up (a loop of links, say) there is no state to compare.
            if told:
                checked += 1
                assert (said.enabled if said is not None else "not-found") == told, (number, name)
    assert checked > 60


def _grown(folder: Path, random_: random.Random) -> None:
    installs = [
        "",
        WANTED,
        "[Install]\nAlias=alias.service\n",
        "[Install]\nAlso=b.service\n",
        "[Install]\nDefaultInstance=one\nWantedBy=x.target\n",
    ]
    names = ["a.service", "b.service", "t@.service", "t@one.service", "t@two.service", "alias.service", "s.socket"]
    for place in (VENDOR, ETC, RUN, LOCAL):
        (folder / place).mkdir(parents=True)
    for _ in range(random_.randint(3, 9)):
        place, name, kind = random_.choice((VENDOR, VENDOR, ETC, RUN, LOCAL)), random_.choice(names), random_.random()
        path = folder / place / name
        if kind < 0.5 and not os.path.lexists(path):
            path.write_text("[Unit]\n" + random_.choice(installs))
        elif kind < 0.6 and not os.path.lexists(path):
            path.symlink_to("/dev/null")
        elif kind < 0.75 and not os.path.lexists(path):
            path.symlink_to(f"/{random_.choice((VENDOR, LOCAL))}/{random_.choice((name, 'b.service'))}")
        else:
            wants = folder / place / random_.choice(("multi-user.target.wants", "x.target.requires"))
            wants.mkdir(exist_ok=True)
            if not os.path.lexists(wants / name):
                (wants / name).symlink_to(f"/{VENDOR}/{name}")


@pytest.mark.system
def test_this_machines_units_are_what_systemctl_says() -> None:
    systemctl = need_tool("systemctl", "systemd")
    root = Root("/")
    files = UnitFiles(root)
    names = files.names()
    if not names:
        pytest.skip("no machine with units of systemd")
    done = subprocess.run([systemctl, "--root=/", "is-enabled", *names], capture_output=True, text=True, check=False)
    said = [state(files, root, name) for name in names]
    assert [one.enabled if one is not None else "not-found" for one in said] == done.stdout.split("\n")[:-1]


def by_systemctl(folder: Path, name: str) -> str:
    systemctl = need_tool("systemctl", "systemd")
    done = subprocess.run(
        [systemctl, f"--root={folder}", "is-enabled", name], capture_output=True, text=True, check=False
    )
    if done.stdout.strip():
        return done.stdout.strip()
    return "not-found" if "No such file" in done.stderr else ""


def test_what_starts_what(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "usr/lib/systemd/systemd": "",
            f"{VENDOR}/cups.service": BARE,
            f"{VENDOR}/cups.socket": "[Socket]\nListenStream=631\n",
            f"{VENDOR}/cups.path": "[Path]\nPathExists=/x\n",
            f"{VENDOR}/night.timer": "[Timer]\nUnit=clean.service\n",
            f"{VENDOR}/clean.service": BARE,
        },
    )
    facts = {fact.subject: fact.data for fact in gather(Units(), root)}
    assert "init" not in facts
    assert facts["cups.service"] == {
        "enabled": "static", "active": "unknown", "path": f"/{VENDOR}/cups.service", "triggered_by": ["cups.path", "cups.socket"],
    }  # fmt: skip
    assert facts["night.timer"]["triggers"] == ["clean.service"]
    assert facts["clean.service"]["triggered_by"] == ["night.timer"]


def test_without_systemd_it_is_said_first(tmp_path: Path) -> None:
    facts = gather(
        Units(), tree(tmp_path, {f"{VENDOR}/a.service": BARE, f"{ETC}/b.service": f"-> /{VENDOR}/a.service"})
    )
    assert (facts[0].subject, facts[0].data) == ("init", {"init": "other"})
    assert facts[2].data == {
        "enabled": "alias",
        "active": "unknown",
        "path": f"/{VENDOR}/a.service",
        "alias_of": "a.service",
    }


def test_what_is_active_is_asked_of_a_systemd_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "systemctl"
    program.write_text(
        "#!/bin/sh\necho 'ssh.service loaded active running OpenBSD server'\necho 'x.service not-found inactive dead x.service'\n"
    )
    program.chmod(0o755)
    root = Root("/")
    monkeypatch.setattr(root, "exists", lambda path: path == "/run/systemd/system" or os.path.exists(path))
    facts = gather(Units(Tools(systemctl=(str(program),))), root)
    assert all(fact.data["active"] == ("active" if fact.subject == "ssh.service" else "inactive") for fact in facts)
    program.write_text("#!/bin/sh\nexit 1\n")
    facts = gather(Units(Tools(systemctl=(str(program),))), root)
    assert facts[0].data["reason"] == "nobody can say what is active: systemctl failed with status 1"
    assert {fact.data["active"] for fact in facts[1:]} <= {"unknown"}


@pytest.mark.parametrize(
    ("lines", "install"),
    [
        (["[Install]", "WantedBy=a.target b.target"], {"WantedBy": ["a.target", "b.target"]}),
        (["[Install]", "WantedBy=a.target", "WantedBy=", "WantedBy=c.target"], {"WantedBy": ["c.target"]}),
        (["[Install]", "WantedBy=a.target \\", "# between", "b.target"], {"WantedBy": ["a.target", "b.target"]}),
        (["[Service]", "WantedBy=a.target"], {}),
        (["[Install]", "#WantedBy=a.target"], {}),
    ],
)
def test_unit_files_are_read_as_systemd_reads_them(lines: list[str], install: dict[str, list[str]]) -> None:
    assert parsed(lines).install == install


@settings(max_examples=150)
@given(st.text(alphabet="[]=\\#; \nWantedByInstall.a", max_size=120))
def test_any_text_is_a_unit_file(text: str) -> None:
    assert isinstance(parsed(text.split("\n")).install, dict)


def test_templates_of_instances() -> None:
    assert [template(name) for name in ("a@b.service", "a@.service", "a.service", "a@b@c.socket")] == [
        "a@.service",
        "",
        "",
        "a@.socket",
    ]
