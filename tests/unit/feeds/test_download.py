"""Downloads against real servers on 127.0.0.1 that behave well and badly."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from shindan.feeds.download import Downloader
from shindan.feeds.download_kept import Seen, part_of
from shindan.model.errors import FeedError, Unreachable
from unit.feeds.web import Web, certified, folder_answers, reply, serving

BODY = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


@pytest.fixture
def get() -> Iterator[Downloader]:
    with Downloader(read_timeout=2.0, connect_timeout=2.0) as downloader:
        yield downloader


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ── what is new, and what is not ──


def test_a_file_is_fetched_whole(web: Web, get: Downloader, tmp_path: Path) -> None:
    web.answer = lambda handler: reply(handler, BODY)
    fetched = get.fetch(f"{web.url}/a", tmp_path / "deep" / "a")
    assert (fetched.path.read_bytes(), fetched.changed, fetched.sha256) == (BODY, True, DIGEST)
    assert left_in(tmp_path / "deep") == ["a"]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"ETag": '"one"'}, {"If-None-Match": '"one"'}),
        ({"ETag": 'W/"weak"'}, {"If-None-Match": 'W/"weak"'}),
        ({"Last-Modified": "Tue, 24 Nov 2026 10:00:00 GMT"}, {"If-Modified-Since": "Tue, 24 Nov 2026 10:00:00 GMT"}),
    ],
    ids=["ETag", "weak ETag", "Last-Modified"],
)
def test_an_unchanged_file_is_not_sent_again(
    web: Web, get: Downloader, tmp_path: Path, given: dict[str, str], asked: dict[str, str]
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        new = all(handler.headers[name] != value for name, value in asked.items())
        reply(handler, BODY if new else b"", 200 if new else 304, **given)

    web.answer = answer
    first = get.fetch(f"{web.url}/a", tmp_path / "a")
    again = get.fetch(f"{web.url}/a", tmp_path / "a")
    assert (first.changed, again.changed, again.sha256) == (True, False, DIGEST)
    assert (tmp_path / "a").read_bytes() == BODY


@pytest.mark.parametrize("damage", [b"", b"other"], ids=["cut", "changed"])
def test_a_copy_that_was_damaged_since_is_fetched_anew(
    web: Web, get: Downloader, tmp_path: Path, damage: bytes
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, BODY, 304 if handler.headers["If-None-Match"] else 200, ETag='"one"')

    web.answer = answer
    get.fetch(f"{web.url}/a", tmp_path / "a")
    (tmp_path / "a").write_bytes(damage)
    assert get.fetch(f"{web.url}/a", tmp_path / "a").changed
    assert (tmp_path / "a").read_bytes() == BODY


def test_validators_of_another_address_are_not_sent(web: Web, get: Downloader, tmp_path: Path) -> None:
    web.answer = lambda handler: reply(handler, handler.path.encode(), ETag='"same"')
    get.fetch(f"{web.url}/a", tmp_path / "file")
    assert get.fetch(f"{web.url}/b", tmp_path / "file").path.read_bytes() == b"/b"
    assert web.asked[1][1]["If-None-Match"] is None


def test_a_file_whose_checksum_is_known_is_not_asked_for_again(web: Web, get: Downloader, tmp_path: Path) -> None:
    web.answer = lambda handler: reply(handler, BODY)
    get.fetch(f"{web.url}/a", tmp_path / "a", sha256=DIGEST)
    assert not get.fetch(f"{web.url}/a", tmp_path / "a", sha256=DIGEST).changed
    assert len(web.asked) == 1


def test_the_same_content_without_validators_counts_as_unchanged(web: Web, get: Downloader, tmp_path: Path) -> None:
    web.answer = lambda handler: reply(handler, BODY)
    assert [get.fetch(f"{web.url}/a", tmp_path / "a").changed for _ in range(2)] == [True, False]


# ── cut and resumed ──


def cut_then_resume(web: Web, body: bytes, cut: int, etags: tuple[str, str] = ('"one"', '"one"')) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        first = len(web.asked) == 1
        etag = etags[0] if first else etags[1]
        start = 0
        wanted = handler.headers["Range"]
        if wanted and handler.headers["If-Range"] in (None, etag):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        handler.send_response(206 if start else 200)
        if etag:
            handler.send_header("ETag", etag)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        handler.send_header("Content-Length", str(len(body) - start))
        handler.end_headers()
        handler.wfile.write(body[start : cut if first else None])
        handler.close_connection = True

    web.answer = answer


def test_a_cut_download_goes_on_where_it_was(web: Web, get: Downloader, tmp_path: Path) -> None:
    cut_then_resume(web, BODY, 700_000)
    fetched = get.fetch(f"{web.url}/a", tmp_path / "a")
    assert fetched.path.read_bytes() == BODY
    begun = int(web.asked[1][1]["Range"].removeprefix("bytes=").rstrip("-"))
    assert 0 < begun <= 700_000
    assert web.asked[1][1]["If-Range"] == '"one"'


def test_a_cut_download_of_changed_content_begins_anew(web: Web, get: Downloader, tmp_path: Path) -> None:
    cut_then_resume(web, BODY, 700_000, etags=('"old"', '"new"'))
    assert get.fetch(f"{web.url}/a", tmp_path / "a").path.read_bytes() == BODY


def test_without_a_validator_only_a_known_checksum_lets_it_go_on(web: Web, get: Downloader, tmp_path: Path) -> None:
    cut_then_resume(web, BODY, 700_000, etags=("", ""))
    get.fetch(f"{web.url}/a", tmp_path / "a", sha256=DIGEST)
    assert web.asked[1][1]["Range"]
    web.asked.clear()
    get.fetch(f"{web.url}/a", tmp_path / "b")
    assert [headers["Range"] for _, headers in web.asked] == [None, None]


def test_a_part_that_does_not_fit_its_checksum_is_fetched_from_its_beginning(
    web: Web, get: Downloader, tmp_path: Path
) -> None:
    cut_then_resume(web, BODY, len(BODY), etags=("", ""))
    with part_of(tmp_path / "a") as part:
        part.path.write_bytes(b"x" * 1000)
        part.begin(Seen(f"{web.url}/a"))
    fetched = get.fetch(f"{web.url}/a", tmp_path / "a", sha256=DIGEST)
    assert fetched.path.read_bytes() == BODY
    assert [headers["Range"] for _, headers in web.asked] == ["bytes=1000-", None]


def test_another_range_than_was_asked_for_is_not_glued_on(web: Web, get: Downloader, tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if len(web.asked) == 1:
            handler.send_response(200)
            handler.send_header("ETag", '"one"')
            handler.send_header("Content-Length", str(len(BODY)))
            handler.end_headers()
            handler.wfile.write(BODY[:500_000])
            handler.close_connection = True
        elif handler.headers["Range"]:
            reply(handler, BODY[10:], 206, ETag='"one"', Content_Range=f"bytes 10-{len(BODY) - 1}/{len(BODY)}")
        else:
            reply(handler, BODY, ETag='"one"')

    web.answer = answer
    assert get.fetch(f"{web.url}/a", tmp_path / "a").path.read_bytes() == BODY
    assert len(web.asked) == 3


def test_an_interrupted_download_is_resumed_next_time(web: Web, tmp_path: Path) -> None:
    def interrupt(what: str, done: int, total: int | None) -> None:
        if done > 400_000:
            raise KeyboardInterrupt

    web.answer = lambda handler: reply(handler, BODY, ETag='"one"')
    with pytest.raises(KeyboardInterrupt), Downloader(progress=interrupt) as get:
        get.fetch(f"{web.url}/a", tmp_path / "a")
    kept = (tmp_path / ".a.part").stat().st_size
    assert kept > 400_000
    assert not (tmp_path / "a").exists()
    cut_then_resume(web, BODY, len(BODY))
    with Downloader() as get:
        assert get.fetch(f"{web.url}/a", tmp_path / "a").path.read_bytes() == BODY
    assert web.asked[1][1]["Range"] == f"bytes={kept}-"
    assert left_in(tmp_path) == [".a.seen", "a"]


def test_two_downloads_of_one_file_do_not_mix(web: Web, get: Downloader, tmp_path: Path) -> None:
    web.answer = lambda handler: reply(handler, BODY)
    with part_of(tmp_path / "a") as other:
        other.path.write_bytes(b"what another process has so far")
        assert get.fetch(f"{web.url}/a", tmp_path / "a").path.read_bytes() == BODY
        assert other.path.read_bytes() == b"what another process has so far"


# ── tried again, or not ──


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(web: Web, get: Downloader, tmp_path: Path, status: int) -> None:
    web.answer = lambda handler: reply(handler, BODY, status if len(web.asked) == 1 else 200)
    assert get.fetch(f"{web.url}/a", tmp_path / "a").sha256 == DIGEST
    assert len(web.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_refusal_is_final(web: Web, get: Downloader, tmp_path: Path, status: int) -> None:
    web.answer = lambda handler: reply(handler, b"", status)
    with pytest.raises(FeedError, match=f"answered with status {status}"):
        get.fetch(f"{web.url}/a", tmp_path / "a")
    assert len(web.asked) == 1
    assert left_in(tmp_path) == []


def test_a_wait_that_the_server_asks_for_is_kept(web: Web, get: Downloader, tmp_path: Path) -> None:
    times: list[float] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        times.append(time.monotonic())
        reply(handler, BODY, 503 if len(times) == 1 else 200, Retry_After="1")

    web.answer = answer
    get.fetch(f"{web.url}/a", tmp_path / "a")
    assert times[1] - times[0] >= 1.0


def test_a_wait_that_is_too_long_is_a_failure(web: Web, get: Downloader, tmp_path: Path) -> None:
    web.answer = lambda handler: reply(handler, b"", 429, Retry_After="3600")
    with pytest.raises(FeedError, match="429"):
        get.fetch(f"{web.url}/a", tmp_path / "a")
    assert len(web.asked) == 1


def test_a_server_that_falls_silent_is_unreachable(web: Web, tmp_path: Path) -> None:
    done = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        done.wait(10)

    web.answer = answer
    with Downloader(read_timeout=0.2) as get, pytest.raises(Unreachable, match="silent"):
        get.fetch(f"{web.url}/a", tmp_path / "a")
    done.set()
    assert len(web.asked) == 1


# ── what must not be taken ──


@pytest.mark.parametrize("lie", [len(BODY) + 1000, len(BODY) * 3], ids=["a little more", "much more"])
def test_a_body_shorter_than_its_length_is_torn(web: Web, get: Downloader, tmp_path: Path, lie: int) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, BODY, Content_Length=str(lie))
        handler.close_connection = True

    web.answer = answer
    with pytest.raises(FeedError):
        get.fetch(f"{web.url}/a", tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_more_bytes_than_the_length_says_are_not_read(web: Web, get: Downloader, tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, BODY + b"smuggled", Content_Length=str(len(BODY)))
        handler.close_connection = True

    web.answer = answer
    assert get.fetch(f"{web.url}/a", tmp_path / "a").sha256 == DIGEST


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_beyond_the_cap_is_refused_and_not_kept(
    web: Web, get: Downloader, tmp_path: Path, announced: bool
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if announced:
            reply(handler, BODY)
            return
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(BODY)
        handler.close_connection = True

    web.answer = answer
    with pytest.raises(FeedError, match="larger than 100,000 bytes"):
        get.fetch(f"{web.url}/a", tmp_path / "a", max_bytes=100_000)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("sha256", "size", "why"),
    [("0" * 64, None, "another SHA-256"), ("", len(BODY) + 1, "not 1,048,577"), ("", 10, "more than 10 bytes")],
    ids=["checksum", "too short", "too long"],
)
def test_what_its_index_does_not_vouch_for_is_refused(
    web: Web, get: Downloader, tmp_path: Path, sha256: str, size: int | None, why: str
) -> None:
    (tmp_path / "a").write_bytes(b"the one before")
    web.answer = lambda handler: reply(handler, BODY)
    with pytest.raises(FeedError, match=why) as caught:
        get.fetch(f"{web.url}/a", tmp_path / "a", sha256=sha256, size=size)
    assert caught.value.remedy
    assert (tmp_path / "a").read_bytes() == b"the one before"
    assert left_in(tmp_path) == ["a"]


def test_a_body_that_was_compressed_unasked_is_unpacked(web: Web, get: Downloader, tmp_path: Path) -> None:
    web.answer = lambda handler: reply(handler, gzip.compress(BODY), Content_Encoding="gzip", ETag='"one"')
    assert get.fetch(f"{web.url}/a.json", tmp_path / "a.json").sha256 == DIGEST
    packed = get.fetch(f"{web.url}/a.json.gz", tmp_path / "a.json.gz").path.read_bytes()
    assert gzip.decompress(packed) == BODY


def test_redirects_are_followed_but_not_for_ever(web: Web, get: Downloader, tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        where = {"/a": "/b", "/loop": "/loop"}.get(handler.path)
        reply(handler, b"" if where else BODY, 302 if where else 200, **({"Location": where} if where else {}))

    web.answer = answer
    assert get.fetch(f"{web.url}/a", tmp_path / "a").sha256 == DIGEST
    with pytest.raises(FeedError, match="redirect"):
        get.fetch(f"{web.url}/loop", tmp_path / "b")


# ── no way out ──


def test_a_closed_port_is_found_out_at_once(get: Downloader, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    for name in ("a", "b", "c"):
        with pytest.raises(Unreachable, match="connection refused") as caught:
            get.fetch(f"http://127.0.0.1:{port}/a", tmp_path / name)
    assert time.monotonic() - began < 1.0
    assert "HTTPS_PROXY" in caught.value.remedy


def test_a_name_without_an_address_is_found_out_at_once(get: Downloader, tmp_path: Path, refused: list[str]) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable, match="its name has no address"):
        get.fetch("http://feeds.invalid/a", tmp_path / "a")
    assert time.monotonic() - began < 1.0
    assert refused == ["name 'feeds.invalid'"]
    refused.clear()


def test_a_server_that_never_takes_the_connection_is_not_waited_for_twice(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        crowd = [_dialled(deaf.getsockname()) for _ in range(4)]  # its queue is full: it answers nobody any more
        began = time.monotonic()
        with Downloader(connect_timeout=0.3) as get:
            for name in ("a", "b", "c", "d", "e"):
                with pytest.raises(Unreachable, match=r"no answer within 0\.3 s"):
                    get.fetch(f"http://127.0.0.1:{deaf.getsockname()[1]}/a", tmp_path / name)
        assert 0.25 < time.monotonic() - began < 1.0
        for one in crowd:
            one.close()


def _dialled(address: tuple[str, int]) -> socket.socket:
    caller = socket.socket()
    caller.setblocking(False)
    caller.connect_ex(address)
    return caller


# ── proxies ──


def test_a_proxy_of_the_environment_is_used(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", web.url)
    web.answer = lambda handler: reply(handler, BODY)
    with Downloader() as get:
        assert get.fetch("http://mirror.invalid/a", tmp_path / "a").sha256 == DIGEST
    assert web.paths == ["http://mirror.invalid/a"]


def test_given_proxies_lead_over_the_environment(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    web.answer = lambda handler: reply(handler, BODY)
    with Downloader() as plain, plain.through({"http": web.url}) as get:
        assert get.fetch("http://mirror.invalid/a", tmp_path / "a").sha256 == DIGEST
    with Downloader(proxies={"http": "http://127.0.0.1:9", "http://127.0.0.1": ""}) as get:
        assert get.fetch(f"{web.url}/direct", tmp_path / "b").sha256 == DIGEST
    assert web.paths == ["http://mirror.invalid/a", "/direct"]


def test_a_dead_proxy_is_named(tmp_path: Path) -> None:
    with Downloader(proxies={"http": "http://127.0.0.1:9"}) as get, pytest.raises(Unreachable) as caught:
        get.fetch("http://mirror.invalid/a", tmp_path / "a")
    assert "127.0.0.1 cannot be reached" in str(caught.value)


def test_a_proxy_that_we_cannot_speak_to_is_an_error(tmp_path: Path, web: Web) -> None:
    with (
        Downloader(proxies={"http": web.url.replace("http", "socks5")}) as get,
        pytest.raises(FeedError, match="proxy"),
    ):
        get.fetch("http://mirror.invalid/a", tmp_path / "a")


# ── TLS ──


@pytest.mark.system
def test_a_site_s_own_ca_is_trusted_only_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, ca = certified(tmp_path)
    with serving(context) as web:
        web.answer = lambda handler: reply(handler, BODY)
        with Downloader() as get, pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED") as caught:
            get.fetch(f"{web.url}/a", tmp_path / "a")
        assert "SHINDAN_CA_FILE" in caught.value.remedy
        monkeypatch.setenv("SHINDAN_CA_FILE", str(ca))
        with Downloader() as get:
            assert get.fetch(f"{web.url}/a", tmp_path / "a").sha256 == DIGEST


@pytest.mark.system
def test_a_redirect_out_of_tls_is_refused(tmp_path: Path, web: Web) -> None:
    context, ca = certified(tmp_path)
    web.answer = lambda handler: reply(handler, BODY)
    with serving(context) as secure, Downloader(ca_file=ca) as get:
        secure.answer = lambda handler: reply(handler, b"", 302, Location=f"{web.url}/a")
        with pytest.raises(FeedError, match="not protected"):
            get.fetch(f"{secure.url}/a", tmp_path / "a")
    assert web.asked == []


def test_a_server_without_tls_is_an_error(tmp_path: Path, web: Web, get: Downloader) -> None:
    with pytest.raises(Unreachable, match="SSL"):
        get.fetch(web.url.replace("http", "https") + "/a", tmp_path / "a")


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["absent", "not PEM"])
def test_a_ca_file_that_is_none_is_an_error(tmp_path: Path, web: Web, content: str | None) -> None:
    ca = tmp_path / "ca"
    if content is not None:
        ca.write_text(content)
    with Downloader(ca_file=ca) as get, pytest.raises(FeedError, match="cannot use the CA file"):
        get.fetch(f"{web.url}/a", tmp_path / "a")


# ── local mirrors ──


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "copy:{}"])
def test_a_local_mirror_is_copied(get: Downloader, tmp_path: Path, form: str) -> None:
    source = tmp_path / "with space"
    source.write_bytes(BODY)
    address = form.format(source if form == "{}" else str(source).replace(" ", "%20"))
    fetched = get.fetch(address, tmp_path / "into" / "a", sha256=DIGEST, size=len(BODY))
    assert fetched.path.read_bytes() == BODY
    assert left_in(tmp_path / "into") == ["a"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("absent", "does not exist"), (".", "is not a file"), ("/dev/zero", "is not a file"), ("big", "larger than")],
)
def test_a_local_mirror_that_cannot_be_read_says_why(get: Downloader, tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "big").write_bytes(BODY)
    with pytest.raises(FeedError, match=why):
        get.fetch(str(tmp_path / name), tmp_path / "into" / "a", max_bytes=1000)
    assert left_in(tmp_path / "into") == []


# ── the disk, and addresses that are none ──


def test_a_full_disk_is_an_error_and_frees_what_it_took(web: Web, get: Downloader, tmp_path: Path) -> None:
    (tmp_path / ".a.part").symlink_to("/dev/full")
    web.answer = lambda handler: reply(handler, BODY)
    with pytest.raises(FeedError, match="No space left on device"):
        get.fetch(f"{web.url}/a", tmp_path / "a")
    assert left_in(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_an_error(web: Web, get: Downloader, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FeedError, match="cannot keep"):
        get.fetch(f"{web.url}/a", tmp_path / "file" / "a")


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://a\0b/", "gopher://127.0.0.1/a", "http://", "http://127.0.0.1:99999/"]
)
def test_an_address_that_is_none_is_an_error(get: Downloader, tmp_path: Path, url: str) -> None:
    with pytest.raises(FeedError):
        get.fetch(url, tmp_path / "a")


def test_a_password_in_an_address_is_not_shown(web: Web, get: Downloader, tmp_path: Path) -> None:
    web.answer = lambda handler: reply(handler, b"", 403)
    with pytest.raises(FeedError) as caught:
        get.fetch(web.url.replace("://", "://me:secret@") + "/a", tmp_path / "a")
    assert "secret" not in str(caught.value)
    assert "/a answered with status 403" in str(caught.value)
    assert web.asked[0][1]["Authorization"]


def test_many_threads_may_share_a_downloader(web: Web, get: Downloader, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    for number in range(24):
        (tmp_path / "web" / str(number)).write_bytes(os.urandom(1000))
    web.answer = folder_answers(tmp_path / "web")
    threads = [
        threading.Thread(target=get.fetch, args=(f"{web.url}/{number}", tmp_path / f"got-{number}"))
        for number in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(24):
        assert (tmp_path / f"got-{number}").read_bytes() == (tmp_path / "web" / str(number)).read_bytes()


def test_a_feed_s_address_may_be_another(get: Downloader, monkeypatch: pytest.MonkeyPatch) -> None:
    class Kev:
        name = "kev"
        url = "https://publisher.invalid/kev.json"

    assert get.base(Kev()) == Kev.url
    monkeypatch.setenv("SHINDAN_FEED_KEV_URL", "/srv/mirror/kev.json/")
    assert get.base(Kev()) == "/srv/mirror/kev.json"
