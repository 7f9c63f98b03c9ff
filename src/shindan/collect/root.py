"""The only door to a host: files below one directory and a closed list of tools. Python 3.6 grammar.

Below a root other than this machine's own `/`, symbolic links are resolved inside it, so that an absolute link of a
foreign disk never leads to this host, and no tool is run.
"""

import errno
import os
import stat
from typing import IO, Iterator, List, Optional, Sequence, Tuple

from shindan.collect.decompress import decompressed
from shindan.collect.scap_wanted import Wanted
from shindan.collect.tools import Tools
from shindan.collect.unavailable import Unavailable

MAX_LINE = 256 * 1024
"""Bytes of one line of a file; what is longer is cut."""

MAX_FILE = 128 * 1024 * 1024
"""Bytes that are read of one file line by line; a longer one (a sparse file, say) is given up there."""

MAX_TEXT = 4 * 1024 * 1024
"""Bytes of a file that is read as a whole."""

MAX_UNPACKED = 1024 * 1024 * 1024
"""Bytes that a compressed file may unpack to."""

_LINKS = 40
# acl(5): the kernel keeps no such attribute for a list that says no more than the mode.
_ACL = "system.posix_acl_access"
_CHUNK = 64 * 1024
_BLOCK = 256 * 1024
# A pipe must not be waited for, a terminal not be taken over.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Root:
    """One host's files, by their absolute paths on that host."""

    def __init__(
        self,
        path: str = "/",
        named: Tuple[str, ...] = (),
        also: Tuple[str, ...] = (),
        scap: Optional[Wanted] = None,
    ) -> None:
        """`named` are folders that the administrator asks to be looked through besides the usual ones; `also` are
        paths and patterns that are asked for beyond the plans of `plan_files` and `plan_texts`; `scap` is the SCAP
        content that is to be evaluated.
        """
        self.named = named
        self.also = also
        self.scap = scap
        self.live = os.path.samefile(path, "/")
        self.path = "/" if self.live else os.path.abspath(path)
        self._tools = Tools()

    def lines(self, path: str, ends: bool = False) -> Iterator[bytes]:
        """The lines of a regular file; with `ends`, a line that ends in the file ends with a newline here.

        Raises FileNotFoundError, or Unavailable, also after some lines.
        """
        with os.fdopen(self._open(path), "rb", buffering=_CHUNK) as stream:
            left = MAX_FILE
            try:
                while True:
                    line = stream.readline(MAX_LINE)
                    if not line:
                        return
                    left -= len(line)
                    whole = line.endswith(b"\n")
                    kept = line.rstrip(b"\r\n")
                    while not whole and line and left > 0:
                        line = stream.readline(MAX_LINE)
                        left -= len(line)
                        whole = line.endswith(b"\n")
                    yield kept + b"\n" if ends and whole else kept
                    if left <= 0:
                        raise Unavailable("{} is longer than {} MB".format(path, MAX_FILE // 1024**2))
            except OSError as error:
                raise Unavailable("{}: {}".format(path, error.strerror or error)) from error

    def text(self, path: str) -> List[str]:
        """The lines of a small file as text; bytes that are no UTF-8 are replaced. Raises as `lines` does."""
        found, left = [], MAX_TEXT
        for line in self.lines(path):
            left -= len(line) + 1
            if left < 0:
                raise Unavailable("{} is longer than {} MB".format(path, MAX_TEXT // 1024**2))
            found.append(line.decode("utf-8", "replace"))
        return found

    def head(self, path: str, size: int) -> bytes:
        """The first bytes of a regular file; fewer where it is shorter. Raises as `lines` does."""
        with os.fdopen(self._open(path), "rb") as stream:
            try:
                return stream.read(size)
            except OSError as error:
                raise Unavailable("{}: {}".format(path, error.strerror or error)) from error

    def blocks(self, path: str) -> Iterator[bytes]:
        """The content of a regular file in blocks, unpacked as its ending says (.gz .xz .bz2; others by apt's helper).

        Raises FileNotFoundError, or Unavailable for a torn file and for one that cannot be unpacked here.
        """
        if path.endswith((".lz4", ".zst")):
            return self._tools.apt_cat_file(path, self.live)
        return decompressed(path, os.fdopen(self._open(path), "rb"), _BLOCK, MAX_UNPACKED)

    def opened(self, path: str) -> IO[bytes]:
        """A regular file to be read here and there; the caller closes it. Raises FileNotFoundError or Unavailable."""
        return os.fdopen(self._open(path), "rb", buffering=0)

    def names(self, path: str) -> List[str]:
        """The entries of a folder, sorted; none where it is missing. Raises Unavailable."""
        try:
            return sorted(os.listdir(self._inside(path)))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise Unavailable("{}: {}".format(path, error.strerror or error)) from error

    def rpm_packages(self, tags: Tuple[str, ...]) -> Iterator[bytes]:
        """What rpm says of every package, where this is the live host. See `Tools.rpm_packages`."""
        return self._tools.rpm_packages(tags, self.live)

    def sshd_effective(self, options: Sequence[str], connection: str) -> List[str]:
        """See `Tools.sshd_effective`; on the live host only."""
        return self._tools.sshd_effective(options, connection)

    def has_auditctl(self) -> bool:
        """See `Tools.has_auditctl`; on the live host only."""
        return self._tools.has_auditctl()

    def audit_rules(self) -> List[str]:
        """See `Tools.audit_rules`; on the live host only."""
        return self._tools.audit_rules()

    def audit_status(self) -> List[str]:
        """See `Tools.audit_status`; on the live host only."""
        return self._tools.audit_status()

    def packet_filter(self, name: str) -> Optional[List[str]]:
        """See `Tools.packet_filter`; on the live host only."""
        return self._tools.packet_filter(name)

    def oscap(self, content: str, profile: str, out: str, seconds: float, memory: int) -> None:
        """See `Tools.oscap`; on the live host only."""
        self._tools.oscap(content, profile, out, seconds, memory)

    def scan(self, path: str) -> "Iterator[os.DirEntry[str]]":
        """A folder's entries, unsorted, for their names and kinds; none where it is missing. Raises Unavailable."""
        try:
            with os.scandir(self._inside(path)) as entries:
                for entry in entries:
                    yield entry
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise Unavailable("{}: {}".format(path, error.strerror or error)) from error

    def resolved(self, path: str) -> str:
        """The path on the host without any link in it. Raises OSError for a loop of links."""
        if self.live:
            return os.path.realpath(path)
        inside = self._inside(path)
        return "/" + os.path.relpath(inside, self.path) if inside != self.path else "/"

    def status(self, path: str, follow: bool = True) -> Optional[os.stat_result]:
        """What is at a path; None where nothing is. Of a link, where it leads, or with `follow` false the link itself.

        Raises Unavailable where nobody may look.
        """
        try:
            if follow:
                return os.stat(self._inside(path))
            folder, name = os.path.split(path)
            return os.lstat(os.path.join(self._inside(folder), name))
        except (OSError, ValueError) as error:
            # A loop of links leads nowhere.
            if getattr(error, "errno", None) in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return None
            raise Unavailable("{}: {}".format(path, getattr(error, "strerror", None) or error)) from error

    def has_list(self, path: str) -> bool:
        """Whether an access control list says more than the mode of the file; false where the system has none."""
        try:
            return bool(os.getxattr(self._inside(path), _ACL))
        except (OSError, ValueError):
            return False

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

    def _open(self, path: str) -> int:
        """A descriptor of a regular file; a pipe or a device is refused without waiting for it."""
        # Below a foreign root no link is left to follow; one that appears in between is not ours to follow either.
        flags = _FLAGS if self.live else _FLAGS | os.O_NOFOLLOW
        try:
            descriptor = os.open(self._inside(path), flags)
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
        except (OSError, ValueError) as error:
            raise Unavailable("{}: {}".format(path, getattr(error, "strerror", None) or error)) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Unavailable("{} is no regular file".format(path))
        return descriptor

    def _inside(self, path: str) -> str:
        """The path on this machine of a path on the host, every link resolved below the root."""
        if self.live:
            return path
        done: List[str] = []
        todo = _parts(path)
        links = 0
        while todo:
            part = todo.pop(0)
            if part == "..":
                done = done[:-1]
                continue
            target = _readlink(os.path.join(self.path, *(done + [part])))
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > _LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            if target.startswith("/"):
                done = []
            todo = _parts(target) + todo
        return os.path.join(self.path, *done) if done else self.path


def first_of(root: Root, paths: Tuple[str, ...]) -> Optional[str]:
    """The first of the paths that exists."""
    return next((path for path in paths if root.exists(path)), None)


def _parts(path: str) -> List[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _readlink(path: str) -> Optional[str]:
    try:
        return os.readlink(path)
    except OSError:
        return None
