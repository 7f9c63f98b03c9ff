"""XML as it comes, in pieces: never a tree, never a document type. Standard library, Python 3.6 grammar."""

from typing import IO, Callable, Dict, Iterator, List, Optional
from xml.parsers import expat

from shindan.collect.unavailable import Unavailable

_CHUNK = 64 * 1024
_LONGEST = 64 * 1024

Attributes = Dict[str, str]


class Reader:
    """Calls methods of its own as elements come; subclasses say what they keep.

    Names come without their namespace where that begins with `namespace`, and as "" from any other.
    """

    namespace = ""

    def __init__(self) -> None:
        self._depth = 0
        self._since = 0
        self._words: Optional[List[str]] = None
        self._length = 0

    def start(self, name: str, attributes: Attributes) -> bool:
        """An element begins; true: its text is wanted, with that of all elements in it."""
        raise NotImplementedError

    def inner(self, name: str, attributes: Attributes) -> str:
        """What to put for an element that begins within a text."""
        return ""

    def text(self, text: str) -> None:
        """The text that `start` wanted, at most 64 KiB of it."""

    def end(self, name: str) -> None:
        """An element ends; also one whose text was wanted."""

    def read(self, stream: IO[bytes], what: str) -> Iterator[None]:
        """Reads on and on; yields after each piece. Raises Unavailable, where `what` is no XML or has a document type.

        Entities of one's own need a document type, so that none is ever expanded.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuser(what)
        try:
            while True:
                piece = stream.read(_CHUNK)
                parser.Parse(piece, not piece)
                yield
                if not piece:
                    return
        except expat.ExpatError as error:
            raise Unavailable("{} is no well-formed XML: {}".format(what, error)) from error
        except OSError as error:
            raise Unavailable("{}: {}".format(what, error.strerror or error)) from error
        finally:
            # The handlers know the parser, and it them.
            parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None

    def _start(self, name: str, attributes: Attributes) -> None:
        self._depth += 1
        local = self._local(name)
        if self._words is not None:
            self._characters(self.inner(local, attributes))
        elif self.start(local, attributes):
            self._words, self._since, self._length = [], self._depth, 0

    def _end(self, name: str) -> None:
        if self._words is not None and self._depth == self._since:
            words, self._words = self._words, None
            self.text("".join(words))
        self._depth -= 1
        if self._words is None:
            self.end(self._local(name))

    def _characters(self, text: str) -> None:
        if self._words is not None and self._length < _LONGEST:
            self._words.append(text[: _LONGEST - self._length])
            self._length += len(text)

    def _local(self, name: str) -> str:
        namespace, _, local = name.rpartition(" ")
        return local if namespace.startswith(self.namespace) else ""


def _refuser(what: str) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise Unavailable("{} has a document type, which may hide what it says: refused".format(what))

    return refuse
