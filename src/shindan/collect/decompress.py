"""Compressed files as blocks, with what Python brings along. Python 3.6 grammar."""

from typing import IO, Any, Iterator

from shindan.collect.unavailable import Unavailable


def decompressed(path: str, stream: IO[bytes], block: int, limit: int) -> Iterator[bytes]:
    """The content of a file, unpacked as its ending says (.gz, .xz, .bz2), at most `limit` bytes; closes `stream`.

    Raises Unavailable for a torn file, and for one that unpacks to more.
    """
    with stream:
        try:
            opened = _reader(path, stream)
            data = opened.read(block)
            while data:
                limit -= len(data)
                if limit < 0:
                    raise Unavailable("it is too large")
                yield data
                data = opened.read(block)
        except Exception as error:  # each library has its own errors, and a torn file raises most of them
            raise Unavailable("{}: {}".format(path, error)) from error


def _reader(path: str, stream: IO[bytes]) -> Any:
    # Imported here: they cost memory that most hosts need not spend, and a Python may be built without one of them.
    if path.endswith(".gz"):
        import gzip

        return gzip.GzipFile(fileobj=stream)
    if path.endswith(".xz"):
        import lzma

        return lzma.LZMAFile(stream)
    if path.endswith(".bz2"):
        import bz2

        return bz2.BZ2File(stream)
    return stream
