"""Whatever apprise speaks, against real receivers on loopback: what arrives, what is refused, and what is never said."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mail_server import Mailbox, mailbox
from receivers import answering, outside
from shindan.model.channel import File, Letter
from shindan.notify import apprise_channel
from shindan.notify.apprise_channel import AppriseChannel, Unusable

LETTER = Letter(
    "[Shindan] 新しい検出結果: 高 3", "plain words\n<script>", "<html><body><p>marked words</p></body></html>"
)
TO = "from=shindan%40example.org&to=ops%40example.org"


@dataclass
class Hook:
    """Who takes JSON; `status` is what it answers."""

    url: str = ""
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, body: str) -> tuple[int, str]:
        self.got.append(json.loads(body))
        return self.status, ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    with answering(made.answer) as url:
        made.url = url.replace("http://", "json://me:s3cr3t-word@") + "/first/second-secret?+X-Token=third-secret"
        yield made


@pytest.fixture
def mails() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


def test_json_arrives(hook: Hook) -> None:
    assert AppriseChannel(outside()).post(hook.url, LETTER).arrived
    (got,) = hook.got
    assert (got["title"], got["message"]) == (LETTER.subject, "plain words\n<script>")


def test_a_mail_has_text_and_html_and_a_subject_in_any_language(mails: Mailbox) -> None:
    address = f"mailto://ops:s3cr3t-word@127.0.0.1:{mails.port}?mode=insecure&{TO}"
    report = File("週報 2026-11-25.pdf", b"%PDF-1.7 \x00\xff", "application/pdf")
    sent = AppriseChannel(outside()).post(address, LETTER._replace(files=(report,)))
    assert sent.arrived, sent
    (mail,) = mails.mails
    assert mail["subject"] == LETTER.subject and b"Subject: =?utf-8?" in mails.raw[0]
    assert "shindan@example.org" in mail["from"] and mail["to"] == "ops@example.org"
    kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "application/pdf"]
    plain, html, file = (part for part in mail.walk() if not part.is_multipart())
    assert "marked words" in plain.get_content() and "<p>marked words</p>" in html.get_content()
    assert file.get_filename() == "週報 2026-11-25.pdf" and file.get_content() == report.content
    assert mails.logins == [(b"ops", b"s3cr3t-word")]


@pytest.mark.parametrize("trouble", ["the server refuses the mail", "the password is wrong", "nobody is there"])
def test_a_mail_that_is_not_taken_says_why_without_secrets(mails: Mailbox, trouble: str) -> None:
    port, password = mails.port, "s3cr3t-word"
    if trouble == "the server refuses the mail":
        mails.refuse = "550 no such user"
    elif trouble == "the password is wrong":
        password = "wrong-password"
    else:
        port = 1
    sent = AppriseChannel(outside()).post(f"mailto://ops:{password}@127.0.0.1:{port}?mode=insecure&{TO}", LETTER)
    assert not sent.arrived and sent.detail and not sent.lasting
    assert password not in sent.detail and mails.mails == []


def test_what_the_receiver_answers_is_told_and_secrets_are_not(
    hook: Hook, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    hook.status = 503
    sent = AppriseChannel(outside()).post(hook.url, LETTER)
    assert sent.status == "INTERNAL_ERROR" and "503" in sent.detail and not sent.lasting
    out = capfd.readouterr()
    said = f"{sent} {caplog.text} {out.out} {out.err} {AppriseChannel(outside()).look(hook.url)}"
    assert not [secret for secret in ("s3cr3t-word", "second-secret", "third-secret") if secret in said]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (
            "mailtos://me:hidden-word@mail.example.org:587?to=ops@example.org",
            "mailtos://me:****@mail.example.org/ops@example.org",
        ),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops", "slack://T...2/A...D/T...Q/#ops/"),
        ("jsons://me:hidden-word@hook.example/hidden/word?+Key=hidden", "jsons://me:****@hook.example/…"),
    ],
    ids=["mail", "slack", "json"],
)
def test_an_address_is_shown_without_what_is_secret(address: str, shown: str) -> None:
    looked = AppriseChannel(outside()).look(address)
    assert looked.shown == shown and "hidden" not in looked.shown and looked.files


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("syslog://", "speaks to the server's own machine"),
        ("dbus://", "speaks to the server's own machine"),
        ("nosuch://host/word", "cannot send to this nosuch:// address"),
        ("mailto://x", "cannot send to this mailto:// address"),
        ("file:///etc/passwd", "cannot send to this file:// address"),
    ],
    ids=["the log", "the desktop", "unknown", "incomplete", "a file"],
)
def test_addresses_that_are_no_channels(address: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        AppriseChannel(outside()).look(address)


def test_without_leave_nothing_inside_is_dialled(hook: Hook, mails: Mailbox) -> None:
    public = AppriseChannel(outside(networks=()))
    for address in (hook.url, f"mailto://ops:word@127.0.0.1:{mails.port}?mode=insecure&{TO}"):
        sent = public.post(address, LETTER)
        assert (sent.status, sent.lasting) == ("ACCESS_DENIED", True), sent
        assert "127.0.0.1 is not public; the setting notify_networks" in sent.detail
    assert (hook.got, mails.mails, mails.logins) == ([], [], [])


def test_addresses_open_no_files(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"private_key": "found-it"}))
    sent = AppriseChannel(outside()).post(f"fcm://project/device?mode=oauth2&keyfile={key}", LETTER)
    assert not sent.arrived and "may name no files" in sent.detail and "found-it" not in sent.detail


def test_a_redirect_leads_nowhere_inside(hook: Hook, tmp_path: Path) -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from ipaddress import ip_network
    from threading import Thread

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(307)
            self.send_header(
                "location", hook.url.replace("json://me:s3cr3t-word@", "http://").replace("127.0.0.1", "127.0.0.2")
            )
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        only = outside(networks=(ip_network("127.0.0.1/32"),))
        sent = AppriseChannel(only).post(f"json://127.0.0.1:{server.server_address[1]}/", LETTER)
        server.shutdown()
    assert "127.0.0.2 is not public" in sent.detail and hook.got == []


def test_who_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch, hook: Hook) -> None:
    monkeypatch.setattr(apprise_channel, "SECONDS", 0.05)
    sent = AppriseChannel(outside()).post(hook.url, LETTER)
    assert sent.status == "INTERNAL_ERROR" and "it took longer than" in sent.detail


def test_without_apprise_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Unusable, match=r"pip install 'shindan\[notify\]'"):
        AppriseChannel(outside()).look("mailto://x")
    assert "shindan[notify]" in AppriseChannel(outside()).post("mailto://x", LETTER).detail
