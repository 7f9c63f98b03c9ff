"""A newer agent: fetched, proven, tried, put in place. Python 3.6 grammar.

Nothing is executed that was not proven; the agent that ran before is kept as `previous.pyz` (see `probation.py`).
"""

import hashlib
import os
import shutil
from typing import Callable, List, Optional

from shindan.agent import child, files, release
from shindan.agent.link import Link, Unreachable
from shindan.agent.probation import PREVIOUS, begin
from shindan.agent.release import Release, Unproven
from shindan.agent.version import VERSION

_FROM = "/linux/latest/"
_TRIAL_SECONDS = 30.0


class Updater:
    """Where the agent lies (`home`), and where it keeps what is under way (`state`)."""

    def __init__(self, home: str, state: str, link: Link, command: Optional[List[str]] = None) -> None:
        self._home = home
        self._state = state
        self._link = link
        self._command = command or child.program()

    def fetch(self) -> Optional[Release]:
        """Puts a newer release in place; None where there is none. Raises Unproven, Unreachable, OSError.

        The process goes on being the old one: the caller starts the new.
        """
        folder = os.path.join(self._state, "release")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder, 0o700)
        try:
            for name, needed in ((release.MANIFEST, True), (release.SIGNATURE, False), (release.OPENPGP, False)):
                self._small(name, os.path.join(folder, name), needed)
            found = release.proven(folder, self._home)
            if found.version == VERSION:
                return None
            if not release.is_newer(found.version, VERSION):
                raise Unproven("{} is older than {}: no way back by an update".format(found.version, VERSION))
            self._place(found)
            return found
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _small(self, name: str, path: str, needed: bool) -> None:
        answer = self._link.request("GET", _FROM + name, {"host": self._link.authority}, most=64 * 1024)
        if answer.status == 200:
            files.replace(path, answer.body, sync=False)
        elif needed or answer.status != 404:
            raise Unreachable("{}{} answered with status {}".format(_FROM, name, answer.status))

    def _place(self, found: Release) -> None:
        """Beside the old one on the same disk, tried, and renamed over it."""
        target = os.path.join(self._home, release.FILE)
        beside = target + ".next"
        try:
            self._download(found, beside)
            self._try(found, beside)
            _copy(target, os.path.join(self._home, PREVIOUS))
            begin(self._state, VERSION, found.version)
            os.rename(beside, target)
            files.sync_folder(self._home)
        finally:
            files.remove(beside)

    def _download(self, found: Release, path: str) -> None:
        known = hashlib.sha256()
        with open(path, "wb") as stream:
            sink = _both(known.update, stream.write)
            headers = {"host": self._link.authority}
            answer = self._link.request("GET", _FROM + release.FILE, headers, sink=sink, most=found.size)
            stream.flush()
            os.fchmod(stream.fileno(), 0o755)
            os.fsync(stream.fileno())
        if answer.status != 200:
            raise Unreachable("{}{} answered with status {}".format(_FROM, release.FILE, answer.status))
        if known.hexdigest() != found.sha256:
            raise Unproven("the file of {} is not the one that was signed".format(found.version))

    def _try(self, found: Release, path: str) -> None:
        """It must start on this host's Python and be what it says; with `--all` it loads every module it has."""
        command = self._command[:-1] + [path]
        try:
            said = child.finished(child.spawn(["version", "--all"], command=command), _TRIAL_SECONDS)
        except OSError as error:
            raise Unproven("{} does not start here: {}".format(found.version, error)) from error
        if said.decode("utf-8", "replace").split() != ["shindan-agent", found.version]:
            raise Unproven("the file of {} calls itself otherwise".format(found.version))


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as stream:
        files.replace(target, stream.read(release.MAX_FILE), 0o755)


def _both(*sinks: Callable[[bytes], object]) -> Callable[[bytes], object]:
    def pour(block: bytes) -> None:
        for sink in sinks:
            sink(block)

    return pour
