"""Output that cannot fail on a character: hosts and feeds may carry any, terminals and files not."""

from __future__ import annotations

from typing import TextIO


class PlainStream:
    """A text stream that replaces what its encoding lacks, lone surrogates included."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"

    @property
    def encoding(self) -> str:
        """The encoding of the stream behind; UTF-8 where it has none, as in memory."""
        return self._encoding

    def write(self, text: str) -> int:
        """Write text; answers as `TextIO.write` does."""
        if not text.isascii():
            text = text.encode(self._encoding, "replace").decode(self._encoding)
        return self._stream.write(text)

    def flush(self) -> None:
        """Pass on what waits."""
        self._stream.flush()
