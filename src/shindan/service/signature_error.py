"""Why a request's signature was not accepted."""

from __future__ import annotations


class SignatureError(Exception):
    """`code` is AWS's name of the error; the message says what to mend."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
