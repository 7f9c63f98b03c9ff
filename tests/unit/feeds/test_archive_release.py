"""Signed indices: who may sign, what counts as signed, and what is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shindan.feeds.archive_release import expired, verified
from shindan.model.errors import FeedError
from support import need_tool
from unit.feeds.mirror import Key, make_key, stop_agent

pytestmark = pytest.mark.system

TEXT = (
    "Origin: Debian\nSuite: stable-security\nCodename: bookworm-security\nVersion: 12\n"
    "Date: Mon, 23 Nov 2026 11:22:37 UTC\nValid-Until: Mon, 30 Nov 2026 11:22:37 UTC\nAcquire-By-Hash: yes\n"
    "Description: ends in a blank \nMD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 main/source/Sources\n"
    f"SHA256:\n {'ab' * 32}   1234 main/source/Sources.xz\n {'zz' * 32} 1 not/a/digest\n {'cd' * 32} x not/a/size\n"
    "- a line that begins with a dash: x\n"
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    folder = tmp_path_factory.mktemp("k")
    made = make_key(folder, "archive"), make_key(folder, "stranger")
    yield made
    for key in made:
        stop_agent(key)


@pytest.fixture(params=["gpgv", "sqv"])
def verifier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Leaves only one verifier on the PATH."""
    name: str = request.param
    tool = need_tool(name, name)
    only = tmp_path / "bin"
    only.mkdir()
    (only / name).symlink_to(tool)
    monkeypatch.setenv("PATH", str(only))
    return name


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "InRelease"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def signed(keys: tuple[Key, Key]) -> bytes:
    return keys[0].clearsign(TEXT)


def test_a_good_signature_by_the_source_s_key(
    tmp_path: Path, keys: tuple[Key, Key], signed: bytes, verifier: str
) -> None:
    release = verified(written(tmp_path, signed), str(keys[0].ring))
    assert (release.origin, release.suite, release.codename, release.version, release.by_hash) == (
        "Debian", "stable-security", "bookworm-security", "12", True,
    )  # fmt: skip
    assert (release.date, release.valid_until) == ("2026-11-23T11:22:37Z", "2026-11-30T11:22:37Z")
    assert {name: (one.sha256, one.size) for name, one in release.files.items()} == {
        "main/source/Sources.xz": ("ab" * 32, 1234)
    }
    assert expired(release, datetime(2026, 12, 1, tzinfo=UTC))
    assert not expired(release, datetime(2026, 11, 25, tzinfo=UTC))


FORMS: dict[str, Callable[[Key, Path], str]] = {
    "binary keyring": lambda key, folder: str(key.ring),
    "armoured keyring": lambda key, folder: _kept(folder / "ring.asc", key.armoured),
    "armoured with headers": lambda key, folder: _kept(
        folder / "ring.asc", key.armoured.replace("BLOCK-----\n\n", "BLOCK-----\nComment: of a site\n\n", 1)
    ),
    "several keyrings": lambda key, folder: f"{folder}/absent.gpg,{key.ring}",
    "keyring and fingerprint": lambda key, folder: f"{key.ring} {key.fingerprint}!",
    "inline, as deb822 keeps it": lambda key, folder: "\n".join(
        f" {line or '.'}" for line in key.armoured.splitlines()
    ),
}


def _kept(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_in_which_a_source_names_its_key(
    tmp_path: Path, keys: tuple[Key, Key], signed: bytes, form: str, verifier: str
) -> None:
    assert verified(written(tmp_path, signed), FORMS[form](keys[0], tmp_path)).origin == "Debian"


@pytest.mark.parametrize(
    "signed_by",
    [
        lambda key, other: str(other.ring),
        lambda key, other: "",
        lambda key, other: "/nonexistent/keyring.gpg",
        lambda key, other: f"{key.ring} {other.fingerprint}",
        lambda key, other: other.armoured,
    ],
    ids=[
        "another key",
        "only the system's keys",
        "a keyring that is not here",
        "another fingerprint",
        "another inline",
    ],
)
def test_a_signature_by_another_key_is_refused(
    tmp_path: Path, keys: tuple[Key, Key], signed: bytes, signed_by: Callable[[Key, Key], str], verifier: str
) -> None:
    with pytest.raises(FeedError, match=r"is not good|no keyring") as caught:
        verified(written(tmp_path, signed), signed_by(*keys))
    assert caught.value.remedy


def before(content: bytes) -> bytes:
    return b"SHA256:\n " + b"ee" * 32 + b" 1 main/source/Sources.xz\n" + content


TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "a changed digest": lambda content: content.replace(b"ab" * 32, b"ba" * 32),
    "a changed name": lambda content: content.replace(b"bookworm-security", b"bullseye-security"),
    "text before": before,
    "text behind": lambda content: content + b"SHA256:\n",
    "two messages": lambda content: content + content,
    "cut": lambda content: content[: len(content) // 2],
    "no signature at all": lambda content: TEXT.encode(),
    "a web page": lambda content: b"<html>Please log in</html>",
    "empty": lambda content: b"",
    "a signature that is none": lambda content: content.replace(content.split(b"-----BEGIN PGP SIGNATURE-----")[1], b"\n\nAAAA\n-----END PGP SIGNATURE-----\n"),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
def test_what_is_not_exactly_what_was_signed_is_refused(
    tmp_path: Path, keys: tuple[Key, Key], signed: bytes, how: str, verifier: str
) -> None:
    with pytest.raises(FeedError, match=r"not good|no signed index"):
        verified(written(tmp_path, TAMPERED[how](signed)), str(keys[0].ring))


def test_one_good_signature_among_unknown_ones_is_enough(tmp_path: Path, keys: tuple[Key, Key], signed: bytes) -> None:
    """Debian signs with several keys, and older keyrings have only some of them."""
    first, second = signed, keys[1].clearsign(TEXT)
    armour = second[second.index(b"-----BEGIN PGP SIGNATURE-----") :]
    both = tmp_path / "both"
    both.write_bytes(_joined(first, armour))
    assert verified(both, str(keys[0].ring)).origin == "Debian"
    assert verified(both, str(keys[1].ring)).origin == "Debian"


def _joined(first: bytes, second_armour: bytes) -> bytes:
    """One armoured block with both signatures' packets, as gpg writes it with two `--local-user`."""
    head, mark, first_armour = first.partition(b"-----BEGIN PGP SIGNATURE-----")
    both = base64.encodebytes(_packets(first_armour) + _packets(second_armour))
    return head + mark + b"\n\n" + both + b"-----END PGP SIGNATURE-----\n"


def _packets(armour: bytes) -> bytes:
    lines = armour.split(b"\n\n", 1)[1].split(b"-----END")[0].split()
    return base64.b64decode(b"".join(line for line in lines if not line.startswith(b"=")))


def test_without_a_verifier_nothing_is_taken_unless_it_is_asked_for(
    tmp_path: Path, keys: tuple[Key, Key], signed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    path = written(tmp_path, signed)
    with pytest.raises(FeedError, match="nothing can verify") as caught:
        verified(path, str(keys[0].ring))
    assert "gpgv" in caught.value.remedy
    monkeypatch.setenv("SHINDAN_ARCHIVE_UNVERIFIED", "1")
    assert verified(path).codename == "bookworm-security"


def test_a_keyring_that_is_torn_is_none(tmp_path: Path, signed: bytes) -> None:
    torn = _kept(
        tmp_path / "torn.asc",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n",
    )
    with pytest.raises(FeedError):
        verified(written(tmp_path, signed), torn)


def test_an_index_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="cannot read"):
        verified(tmp_path)
