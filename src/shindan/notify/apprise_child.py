"""Sends one message by apprise, in a process of its own: `python -I apprise_child.py`, a request on stdin, JSON.

Apprise speaks to some 150 services by code of its own, follows redirects, and reads files that addresses name. Here
none of that leaves its bounds: an audit hook (PEP 578) refuses every connection to where messages may not go, every
file but Python's own and what is to be attached, and every other program. Addresses, which hold secrets, stay in this
process: what apprise logs comes back without them.

Request: `do` (`look` or `send`), `address`, `networks` (that may be dialled although not public), `ca` (a file of
certificates, or ""), and to send `subject`, `text`, `html`, `files` (paths, with names and media types).
Answer: `{"error": …}`, or of `look` `shown`, `service`, `files`; of `send` `arrived` and `said`.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

LOCAL = {"syslog", "dbus", "gnome", "glib", "kde", "qt", "macosx", "windows", "rsyslog"}
"""Schemes that speak to the machine itself, or to no receiver that could refuse."""

PLAIN = {"json", "jsons", "xml", "xmls", "form", "forms"}
"""Schemes whose whole path is the user's own, and may be secret."""

_SERVICE_SECONDS = 15.0
_MEMORY = 1_500_000_000
_SHORTEST_SECRET = 3
_DIAL = ("socket.connect", "socket.sendto", "socket.sendmsg")
_SPAWN = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn")


class Refused(OSError):
    """What the hook does not let pass."""


def main() -> None:
    """Answers the request."""
    request = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        answer = _done(request)
    except Exception as error:  # noqa: BLE001 - whatever a plugin does is an answer
        answer = {"error": _without(request["address"], f"{type(error).__name__}: {error}")[:300]}
    json.dump(answer, sys.stdout)


def _done(request: Mapping[str, Any]) -> dict[str, Any]:
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    import apprise

    from shindan.notify.reach import may_reach

    networks = [ip_network(text) for text in request["networks"]]
    said = _listening()
    address = request["address"]
    scheme = address.partition("://")[0].lower()
    if scheme in LOCAL:
        return {"error": f"{scheme}:// speaks to the server's own machine, and is no channel"}
    asset = apprise.AppriseAsset(storage_mode="memory", service_timeout=_SERVICE_SECONDS, plugin_paths=[])
    asset.async_mode = False
    refused: list[str] = []
    sys.addaudithook(_guard(lambda host: may_reach(ip_address(host), networks), _readable(request), refused))
    plugin = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if plugin is None:
        what = f"apprise {apprise.__version__} cannot send to this {scheme[:20]}:// address"
        return {"error": "; ".join([what, *(_without(address, text) for text in (refused or said)[:1])])}
    if request["do"] == "look":
        return {
            "shown": shown(address, cast(Any, plugin).url(privacy=True)),
            "service": str(plugin.service_name),
            "files": bool(plugin.attachment_support),
        }
    answer = _sent(apprise, plugin, request, said)
    if answer["arrived"] or not refused:
        return answer
    abroad = [one for one in refused if " is not public" in one]
    return {**answer, "said": abroad[0] if abroad else "; ".join(filter(None, [answer["said"], refused[0]]))}


def _sent(apprise: Any, plugin: Any, request: Mapping[str, Any], said: list[str]) -> dict[str, Any]:
    form, body = _form(apprise, plugin, request)
    attach = None
    if request["files"]:
        if not plugin.attachment_support:
            return {"arrived": False, "said": f"{plugin.service_name} takes no files"}
        from apprise.attachment.file import AttachFile

        attach = apprise.AppriseAttachment(asset=plugin.asset)
        for one in request["files"]:
            attach.add(cast(Any, AttachFile)(one["path"], name=one["name"], mimetype=one["media_type"]))
    every = apprise.Apprise(asset=plugin.asset)
    every.add(plugin)
    arrived = bool(every.notify(title=request["subject"], body=body, body_format=form, attach=attach))
    return {"arrived": arrived, "said": "" if arrived else _without(request["address"], " / ".join(said[-3:]))[:500]}


def _form(apprise: Any, plugin: Any, request: Mapping[str, Any]) -> tuple[Any, str]:
    """HTML for who shows it best so, text for all others."""
    wanted = plugin.notify_format
    first = wanted[0] if isinstance(wanted, tuple | list) else wanted
    if first == apprise.NotifyFormat.HTML:
        return apprise.NotifyFormat.HTML, request["html"]
    return apprise.NotifyFormat.TEXT, request["text"]


# ── bounds ──


def _readable(request: Mapping[str, Any]) -> tuple[str, ...]:
    """Where files may be read: Python and its packages, certificates, what is to be attached, time zones, and names."""
    python = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), str(Path(__file__).resolve().parents[2])}
    attached = {one["path"] for one in request.get("files", ())}
    system = {"/etc/ssl", "/etc/pki", "/usr/share/zoneinfo", "/etc/localtime", "/etc/hosts", "/etc/resolv.conf",
              "/etc/mime.types", "/usr/share/mime", "/dev/null", "/dev/urandom", "/etc/hostname"}  # fmt: skip
    return tuple(os.path.realpath(one) for one in {*python, *attached, *system, *filter(None, [request["ca"]])})


def _guard(
    may_dial: Callable[[str], bool], readable: Iterable[str], refused: list[str]
) -> Callable[[str, tuple[Any, ...]], None]:
    """The hook: it raises for what may not be, and notes it, since apprise tells no reasons."""
    places = tuple(readable)

    def check(event: str, args: tuple[Any, ...]) -> None:
        if event in _DIAL:
            _dialled(args[1], may_dial)
        elif event == "open":
            _opened(args[0], args[2] if len(args) > 2 else 0, places)
        elif event in _SPAWN:
            raise Refused("who sends messages starts no programs")

    def hook(event: str, args: tuple[Any, ...]) -> None:
        try:
            check(event, args)
        except Refused as error:
            refused.append(str(error))
            raise

    return hook


def _dialled(where: Any, may_dial: Callable[[str], bool]) -> None:
    if where is None:
        return
    host = where[0] if isinstance(where, tuple) and where else ""
    try:
        allowed = bool(host) and may_dial(str(host).partition("%")[0])
    except ValueError:  # a name, which could mean anything by the time it is looked up
        allowed = False
    if not allowed:
        raise Refused(f"{host or where} is not public; the setting notify_networks can open its network")


def _opened(what: Any, flags: Any, places: tuple[str, ...]) -> None:
    if isinstance(what, int):
        return
    path = os.path.realpath(os.fsdecode(what))
    if not any(path == place or path.startswith(f"{place}{os.sep}") for place in places):
        raise Refused("an address may name no files")
    if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and path != "/dev/null":
        raise Refused("who sends messages writes no files")


# ── words ──


def _listening() -> list[str]:
    """What apprise warns of from now on, which goes nowhere else."""
    said: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logging.getLogger().handlers = []
    for name in ("", "apprise"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("apprise").handlers = [Handler(logging.WARNING)]
    logging.getLogger("apprise").propagate = False
    return said


def shown(address: str, private: str) -> str:
    """An address with what is secret left out: apprise's own masks, and no query, which may hold anything."""
    scheme = address.partition("://")[0].lower()
    found = unquote(private.partition("?")[0])
    if scheme in PLAIN:
        parts = found.split("/", 3)
        found = "/".join(parts[:3]) + ("/…" if len(parts) > 3 and parts[3] else "")
    return found


def _without(address: str, text: str) -> str:
    """A text without anything that the address says behind its scheme, its host apart."""
    rest = address.partition("://")[2]
    before, _, query = rest.partition("?")
    login, _, place = before.rpartition("@")
    host, *path = place.split("/")
    values = [part.partition("=")[2] for part in query.split("&")]
    parts = [*login.split(":")[1:], *path, *values]
    pieces = {piece for part in parts for piece in (part, unquote(part))}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= _SHORTEST_SECRET and piece != host:
            text = text.replace(piece, "…")
    return text.replace(address, "…")


if __name__ == "__main__":
    main()
