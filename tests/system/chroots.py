"""A root to change at will: an overlay over one that is kept, entered by chroot, and gone afterwards with all it ran."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_PATIENCE = 20


@dataclass(frozen=True)
class Chroot:
    """A root that commands run in. `enter` comes before each, such as what enters another network namespace."""

    path: Path
    enter: tuple[str, ...] = ()

    def run(self, *command: str, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
        """What a command says in there; its failure is the test's unless `check` is off."""
        base = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
        argv = self.argv(*command)
        done = subprocess.run(argv, capture_output=True, text=True, env={**base, **env}, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done

    def argv(self, *command: str) -> list[str]:
        """How a command is run in there."""
        return [*self.enter, "chroot", str(self.path), *command]

    def pressure(self, memory: float) -> None:
        """What the kernel says in there of how long programs waited for memory, in percent of the last ten seconds."""
        for name, share in (("memory", memory), ("cpu", 0.0), ("io", 0.0)):
            # Written over in place: it is this file that is mounted.
            (self._folder / "pressure" / name).write_text(f"some avg10={share:.2f} avg60=0.00 avg300=0.00 total=0\n")

    @property
    def _folder(self) -> Path:
        return self.path.parent

    def files(self) -> set[str]:
        """Every path below the root, what is mounted in it left out."""
        found = subprocess.run(["find", ".", "-xdev"], cwd=self.path, capture_output=True, text=True, check=True)
        return set(found.stdout.splitlines())

    def processes(self) -> list[int]:
        """Processes that live in the root."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and Path(os.readlink(entry / "root")) == self.path:
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


@contextmanager
def chroot_over(root: Path, folder: Path, enter: Sequence[str] = ()) -> Iterator[Chroot]:
    """A changeable copy of a root in a folder; skips the test where this machine lets nobody mount.

    It does not feel how busy this machine is: the kernel's pressure files in there are the test's own.
    """
    for name in ("upper", "work", "merged", "pressure"):
        (folder / name).mkdir(parents=True)
    merged = (folder / "merged").resolve()
    layers = f"lowerdir={root},upperdir={folder / 'upper'},workdir={folder / 'work'}"
    with ExitStack() as stack:
        _mount(stack, merged, "-t", "overlay", "overlay", "-o", layers)
        _mount(stack, merged / "proc", "-t", "proc", "proc")
        _mount(stack, merged / "dev", "--bind", "/dev")
        (merged / "etc/hosts").write_text("127.0.0.1 localhost\n")
        chroot = Chroot(merged, tuple(enter))
        chroot.pressure(memory=0.0)
        if (merged / "proc/pressure").is_dir():
            _mount(stack, merged / "proc/pressure", "--bind", str(folder / "pressure"))
        stack.callback(_end, chroot)
        yield chroot


def _mount(stack: ExitStack, where: Path, *arguments: str) -> None:
    done = subprocess.run(["mount", *arguments, str(where)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"needs leave to mount: {done.stderr.strip()}")
    stack.callback(subprocess.run, ["umount", "--lazy", str(where)], capture_output=True)


def _end(chroot: Chroot) -> None:
    deadline = time.monotonic() + _PATIENCE
    while (left := chroot.processes()) and time.monotonic() < deadline:
        for number in left:
            with ExitStack() as gone:
                gone.push(lambda kind, *_: kind is ProcessLookupError)
                os.kill(number, signal.SIGKILL)
        time.sleep(0.05)
