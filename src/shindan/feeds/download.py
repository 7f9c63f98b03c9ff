"""The only file that dials out: conditional, resumed, retried, capped downloads over HTTP(S), or from a local mirror.

httpx is imported when something is fetched: most commands never dial out, and it takes 70 ms. Beside a file `NAME`
stand `.NAME.seen`, what the server said of it, and `.NAME.part`, what came of a download that was cut.
"""

from __future__ import annotations

import errno
import logging
import os
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import unquote, urlsplit

from shindan.feeds.download_http import (
    AnewError,
    expected_size,
    first_byte,
    is_encoded,
    persistence,
    refuse_downgrade,
    refused,
    remedy_for,
)
from shindan.feeds.download_kept import Part, Seen, digest, part_of
from shindan.feeds.download_reach import REMEDY, Proxies, Ways
from shindan.model.errors import FeedError, Unreachable
from shindan.model.progress import Progress, silent

DEFAULT_MAX_BYTES = 2 * 1024**3
_CHUNK = 256 * 1024
_ATTEMPTS = 4
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 30.0
_LOCAL = ("", "file", "copy")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is now at `path`; `changed` is False where it is what was there before. `size` in bytes."""

    path: Path
    changed: bool
    size: int
    sha256: str


class Addressed(Protocol):
    """What has a name and a publisher's address: a feed."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One thing to fetch, and what it must be."""

    url: str
    into: Path
    max_bytes: int
    sha256: str
    size: int | None

    @property
    def name(self) -> str:
        """The address as people may see it: without a password."""
        parts = urlsplit(self.url)
        return self.url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1) if "@" in parts.netloc else self.url

    def check_size(self, size: int) -> None:
        """Raises FeedError where so many bytes are too many."""
        if size > self.max_bytes:
            raise FeedError(f"{self.name} is larger than {self.max_bytes:,} bytes")
        if self.size is not None and size > self.size:
            raise self.mismatch(f"has more than {self.size:,} bytes")

    def mismatch(self, how: str) -> FeedError:
        """What is told where the content is not the one that its index names."""
        return FeedError(
            f"{self.name} {how}: it is torn or tampered with, or the mirror is in motion",
            remedy="try again in a while, or use another mirror",
        )


class Downloader:
    """Fetches files; may be shared by threads. Keeps connections open; a context manager, or simply dropped.

    `ca_file` adds trust for a site's own proxy or mirror (also SHINDAN_CA_FILE); proxies come from the environment
    (HTTPS_PROXY, NO_PROXY) as everywhere, and `proxies` lead over it.
    """

    def __init__(
        self,
        *,
        ca_file: Path | None = None,
        progress: Progress = silent,
        read_timeout: float = _READ_SECONDS,
        connect_timeout: float = _CONNECT_SECONDS,
        proxies: Proxies | None = None,
    ) -> None:
        named = os.environ.get("SHINDAN_CA_FILE")
        self._ca_file = ca_file or (Path(named) if named else None)
        self._progress = progress
        self._timeouts = (connect_timeout, read_timeout)
        self._proxies = dict(proxies or {})
        self._ways = Ways(connect_timeout, self._proxies)
        self._client: Any = None
        self._lock = threading.Lock()

    def through(self, proxies: Proxies) -> Downloader:
        """Another downloader like this one, with these proxies; this one where there are none."""
        if not proxies:
            return self
        connect, read = self._timeouts
        return Downloader(
            ca_file=self._ca_file, progress=self._progress, read_timeout=read, connect_timeout=connect, proxies=proxies
        )

    def fetch(
        self, url: str, into: Path, *, max_bytes: int = DEFAULT_MAX_BYTES, sha256: str = "", size: int | None = None
    ) -> Fetched:
        """The content of `url` (http, https, file or a path) as the file `into`, which appears whole or not at all.

        A copy that is still there is asked for only if it changed (RFC 9110 section 13), and not at all if `sha256`
        names it; a cut download goes on where it was (section 14). `sha256` and `size` are checked. Raises
        Unreachable where nothing answers, and FeedError for any other failure; an earlier `into` stays then.
        """
        wanted, scheme = _Wanted(url, into, max_bytes, sha256, size), _scheme(url)
        try:
            into.parent.mkdir(parents=True, exist_ok=True)
            if sha256 and into.exists() and digest(into) == sha256:
                return Fetched(into, False, into.stat().st_size, sha256)
            with part_of(into) as part:
                try:
                    return self._copy(wanted, part) if scheme in _LOCAL else self._download(wanted, part)
                except OSError as error:
                    if error.errno in (errno.ENOSPC, errno.EDQUOT):
                        part.discard()
                    raise
        except OSError as error:
            raise FeedError(f"cannot keep {into}: {error.strerror or error}") from error

    def base(self, feed: Addressed) -> str:
        """The address of a feed: SHINDAN_FEED_<NAME>_URL (a mirror, or a local path), else the publisher's."""
        return (os.environ.get(f"SHINDAN_FEED_{feed.name.upper()}_URL") or feed.url).rstrip("/")

    def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> Downloader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _copy(self, wanted: _Wanted, part: Part) -> Fetched:
        """From a local mirror: a path, or a file: or copy: address."""
        scheme = urlsplit(wanted.url).scheme
        source = Path(unquote(urlsplit(wanted.url).path)) if scheme else Path(wanted.url)
        if not source.exists():
            raise FeedError(f"{source} does not exist")
        if not source.is_file():
            raise FeedError(f"{source} is not a file")
        try:
            stream = source.open("rb")
        except OSError as error:
            raise FeedError(f"cannot read {source}: {error.strerror or error}") from error
        with stream:
            self._store(iter(lambda: stream.read(_CHUNK), b""), part, 0, source.stat().st_size, wanted)
        return _kept(wanted, part, Seen(wanted.url), resumed=False)

    def _download(self, wanted: _Wanted, part: Part) -> Fetched:
        import httpx
        import stamina

        logging.getLogger("stamina").addHandler(logging.NullHandler())  # a retry is no news for people
        self._ways.check(wanted.url)
        try:
            for attempt in stamina.retry_context(
                on=persistence(part), attempts=_ATTEMPTS, timeout=None, wait_initial=0.2, wait_max=5.0, wait_jitter=0.1
            ):
                with attempt:
                    return self._once(wanted, part)
        except httpx.HTTPStatusError as error:
            raise refused(wanted.name, error.response.status_code) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise Unreachable(f"{wanted.name} cannot be reached: {error}", remedy=remedy_for(error)) from error
        except httpx.TimeoutException as error:
            raise Unreachable(f"{wanted.name}: the server fell silent", remedy=REMEDY) from error
        except (httpx.HTTPError, httpx.InvalidURL, AnewError) as error:
            raise FeedError(f"{wanted.name}: {str(error) or type(error).__name__}") from error
        raise AssertionError("the loop returns or raises")

    def _once(self, wanted: _Wanted, part: Part) -> Fetched:
        known = Seen.of(wanted.into, wanted.url)
        start, conditions = part.conditions(wanted.url, checked=bool(wanted.sha256))
        if not start and known is not None:
            conditions = known.conditions()
        with self._connected().stream("GET", wanted.url, headers=conditions) as answer:
            if answer.status_code == 304 and known is not None:
                return Fetched(wanted.into, False, wanted.into.stat().st_size, known.sha256)
            if start and answer.status_code in (206, 416) and first_byte(answer) != start:
                part.discard()
                raise AnewError("the server sent another part than was asked for")
            answer.raise_for_status()
            resumed = answer.status_code == 206
            said = Seen(wanted.url, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
            encoded = is_encoded(answer, wanted.url)
            if not resumed:
                part.begin(Seen(wanted.url) if encoded else said)
            begin = start if resumed else 0
            total = None if encoded else expected_size(answer, begin)
            wanted.check_size(total or 0)
            chunks = answer.iter_bytes(_CHUNK) if encoded else answer.iter_raw(_CHUNK)
            self._store(chunks, part, begin, total or wanted.size, wanted)
        return _kept(wanted, part, said, resumed)

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Any:
        import httpx

        connect, read = self._timeouts
        trust = self._trust()
        limits = httpx.Limits(max_connections=8)

        def way(proxy: str) -> httpx.HTTPTransport:
            return httpx.HTTPTransport(verify=trust, limits=limits, proxy=proxy or None)

        try:
            mounts = {f"{name}://" if "://" not in name else name: way(proxy) for name, proxy in self._proxies.items()}
            return httpx.Client(
                follow_redirects=True,
                timeout=httpx.Timeout(read, connect=connect),
                verify=trust,
                headers={"User-Agent": "shindan", "Accept-Encoding": "identity"},
                limits=limits,
                mounts=mounts,
                event_hooks={"response": [refuse_downgrade]},
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise FeedError(f"cannot use the proxy that is set: {error}", remedy="name an http:// proxy") from error

    def _trust(self) -> ssl.SSLContext:
        """The system's trust, as every other program of the host has it, and the site's own CA."""
        context = ssl.create_default_context()
        if self._ca_file is not None:
            try:
                context.load_verify_locations(cafile=str(self._ca_file))
            except OSError as error:
                raise FeedError(
                    f"cannot use the CA file {self._ca_file}: {error.strerror or error}",
                    remedy="SHINDAN_CA_FILE names a file of certificates in PEM form",
                ) from error
        return context

    def _store(self, chunks: Iterator[bytes], part: Part, begin: int, total: int | None, wanted: _Wanted) -> None:
        done, name = begin, wanted.name.rsplit("/", 1)[-1] or wanted.name
        with part.opened(begin) as stream:
            for chunk in chunks:
                done += len(chunk)
                _keep(stream, chunk, done, wanted, part)
                self._progress(name, done, total)


def _scheme(url: str) -> str:
    """How to get at an address. Raises FeedError for what is none."""
    try:
        if "\0" in url:
            raise ValueError("it holds a NUL")
        return urlsplit(url).scheme
    except ValueError as error:
        raise FeedError(f"{url!r} is no address: {error}") from error


def _keep(stream: IO[bytes], chunk: bytes, done: int, wanted: _Wanted, part: Part) -> None:
    try:
        wanted.check_size(done)
    except FeedError:
        part.discard()
        raise
    stream.write(chunk)


def _kept(wanted: _Wanted, part: Part, said: Seen, resumed: bool) -> Fetched:
    """Puts the finished part in place, if it is what it must be."""
    size, sha256 = part.path.stat().st_size, digest(part.path)
    wrong = ""
    if wanted.size is not None and size != wanted.size:
        wrong = f"has {size:,} bytes, not {wanted.size:,}"
    elif wanted.sha256 and sha256 != wanted.sha256:
        wrong = "has another SHA-256 than its signed index says"
    if wrong:
        part.discard()
        if resumed:
            raise AnewError(wrong)
        raise wanted.mismatch(wrong)
    changed = not (wanted.into.exists() and digest(wanted.into) == sha256)
    part.finish(wanted.into, said.with_digest(sha256))
    return Fetched(wanted.into, changed, size, sha256)
