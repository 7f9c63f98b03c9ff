"""Facts as NDJSON: one `{"kind","subject","data"}` a line. Python 3.6 grammar."""

import json
from typing import IO, Iterator, Tuple, Union

from shindan.facts.fact import Fact, check

MAX_LINE = 1024 * 1024
"""Bytes in one line, its newline not counted; a longer one is refused, not read."""


def dumps(fact: Fact) -> str:
    """One line, without its newline. Bytes that are no UTF-8 were replaced when they were read."""
    record = {"kind": fact.kind, "subject": fact.subject, "data": fact.data}
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Lone surrogates have no UTF-8; escaped they survive the journey.
        return json.dumps(record, ensure_ascii=True, separators=(",", ":"))
    return text


def loads(line: Union[str, bytes]) -> Fact:
    """The fact of one line. Raises ValueError with the reason."""
    if isinstance(line, bytes):
        line = line.decode("utf-8", "replace")
    try:
        record = json.loads(line)
    except RecursionError:
        raise ValueError("no JSON: nested too deeply") from None
    except ValueError as error:
        raise ValueError("no JSON: {}".format(error)) from None
    if not isinstance(record, dict):
        raise ValueError("no JSON object")
    kind, subject, data = record.get("kind"), record.get("subject"), record.get("data", {})
    if not isinstance(kind, str) or not isinstance(subject, str) or not isinstance(data, dict):
        raise ValueError("a fact has kind and subject as text and data as an object")
    fact = Fact(kind, subject, data)
    wrong = check(fact)
    if wrong is not None:
        raise ValueError(wrong)
    return fact


def read(stream: IO[bytes]) -> Iterator[Tuple[int, Union[Fact, str]]]:
    """(line number, fact or what is wrong with the line) of a binary stream; empty lines are passed over."""
    number = 0
    while True:
        line = stream.readline(MAX_LINE + 1)
        if not line:
            return
        number += 1
        if len(line.rstrip(b"\n")) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            yield number, "longer than {} bytes".format(MAX_LINE)
            continue
        if not line.strip():
            continue
        try:
            yield number, loads(line)
        except ValueError as error:
            yield number, str(error)
