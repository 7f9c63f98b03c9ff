"""Where language packages usually lie, and what is passed over there. Python 3.6 grammar."""

import fnmatch
from typing import Dict, Iterator, List, NamedTuple, Tuple

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

DEEP = 12


class Place(NamedTuple):
    """A folder to look through, and how many folders deep below it; a pattern's `*` stands for part of one name."""

    path: str
    depth: int


PLACES: Tuple[Place, ...] = (
    # Programs
    Place("/usr/bin", 0),
    Place("/usr/sbin", 0),
    Place("/usr/libexec", 3),
    Place("/bin", 0),
    Place("/sbin", 0),
    # Python
    Place("/usr/lib/python*/dist-packages", 0),
    Place("/usr/lib/python*/site-packages", 0),
    Place("/usr/lib64/python*/site-packages", 0),
    # Node
    Place("/usr/lib/node_modules", 0),
    Place("/usr/share/nodejs", 0),
    Place("/usr/lib/nodejs", 0),
    # Ruby
    Place("/var/lib/gems/*/specifications", 1),
    Place("/usr/lib/ruby/gems/*/specifications", 1),
    Place("/usr/lib64/ruby/gems/*/specifications", 1),
    Place("/usr/share/rubygems-integration/*/specifications", 1),
    Place("/usr/share/gems/specifications", 1),
    # Java
    Place("/usr/share/java", 3),
    Place("/usr/share/maven", 3),
    Place("/usr/share/tomcat*", 5),
    Place("/usr/share/jenkins", 2),
    Place("/var/lib/tomcat*", 7),
    Place("/var/lib/jenkins", 4),
    # What was installed beside the distribution
    Place("/usr/local", 8),
    Place("/app", DEEP),
    Place("/usr/src/app", DEEP),
    Place("/opt/*", DEEP),
    Place("/opt", 0),
    Place("/srv", DEEP),
    Place("/var/www", DEEP),
    Place("/root", DEEP),
    Place("/home/*", DEEP),
)

PASSED_OVER = frozenset(
    # Sources' histories, and what tools have fetched or built but nobody runs from there.
    [".git", ".hg", ".svn", ".cache", "__pycache__", ".m2", ".gradle", ".ivy2", ".npm", ".cargo", ".rustup", ".tox"]
    # A distribution's shelves of documents; kernel's views.
    + ["proc", "sys", "dev", "doc", "man", "locale", "include"]
)

# Below these nothing is looked for but what is named here.
_INSIDE_PYTHON = ("setuptools/_vendor", "pyspark/jars")
PYTHON_FOLDERS = ("/site-packages", "/dist-packages")

_REMOTE = ("nfs", "cifs", "smb", "fuse.sshfs", "fuse.glusterfs", "ceph", "lustre", "9p", "afs", "autofs", "gpfs")


def expanded(root: Root, named: Tuple[str, ...]) -> List[Place]:
    """The places that there are on a host, their links resolved, none twice; what the administrator `named` first.

    One place may lie below another; whoever goes through the outer one leaves the inner one out.
    """
    found: Dict[str, Place] = {}
    for place in tuple(Place(path, DEEP) for path in named) + PLACES:
        for path in _matching(root, place.path):
            try:
                resolved = root.resolved(path)
            except (OSError, ValueError):
                continue
            found.setdefault(resolved, Place(resolved, place.depth))
    return list(found.values())


def _matching(root: Root, pattern: str) -> Iterator[str]:
    """The folders of a pattern that exist; patterns are only for one part of a path at a time."""
    before, star, _ = pattern.partition("*")
    if not star:
        if root.exists(pattern):
            yield pattern
        return
    parent = before.rpartition("/")[0]
    part, slash, after = pattern[len(parent) + 1 :].partition("/")
    try:
        names = root.names(parent)
    except Unavailable:
        return
    for name in fnmatch.filter(names, part):
        path = "{}/{}{}{}".format(parent, name, slash, after)
        if not slash or root.exists(path):
            yield path


def inside_python(path: str) -> List[str]:
    """What is looked through of a folder of Python packages, which holds far too many files."""
    return ["{}/{}".format(path, one) for one in _INSIDE_PYTHON]


def remote(root: Root) -> List[str]:
    """Where file systems of other machines are mounted: they are looked at over there, and may not answer here."""
    if not root.live:
        return []
    try:
        mounts = root.text("/proc/self/mounts")
    except (FileNotFoundError, Unavailable):
        return []
    rows = [line.split(" ") for line in mounts]
    return [row[1].replace("\\040", " ") for row in rows if len(row) > 2 and row[2].startswith(_REMOTE)]
