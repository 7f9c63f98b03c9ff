"""The agent's configuration: an INI file with one section, `[agent]`. Python 3.6 grammar."""

import configparser
import os
import re
from typing import Callable, Dict, List, NamedTuple, Tuple, TypeVar

from shindan.agent import files

PREFIX = os.environ.get("SHINDAN_AGENT_ROOT", "")
"""A folder below which the agent's own three folders lie instead; for tests of the installation."""

PATH = PREFIX + "/etc/shindan/agent.conf"
SYSTEM_CA = "system"
_ENDPOINT = re.compile(r"^https://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?$")
_PIN = re.compile(r"^(?:sha256:)?([0-9a-f]{64})$")
_TAG = "tag."
_MAX_TAGS = 50
_YES = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

Value = TypeVar("Value")


class ConfigError(Exception):
    """The configuration cannot be used; the text names file and key, and says what would be right."""


class Config(NamedTuple):
    """Every knob of an agent; docs say them in the order of this class.

    `ca` is a file of PEM certificates, or `system`; `pins` are SHA-256 digests (hex) of server certificates, one of
    which must be shown. `metadata` is the address of a cloud's metadata service, or empty: do not ask. Sizes in
    bytes, times in seconds, pressures in percent of the last 10 s (see `pressure.py`).
    """

    endpoint: str
    host: str
    port: int
    ca: str = ""
    pins: Tuple[str, ...] = ()
    token: str = ""
    keep_token: bool = False
    tags: Dict[str, str] = {}
    proxy: str = ""
    no_proxy: str = ""
    update: bool = True
    update_spread: int = 3420
    update_trial: int = 300
    state: str = PREFIX + "/var/lib/shindan-agent"
    home: str = PREFIX + "/opt/shindan"
    spool_bytes: int = 64 * 1024 * 1024
    inventory_every: int = 86400
    collector_seconds: int = 300
    metadata: str = "169.254.169.254"
    root: str = "/"
    paths: Tuple[str, ...] = ()
    arguments: bool = False
    nice: int = 10
    scap: Tuple[str, ...] = ()
    scap_memory: int = 4 * 1024 * 1024 * 1024
    pressure_memory: int = 20
    pressure_cpu: int = 90
    path: str = PATH


_DEFAULTS = Config("", "", 0)


def load(path: str = PATH) -> Config:
    """The configuration in a file. Raises ConfigError."""
    try:
        content = files.small(path)
    except (OSError, files.Torn) as error:
        raise ConfigError("{} cannot be read: {}".format(path, getattr(error, "strerror", None) or error)) from error
    if content is None:
        raise ConfigError("{} is missing: the install script writes it; or name another with --config".format(path))
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # tags have capitals
    try:
        parser.read_string(content.decode("utf-8"), path)
        given = dict(parser["agent"])
    except (configparser.Error, KeyError, UnicodeDecodeError) as error:
        reason = "; ".join(str(error).split("\n"))
        raise ConfigError("{} is no configuration with a section [agent]: {}".format(path, reason)) from error
    return _config(path, given)


def _config(path: str, given: Dict[str, str]) -> Config:
    tags = {key[len(_TAG) :]: given.pop(key) for key in list(given) if key.startswith(_TAG)}
    known = set(Config._fields) - {"host", "port", "path", "tags", "pins"} | {"pin"}
    unknown = sorted(set(given) - known)
    if unknown:
        raise ConfigError("{}: nobody knows {}; keys are {}".format(path, ", ".join(unknown), ", ".join(sorted(known))))
    values = {
        key: _read(path, key, text) for key, text in given.items() if key not in ("endpoint", "pin", "paths", "scap")
    }
    if len(tags) > _MAX_TAGS or any(not 0 < len(key) <= 128 or len(text) > 256 for key, text in tags.items()):
        raise ConfigError("{}: at most 50 tags, keys of 1 to 128 and values of up to 256 characters".format(path))
    host, port = _endpoint(path, given.get("endpoint", ""))
    values["pins"] = _pins(path, given.get("pin", ""))
    values["paths"] = tuple(_words(given.get("paths", "")))
    values["scap"] = _folders(path, given.get("scap", ""))
    config = _DEFAULTS._replace(host=host, port=port, tags=tags, path=path, **values)  # type: ignore[arg-type]
    shown = host if port == 443 else "{}:{}".format(host, port)
    return _completed(config._replace(endpoint="https://" + shown))


def _completed(config: Config) -> Config:
    """With the CA file that the installer left, where the configuration names none."""
    if config.ca or config.pins:
        return config
    beside = os.path.join(config.home, "ca.pem")
    if not os.path.exists(beside):
        raise ConfigError(
            "{}: no trust in the server is configured: give ca=FILE (its certificate authority), "
            "pin=SHA256 (its certificate's digest), or ca=system".format(config.path)
        )
    return config._replace(ca=beside)


def _read(path: str, key: str, text: str) -> object:
    """The value of a key, of the type that its default has."""
    default = getattr(_DEFAULTS, key)
    if isinstance(default, bool):
        if text.lower() not in _YES:
            raise ConfigError("{}: {}={} is neither true nor false".format(path, key, text))
        return _YES[text.lower()]
    if isinstance(default, int):
        if not re.match("^[0-9]{1,12}$", text):
            raise ConfigError("{}: {}={} is no number".format(path, key, text))
        return int(text)
    if key == "metadata" and text.lower() in ("off", "none", "false"):
        return ""
    return text.strip()


def _endpoint(path: str, text: str) -> Tuple[str, int]:
    match = _ENDPOINT.match(text.strip())
    port = int(match.group(2) or 443) if match else 0
    if match is None or not 0 < port < 65536:
        raise ConfigError("{}: endpoint={} is no https://HOST or https://HOST:PORT".format(path, text))
    return match.group(1), port


def _pins(path: str, text: str) -> Tuple[str, ...]:
    found = []
    for word in _words(text):
        match = _PIN.match(word.lower().replace(":", "").replace("sha256", "sha256:"))
        if match is None:
            raise ConfigError("{}: pin={} is no SHA-256 of a certificate: 64 hexadecimal digits".format(path, word))
        found.append(match.group(1))
    return tuple(found)


def _folders(path: str, text: str) -> Tuple[str, ...]:
    found = tuple(_words(text))
    for one in found:
        if not one.startswith("/"):
            raise ConfigError("{}: scap={} is no absolute path of a folder with SCAP content".format(path, one))
    return found


def _words(text: str) -> List[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]


def without_token(config: Config) -> bool:
    """Takes the token out of the file, which it must not outlive; whether that could be done."""
    try:
        content = files.small(config.path) or b""
        kept = [line for line in content.split(b"\n") if not re.match(rb"^token\s*[=:]", line)]
        mode = os.stat(config.path).st_mode & 0o777
        files.replace(config.path, b"\n".join(kept), mode)
    except (OSError, files.Torn):
        return False
    return True


def owner_only(path: str, warn: Callable[[str], None]) -> None:
    """Warns where others may read the file, which holds a token."""
    try:
        if os.stat(path).st_mode & 0o077:
            warn("{} can be read by others: chmod 600".format(path))
    except OSError:
        pass
