"""Small files that are there whole or not at all, also after a power loss. Python 3.6 grammar."""

import json
import os
import re
from typing import Any, Dict, Optional

MAX_SMALL = 1024 * 1024
"""Bytes of a file of the agent's own that is read as a whole."""


class Torn(Exception):
    """A file of the agent's own that cannot be what the agent wrote; the text says which and why."""


def replace(path: str, content: bytes, mode: int = 0o600, sync: bool = True) -> None:
    """Writes a file beside and renames it: readers see the old one or the new one. Raises OSError.

    Without `sync` it may be the old one after a power loss.
    """
    beside = path + ".new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(beside, flags, mode), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            if sync:
                os.fsync(stream.fileno())
        os.rename(beside, path)
    except OSError:
        remove(beside)
        raise
    if sync:
        sync_folder(os.path.dirname(path))


def sync_folder(path: str) -> None:
    """Makes renames and removals in the folder last. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """Removes a file that may be gone already. Raises OSError for any other reason."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def small(path: str, most: int = MAX_SMALL) -> Optional[bytes]:
    """The content of a small file; None where it is missing. Raises Torn for a longer one, OSError."""
    try:
        with open(path, "rb") as stream:
            content = stream.read(most + 1)
    except FileNotFoundError:
        return None
    if len(content) > most:
        raise Torn("{} is longer than {} bytes".format(path, most))
    return content


def load(path: str) -> Optional[Dict[str, Any]]:
    """The JSON object in a file; None where it is missing. Raises Torn, OSError."""
    content = small(path)
    if content is None:
        return None
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Torn("{} is no JSON: {}".format(path, error)) from error
    if not isinstance(found, dict):
        raise Torn("{} is no JSON object".format(path))
    return found


def save(path: str, values: Dict[str, Any], sync: bool = True) -> None:
    """Writes a JSON object, mode 600. Raises OSError."""
    replace(path, json.dumps(values, sort_keys=True).encode("utf-8"), sync=sync)


def first_line(path: str) -> str:
    """The first line of a small text file, without blanks around it; empty where nobody can read it."""
    try:
        with open(path, "rb") as stream:
            return stream.read(4096).decode("utf-8", "replace").partition("\n")[0].strip()
    except OSError:
        return ""


def is_hex(text: object, length: int) -> bool:
    """Whether it is so many lower-case hexadecimal digits."""
    return isinstance(text, str) and re.match("^[0-9a-f]{%d}$" % length, text) is not None
