"""The only door to a host: files below one directory and a closed list of tools. Python 3.6 grammar.

Below a `--root` other than `/`, symbolic links are resolved inside it, so that an absolute link of a foreign disk never
leads to this host, and no tool is run.
"""

import bz2
import errno
import gzip
import lzma
import os
import stat
import subprocess
import zlib
from typing import IO, Dict, Iterator, List, Optional, Tuple

MAX_LINE = 256 * 1024
"""Bytes of one line of a file; what is longer is cut."""

_LINKS = 40
_CHUNK = 64 * 1024
_BLOCK = 512 * 1024
_TOOL_SECONDS = 60

TOOLS = {
    "apt-helper": ["/usr/lib/apt/apt-helper"],
}  # type: Dict[str, List[str]]
"""Every program that may be run, by absolute path; arguments are fixed by the collectors."""

_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}


class Unavailable(Exception):
    """Nobody can look; the text says why, and how to mend it."""


class Root:
    """One host's files, by their absolute paths on that host."""

    def __init__(self, path: str = "/") -> None:
        self.path = os.path.abspath(path)
        self.live = self.path == "/"

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a regular file, without their line ends. Raises FileNotFoundError, or Unavailable."""
        descriptor = self._open(path)
        with os.fdopen(descriptor, "rb", buffering=_CHUNK) as stream:
            try:
                line = stream.readline(MAX_LINE)
                while line:
                    whole = line.endswith(b"\n")
                    yield line.rstrip(b"\r\n")
                    while not whole and len(line) == MAX_LINE:
                        line = stream.readline(MAX_LINE)
                        whole = line.endswith(b"\n")
                    line = stream.readline(MAX_LINE)
            except OSError as error:
                raise Unavailable("{}: {}".format(path, error.strerror or error)) from error

    def text(self, path: str) -> List[str]:
        """The lines of a small file as text; bytes that are no UTF-8 are replaced."""
        return [line.decode("utf-8", "replace") for line in self.lines(path)]

    def names(self, path: str) -> List[str]:
        """The entries of a folder, sorted; none where it is missing. Raises Unavailable."""
        try:
            return sorted(os.listdir(self._inside(path)))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise Unavailable("{}: {}".format(path, error.strerror or error)) from error

    def exists(self, path: str) -> bool:
        """Whether something is at the path; false also where nobody may look."""
        try:
            os.stat(self._inside(path))
        except OSError:
            return False
        return True

    def link(self, path: str) -> Optional[str]:
        """Where a symbolic link points, as written; None where there is none."""
        folder, name = os.path.split(path)
        try:
            return os.readlink(os.path.join(self._inside(folder), name))
        except OSError:
            return None

    def blocks(self, path: str) -> Iterator[bytes]:
        """The content of a regular file in blocks, decompressed as its ending says (.gz, .xz, .bz2).

        Raises FileNotFoundError, or Unavailable for a torn file.
        """
        with os.fdopen(self._open(path), "rb") as stream:
            opened = _decompressed(path, stream)
            try:
                block = opened.read(_BLOCK)
                while block:
                    yield block
                    block = opened.read(_BLOCK)
            except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
                raise Unavailable("{}: {}".format(path, error)) from error

    def tool(self, name: str, *arguments: str) -> Iterator[bytes]:
        """The output of an allowed tool in blocks. Raises Unavailable where it cannot be run, fails or hangs."""
        if not self.live:
            raise Unavailable("no tool is run below --root")
        program = next((path for path in TOOLS[name] if os.access(path, os.X_OK)), None)
        if program is None:
            raise Unavailable("{} is not installed".format(name))
        child = subprocess.Popen(
            _limited([program] + list(arguments)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            close_fds=True,
        )
        assert child.stdout is not None
        finished = False
        try:
            block = child.stdout.read(_BLOCK)
            while block:
                yield block
                block = child.stdout.read(_BLOCK)
            finished = True
        finally:
            child.stdout.close()
            if not finished:
                child.kill()
            code = child.wait()
        if code != 0:
            raise Unavailable("{} failed with status {}".format(name, code))

    def _open(self, path: str) -> int:
        """A descriptor of a regular file; a pipe or a device is refused without waiting for it."""
        try:
            descriptor = os.open(self._inside(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise Unavailable("{}: {}".format(path, error.strerror or error)) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Unavailable("{} is no regular file".format(path))
        return descriptor

    def _inside(self, path: str) -> str:
        """The path on this machine of a path on the host, every link resolved below the root."""
        if self.live:
            return path
        done = []  # type: List[str]
        todo = [part for part in path.split("/") if part not in ("", ".")]
        links = 0
        while todo:
            part = todo.pop(0)
            if part == "..":
                done = done[:-1]
                continue
            here = os.path.join(self.path, *(done + [part]))
            target = _readlink(here)
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > _LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            if target.startswith("/"):
                done = []
            todo = [piece for piece in target.split("/") if piece not in ("", ".")] + todo
        return os.path.join(self.path, *done) if done else self.path


def _limited(argv: List[str]) -> List[str]:
    """The same under a time limit, where coreutils has one."""
    timeout = "/usr/bin/timeout"
    return [timeout, str(_TOOL_SECONDS)] + argv if os.access(timeout, os.X_OK) else argv


def _decompressed(path: str, stream: IO[bytes]) -> IO[bytes]:
    if path.endswith(".gz"):
        return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]
    if path.endswith(".xz"):
        return lzma.LZMAFile(stream)  # type: ignore[return-value]
    if path.endswith(".bz2"):
        return bz2.BZ2File(stream)  # type: ignore[return-value]
    return stream


def first_of(root: Root, paths: Tuple[str, ...]) -> Optional[str]:
    """The first of the paths that exists."""
    return next((path for path in paths if root.exists(path)), None)


def _readlink(path: str) -> Optional[str]:
    try:
        return os.readlink(path)
    except OSError:
        return None
