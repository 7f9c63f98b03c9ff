"""From which repository an apk package came: whose cached index lists this very version. Python 3.6 grammar.

apk keeps the indices it fetched as `APKINDEX.HASH.tar.gz`: gzip members of a tar archive one after another (signature,
then description and index), HASH the first four bytes of the SHA-1 of the repository's address; since apk 3 of the
index's own address. Source: apk-tools, `src/database.c` and `src/repoparser.c`; APKINDEX as apk-index(8) writes it.
"""

from typing import Dict, FrozenSet, Iterator, List, Optional, Tuple

from shindan.collect.apk_database import records
from shindan.collect.apk_sources import Source
from shindan.collect.bounded_file import Forward
from shindan.collect.damaged import Damaged
from shindan.collect.root import Root, first_of
from shindan.collect.unavailable import Unavailable

_CACHES = ("/etc/apk/cache", "/var/cache/apk")
_BLOCK = 512
_INDEX = b"APKINDEX"
_MAX_LINE = 256 * 1024

Identity = Tuple[str, str]
"""Name and version."""


def attribution(
    root: Root, sources: List[Source], arch: str, wanted: FrozenSet[Identity]
) -> Tuple[Dict[Identity, str], List[str]]:
    """Repositories' addresses by package, those listed first first; and what could not be read."""
    found: Dict[Identity, str] = {}
    wrong: List[str] = []
    for source in sources:
        path = _cached(root, source, arch) if source.enabled else None
        if path is None:
            continue
        try:
            for entry in records(_lines(root.blocks(path))):
                identity = entry.fields.get("P", ""), entry.fields.get("V", "")
                if identity in wanted:
                    found.setdefault(identity, source.url)
        except (Unavailable, FileNotFoundError) as error:
            wrong.append("{}: {}".format(path, error) if isinstance(error, Damaged) else str(error))
    return found, wrong


def _cached(root: Root, source: Source, arch: str) -> Optional[str]:
    # Imported here: it brings OpenSSL's library, some MB that a host without apk need not spend.
    import hashlib

    addresses = (source.url, "{}/{}/APKINDEX.tar.gz".format(source.url, arch))
    hashes = [hashlib.sha1(address.encode("utf-8", "replace")).hexdigest()[:8] for address in addresses]  # noqa: S324
    return first_of(root, tuple("{}/APKINDEX.{}.tar.gz".format(cache, one) for cache in _CACHES for one in hashes))


def _lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of the archive's index, with their newlines."""
    rest = b""
    for block in _member(Forward(blocks)):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        if len(rest) > _MAX_LINE:
            raise Damaged("a line in it does not end")
        for line in lines:
            yield line + b"\n"
    # The last record of an index may lack its empty line.
    yield rest + b"\n"
    yield b"\n"


def _member(stream: Forward) -> Iterator[bytes]:
    """The content of the archive's member APKINDEX. Source: POSIX, pax, "ustar Interchange Format"."""
    while True:
        head = stream.take(_BLOCK)
        if not head.strip(b"\0"):
            continue
        try:
            size = int(head[124:136].rstrip(b"\0 ") or b"0", 8)
        except ValueError:
            raise Damaged("it is no tar archive") from None
        if head[:100].rstrip(b"\0") == _INDEX:
            while size > 0:
                part = stream.take(min(size, 64 * 1024))
                size -= len(part)
                yield part
            return
        stream.skip_to(stream.position + -(-size // _BLOCK) * _BLOCK)
