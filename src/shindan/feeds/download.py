"""The only file that dials out: conditional, resumed, retried, capped downloads over HTTP(S), or from a local mirror.

httpx is imported when something is fetched: most commands never dial out, and it takes 70 ms.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from shindan.model.errors import FeedError, Unreachable
from shindan.model.progress import Progress, silent

DEFAULT_MAX_BYTES = 2 * 1024**3
_CHUNK = 256 * 1024
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_ATTEMPTS = 3
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What an earlier download of the same address was: its validators (RFC 9110 section 8.8)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is now at `path`; `changed` is False where the server said that nothing is new."""

    path: Path
    changed: bool
    seen: Seen
    size: int
    sha256: str = ""


class Addressed(Protocol):
    """What has a name and a publisher's address: a feed."""

    name: str
    url: str


class Downloader:
    """Fetches files. One instance keeps connections open; a context manager, or simply dropped.

    `ca_file` adds trust for a site's own proxy or mirror (also SHINDAN_CA_FILE); proxies come from the environment
    (HTTPS_PROXY, NO_PROXY) as everywhere.
    """

    def __init__(
        self, *, ca_file: Path | None = None, progress: Progress = silent, read_timeout: float = _READ_SECONDS
    ) -> None:
        named = os.environ.get("SHINDAN_CA_FILE")
        self._ca_file = ca_file or (Path(named) if named else None)
        self._progress = progress
        self._read_timeout = read_timeout
        self._client: Any = None

    def fetch(
        self,
        url: str,
        into: Path,
        *,
        seen: Seen | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        sha256: str = "",
        size: int | None = None,
    ) -> Fetched:
        """The content of `url` as the file `into`, which appears whole or not at all.

        `seen` makes it conditional on a copy that is still there; a cut download goes on where it was; `sha256` and
        `size` are checked. Raises Unreachable where nothing answers, and FeedError for any other failure.
        """
        into.parent.mkdir(parents=True, exist_ok=True)
        if urlsplit(url).scheme in ("", "file"):
            fetched = self._copy(url, into, max_bytes)
        else:
            fetched = self._download(url, into, seen if into.exists() else None, max_bytes, size)
        _check(fetched, url, sha256, size)
        return fetched

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

    def _copy(self, url: str, into: Path, max_bytes: int) -> Fetched:
        """From a local mirror: a path or a file:// address."""
        source = Path(unquote(urlsplit(url).path) if url.startswith("file:") else url)
        try:
            if source.stat().st_size > max_bytes:
                raise FeedError(f"{source} is larger than {max_bytes:,} bytes")
            part = into.with_name(into.name + ".part")
            shutil.copyfile(source, part)
            part.replace(into)
        except FileNotFoundError:
            raise FeedError(f"{source} does not exist") from None
        except OSError as error:
            raise FeedError(f"{source}: {error.strerror or error}") from error
        return Fetched(into, True, Seen(), into.stat().st_size, _digest(into))

    def _download(self, url: str, into: Path, seen: Seen | None, max_bytes: int, size: int | None) -> Fetched:
        import httpx
        import stamina

        try:
            for attempt in stamina.retry_context(
                on=_worth_another_try, attempts=_ATTEMPTS, timeout=30.0, wait_initial=0.2, wait_max=5.0
            ):
                with attempt:
                    return self._once(url, into, seen, max_bytes, size)
        except httpx.HTTPStatusError as error:
            raise _refused(url, error.response.status_code) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise Unreachable(
                f"{url} cannot be reached: {error}",
                remedy="check HTTPS_PROXY and SHINDAN_CA_FILE, point the feed at a mirror, or import it from a file",
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FeedError(f"{url}: {error or type(error).__name__}") from error
        except OSError as error:
            raise FeedError(f"cannot keep {into}: {error.strerror or error}") from error
        raise AssertionError("the loop returns or raises")

    def _once(self, url: str, into: Path, seen: Seen | None, max_bytes: int, size: int | None) -> Fetched:
        part = into.with_name(into.name + ".part")
        start = part.stat().st_size if part.exists() else 0
        with self._answer(url, _conditions(seen, start, part)) as answer:
            if answer.status_code == 304 and seen is not None:
                return Fetched(into, False, seen, into.stat().st_size, _digest(into))
            if answer.status_code == 416:
                part.unlink(missing_ok=True)
            answer.raise_for_status()
            resumed = answer.status_code == 206
            _remember(part, answer.headers.get("ETag", ""))
            total = _total(answer, start if resumed else 0)
            if total is not None and total > max_bytes:
                raise FeedError(f"{url} is larger than {max_bytes:,} bytes ({total:,})")
            self._store(answer, part, start if resumed else 0, max_bytes, size or total, url)
            found = Seen(answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
        part.replace(into)
        _etag_file(part).unlink(missing_ok=True)
        return Fetched(into, True, found, into.stat().st_size, _digest(into))

    @contextlib.contextmanager
    def _answer(self, url: str, headers: dict[str, str]) -> Iterator[Any]:
        if self._client is None:
            self._client = self._connect()
        with self._client.stream("GET", url, headers=headers) as answer:
            yield answer

    def _connect(self) -> Any:
        import httpx

        return httpx.Client(
            follow_redirects=True,
            timeout=httpx.Timeout(self._read_timeout, connect=_CONNECT_SECONDS),
            verify=self._trust(),
            headers={"User-Agent": "shindan (+https://github.com/shindan/shindan)", "Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=8),
        )

    def _trust(self) -> ssl.SSLContext:
        """The system's trust, as every other program of the host has it, and the site's own CA."""
        context = ssl.create_default_context()
        if self._ca_file is not None:
            try:
                context.load_verify_locations(cafile=str(self._ca_file))
            except (OSError, ssl.SSLError) as error:
                raise FeedError(f"cannot use the CA file {self._ca_file}: {error}") from error
        return context

    def _store(self, answer: Any, part: Path, start: int, max_bytes: int, total: int | None, url: str) -> None:
        done = start
        name = url.rsplit("/", 1)[-1] or url
        with part.open("ab" if start else "wb") as stream:
            for chunk in answer.iter_raw(_CHUNK):
                done += len(chunk)
                if done > max_bytes:
                    part.unlink(missing_ok=True)
                    raise FeedError(f"{url} is larger than {max_bytes:,} bytes")
                stream.write(chunk)
                self._progress(name, done, total)


def _worth_another_try(error: Exception) -> bool:
    """A cut connection or a busy server may do better next time; a closed network or a refusal will not."""
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in _TRANSIENT or error.response.status_code == 416
    return isinstance(error, (httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.WriteError))


def _conditions(seen: Seen | None, start: int, part: Path) -> dict[str, str]:
    """Ask for what is new, or for the rest of a cut download if it is still the same content."""
    etag = _etag_file(part).read_text() if start and _etag_file(part).exists() else ""
    if start and etag and not etag.startswith("W/"):
        return {"Range": f"bytes={start}-", "If-Range": etag}
    headers = {}
    if seen is not None and seen.etag:
        headers["If-None-Match"] = seen.etag
    if seen is not None and seen.last_modified:
        headers["If-Modified-Since"] = seen.last_modified
    return headers


def _total(answer: Any, start: int) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _refused(url: str, status: int) -> FeedError:
    remedy = "the publisher may have moved it: set another address" if status in (404, 410) else ""
    return FeedError(f"{url} answered with status {status}", remedy=remedy)


def _etag_file(part: Path) -> Path:
    return part.with_name(part.name + ".etag")


def _remember(part: Path, etag: str) -> None:
    """Beside a partial file stands the validator of what it is part of."""
    if etag:
        _etag_file(part).write_text(etag)
    else:
        _etag_file(part).unlink(missing_ok=True)


def _check(fetched: Fetched, url: str, sha256: str, size: int | None) -> None:
    if size is not None and fetched.size != size:
        fetched.path.unlink(missing_ok=True)
        raise FeedError(f"{url} has {fetched.size:,} bytes, not {size:,}: it is torn, or the mirror is in motion")
    if sha256 and fetched.sha256 != sha256:
        fetched.path.unlink(missing_ok=True)
        raise FeedError(f"{url} has another SHA-256 than its signed index says: it is torn or tampered with")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
