"""XML of any size as a stream of its interesting elements, read by defusedxml: no DTD, no entities, bounded memory.

Publishers change namespaces between versions of the same form, so elements are known by their local names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from shindan.model.errors import FeedError

MAX_ELEMENT = 64 * 1024**2
"""Bytes of XML between the ends of two elements of one advisory or more: longer is no advisory but a bomb."""


class _Counted:
    """A stream that refuses to be read for long without `restart`."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name, self._read = stream, name, 0

    def restart(self) -> None:
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self._read += len(block)
        if self._read > MAX_ELEMENT:
            raise FeedError(f"{self._name}: one element is larger than {MAX_ELEMENT:,} bytes")
        return block


def elements(stream: BinaryIO, name: str, wanted: Collection[str]) -> Iterator[Element]:
    """Every outermost element whose local name is in `wanted`, complete; it is emptied when the next is asked for.

    `name` is for messages. Raises FeedError for what is no XML, is torn, or defines entities.
    """
    counted = _Counted(stream, name)
    open_elements: list[Element] = []
    inside = 0
    try:
        for event, element in iterparse(counted, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                open_elements.append(element)
                inside += local(element) in wanted
                continue
            open_elements.pop()
            hit = local(element) in wanted
            inside -= hit
            if inside:
                continue
            if hit:
                yield element
            counted.restart()
            element.clear()
            if open_elements:
                open_elements[-1].remove(element)
    except DefusedXmlException as error:
        raise FeedError(f"{name} defines a document type or entities, which no advisory does: it is hostile") from error
    except (ParseError, ValueError, LookupError) as error:
        raise FeedError(f"{name} is torn or no XML: {error}", remedy="fetch it again") from error


def local(element: Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element | None, name: str) -> Iterator[Element]:
    """The direct children of that local name; none of None."""
    return (child for child in (() if element is None else element) if local(child) == name)


def child(element: Element | None, *path: str) -> Element | None:
    """The first child at a path of local names, or None."""
    for name in path:
        element = next(children(element, name), None)
    return element


def text(element: Element | None, *path: str) -> str:
    """The trimmed text at a path of local names, or ""."""
    found = child(element, *path)
    return (found.text or "").strip() if found is not None else ""


def descendants(element: Element, name: str) -> Iterator[Element]:
    """Every element of that local name below, in document order."""
    return (found for found in element.iter() if local(found) == name)
