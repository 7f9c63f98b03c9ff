"""Writes the configuration for the installer; what an operator wrote stays. Python 3.6 grammar."""

import os
import re
import sys
from typing import Dict, List

from shindan.agent import config as configuration
from shindan.agent import files

_SECTION = re.compile(r"^\s*\[agent\]\s*$")
_ANY_SECTION = re.compile(r"^\s*\[")
_KEY = re.compile(r"^\s*([^=:\s#;][^=:]*?)\s*[=:]")


def configure(path: str, values: Dict[str, str]) -> None:
    """Sets keys in the file, in place where they stand already; mode 600. Raises ConfigError, OSError.

    The file is written only if the agent could be started with it.
    """
    for key, value in values.items():
        if any(not char.isprintable() for char in key + value) or not _KEY.match(key + "="):
            raise configuration.ConfigError("{}={!r}: one line of printable characters".format(key, value))
    os.makedirs(os.path.dirname(path) or ".", 0o755, exist_ok=True)
    old = files.small(path)
    text = "\n".join(changed((old or b"").decode("utf-8", "surrogateescape").splitlines(), values)) + "\n"
    beside = path + ".trial"
    try:
        files.replace(beside, text.encode("utf-8", "surrogateescape"))
        configuration.load(beside)
        os.rename(beside, path)
        files.sync_folder(os.path.dirname(path) or ".")
    finally:
        files.remove(beside)


def changed(lines: List[str], values: Dict[str, str]) -> List[str]:
    """The lines with the values set; new keys come at the end of the section."""
    if not any(_SECTION.match(line) for line in lines):
        lines = lines + ["[agent]"]
    left, kept, inside = dict(values), [], False
    for line in lines:
        if _ANY_SECTION.match(line):
            if inside:
                kept += _added(left)
                left = {}
            inside = _SECTION.match(line) is not None
        match = _KEY.match(line) if inside else None
        if match and match.group(1) in values:
            if match.group(1) in left:
                kept += _added({match.group(1): left.pop(match.group(1))})
        else:
            kept.append(line)
    return kept + _added(left)


def main(argv: List[str], path: str) -> int:
    """`configure --endpoint URL …`: 0, or 2 with the reason."""
    # Imported here: the daemon never needs it.
    import argparse

    parser = argparse.ArgumentParser(prog="shindan-agent configure", description="Writes the agent's configuration.")
    parser.add_argument("--config", default=path, metavar="FILE")
    for name in ("endpoint", "ca", "pin", "proxy", "no-proxy"):
        parser.add_argument("--" + name)
    parser.add_argument("--token-stdin", action="store_true", help="the token is the first line of the input")
    parser.add_argument("--update", choices=("true", "false"))
    parser.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args(argv)
    given = {
        "endpoint": options.endpoint, "ca": options.ca, "pin": options.pin, "proxy": options.proxy,
        "no_proxy": options.no_proxy, "update": options.update,
    }  # fmt: skip
    values = {key: value for key, value in given.items() if value is not None}
    for tag in options.tag:
        key, equals, value = tag.partition("=")
        if not equals or not key:
            return _refuse("--tag {}: KEY=VALUE is wanted".format(tag))
        values["tag." + key] = value
    token = sys.stdin.readline().strip() if options.token_stdin else ""
    if token:
        values["token"] = token
    try:
        configure(options.config, values)
    except configuration.ConfigError as error:
        return _refuse(str(error).replace(options.config + ".trial", options.config))
    except OSError as error:
        return _refuse("{}: {}".format(error.filename or options.config, error.strerror or error))
    return 0


def _added(values: Dict[str, str]) -> List[str]:
    return ["{} = {}".format(key, value) for key, value in values.items()]


def _refuse(message: str) -> int:
    sys.stderr.write("shindan-agent: {}\n".format(message))
    return 2
