"""Kernels whose images rpm packages own. Python 3.6 grammar.

Which package owns an image is asked of its header's list of files: `/boot/vmlinuz-RELEASE`, or `vmlinuz` below
`/lib/modules/RELEASE`, from where it is copied to /boot on installation (kernel-install(8)).
"""

import re
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from shindan.collect.damaged import Damaged
from shindan.collect.root import Root
from shindan.collect.rpm_database import entries, find
from shindan.collect.rpm_header import Value
from shindan.collect.rpm_package import EPOCH, NAME, RELEASE, VERSION, package
from shindan.collect.unavailable import Unavailable

_DIRINDEXES, _BASENAMES, _DIRNAMES = 1116, 1117, 1118
_TAGS = frozenset([NAME, EPOCH, VERSION, RELEASE, _DIRINDEXES, _BASENAMES, _DIRNAMES])
_KERNEL = re.compile(
    rb"^kernel(?!-(?:.*-)?(?:headers|tools|tools-libs|devel|doc|debuginfo|source|srpm-macros|abi-stablelists|livepatch)$)"
)
_IMAGE = re.compile(r"^/boot/(?:vmlinu[zx]|[Ii]mage)-(.+)$|^(?:/usr)?/lib/modules/([^/]+)/(?:vmlinu[zx]|[Ii]mage)$")
_NO_KERNEL = re.compile(r"\.(?:hmac|gz|sig|bak|old)$")


class Kernel(NamedTuple):
    """An installed kernel: its release, its image on disk, the package that owns it, and that package's version."""

    release: str
    path: str
    package: str
    version: str


def rpm_kernels(root: Root) -> Iterator[Kernel]:
    """Every kernel of a package whose image is on disk; none where there is no database or it cannot be read."""
    path = find(root)
    if path is None:
        return
    found: Dict[str, Kernel] = {}
    try:
        for entry in entries(root, path, _TAGS, _KERNEL):
            kernel = _kernel(root, entry.tags) if _KERNEL.match(_name(entry.tags)) else None
            if kernel is not None:
                found.setdefault(kernel.release, kernel)
    except Unavailable:
        # The collector of packages tells what is wrong with the database.
        return
    for release in sorted(found):
        yield found[release]


def _name(tags: Dict[int, Value]) -> bytes:
    name = tags.get(NAME, b"")
    return name if isinstance(name, bytes) else b""


def _kernel(root: Root, tags: Dict[int, Value]) -> Optional[Kernel]:
    try:
        owner = package(tags)
    except Damaged:
        return None
    for path, release in _images(tags):
        for image in ("/boot/vmlinuz-" + release, path):
            if root.exists(image):
                return Kernel(release, image, owner.name, owner.evr)
    return None


def _images(tags: Dict[int, Value]) -> Iterator[Tuple[str, str]]:
    """(path, release) of the images among a package's files."""
    names, indexes, folders = (tags.get(tag, ()) for tag in (_BASENAMES, _DIRINDEXES, _DIRNAMES))
    for name, index in zip(names, indexes):
        if isinstance(name, bytes) and isinstance(index, int) and index < len(folders):
            folder = folders[index]
            path = (folder if isinstance(folder, bytes) else b"") + name
            match = _IMAGE.match(path.decode("utf-8", "replace"))
            if match is not None and not _NO_KERNEL.search(match.group(0)):
                yield match.group(0), match.group(1) or match.group(2)
