"""Bundles: what one host exports another takes in; whatever is changed, torn, stale or older is refused."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shindan.feeds.workspace import State, Workspace
from shindan.model.errors import BundleError, ShindanError
from shindan.service.bundle import export, import_
from shindan.service.bundle_keys import create_key, key_id, private_key, public_key, trusted_keys
from shindan.store.advisories import AdvisoryStore
from support import need_tool
from unit.store.samples import advisory, ids, write

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Hosts:
    """An exporting host, an importing one that trusts it, and the file between them."""

    def __init__(self, folder: Path) -> None:
        self.out, self.into = folder / "out", folder / "into"
        self.key, self.bundle = folder / "key", folder / "bundle"
        create_key(self.key)
        (self.into / "trusted-keys").mkdir(parents=True)
        (self.into / "trusted-keys" / "exporter.pub").write_bytes(Path(f"{self.key}.pub").read_bytes())
        write(self.out / "advisories", [advisory(1)])
        write(self.out / "advisories", [advisory(2)], feed="debian")

    def export(self, name: str = "bundle", **options: object) -> Path:
        path = self.bundle.with_name(name)
        export(self.out, path, self.key, **options)  # type: ignore[arg-type]
        return path

    def take(self, bundle: Path | None = None, **options: object) -> list[str]:
        import_(self.into, bundle or self.bundle, trusted_keys(self.into), **options)  # type: ignore[arg-type]
        return self.known()

    def known(self) -> list[str]:
        return sorted(ids(self.into / "advisories"))


@pytest.fixture
def hosts(tmp_path: Path, noon: datetime) -> Hosts:
    return Hosts(tmp_path)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(moment.timestamp())))


def tree(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but the lock, whose text says who wrote last."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "lock"}


def test_a_bundle_carries_the_generations_in_force(hosts: Hosts) -> None:
    write(hosts.into / "advisories", [advisory(9)], label="ours")
    exported = export(hosts.out, hosts.bundle, hosts.key)
    imported = import_(hosts.into, hosts.bundle, trusted_keys(hosts.into))
    assert [piece.generation.name for piece in exported.manifest.pieces] == ["debian", "osv"]
    assert exported.manifest == imported.manifest
    assert exported.key == imported.key == key_id(public_key(Path(f"{hosts.key}.pub")))
    assert imported.kept == ("osv@ours",)
    assert hosts.known() == ["A-1", "A-2", "A-9"]
    sent = {path.name: path.read_bytes() for _, path in AdvisoryStore(hosts.out / "advisories").paths()}
    got = {path.name: path.read_bytes() for _, path in AdvisoryStore(hosts.into / "advisories").paths()}
    assert sent.items() <= got.items()


def test_only_the_named_generations(hosts: Hosts) -> None:
    hosts.export(names=["debian"])
    assert hosts.take() == ["A-2"]


def test_the_same_bundle_twice_is_no_roll_back(hosts: Hosts) -> None:
    hosts.export()
    assert hosts.take() == hosts.take() == ["A-1", "A-2"]


@pytest.mark.system
def test_openssl_verifies_the_signature_and_reads_the_keys(hosts: Hosts, tmp_path: Path) -> None:
    """The form of keys and signature is a public one, so that a person can check a bundle without Shindan."""
    tool = need_tool("openssl", "openssl")
    hosts.export()
    with tarfile.open(hosts.bundle) as archive:
        for name in ("manifest.json", "manifest.sig"):
            member = archive.extractfile(name)
            assert member is not None
            (tmp_path / name).write_bytes(member.read())
    (tmp_path / "signed").write_bytes(b"shindan bundle 1\0" + (tmp_path / "manifest.json").read_bytes())
    judged = subprocess.run(
        [tool, "pkeyutl", "-verify", "-pubin", "-inkey", f"{hosts.key}.pub", "-rawin", "-in", str(tmp_path / "signed"),
         "-sigfile", str(tmp_path / "manifest.sig")],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stderr


# ── what is refused, and changes nothing ──


def repacked(bundle: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The bundle with its members changed."""
    with tarfile.open(bundle) as archive:
        members = {m.name: archive.extractfile(m).read() for m in archive.getmembers()}  # type: ignore[union-attr]
    change(members)
    with tarfile.open(bundle, "w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return bundle


def piece(members: dict[str, bytes], feed: str) -> str:
    return next(name for name in members if name.startswith(f"{feed}-"))


def later_date(members: dict[str, bytes]) -> None:
    members["manifest.json"] = members["manifest.json"].replace(b"2026-12-24", b"2036-12-24")


def other_content(members: dict[str, bytes]) -> None:
    name = piece(members, "osv")
    data = bytearray(zstandard.ZstdDecompressor().decompressobj().decompress(members[name]))
    data[-1] ^= 1
    members[name] = zstandard.ZstdCompressor().compress(bytes(data))


def longer_content(members: dict[str, bytes]) -> None:
    members[piece(members, "osv")] = zstandard.ZstdCompressor().compress(bytes(50_000_000))


def without(start: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        del members[next(name for name in members if name.startswith(start))]

    return change


def exchanged(members: dict[str, bytes]) -> None:
    first, second = piece(members, "osv"), piece(members, "debian")
    members[first], members[second] = members[second], members[first]


CHANGES: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "the manifest was changed": (later_date, "signed by no trusted key"),
    "the signature was changed": (lambda m: m.update({"manifest.sig": bytes(64)}), "signed by no trusted key"),
    "the signature is no signature": (lambda m: m.update({"manifest.sig": b"x"}), "signed by no trusted key"),
    "no signature": (without("manifest.sig"), "manifest.sig is missing"),
    "no manifest": (without("manifest.json"), "manifest.json is missing"),
    "a piece is missing": (without("osv-"), "osv-.* is missing"),
    "a piece was changed": (other_content, "osv is another than the bundle's manifest says"),
    "a piece was blown up": (longer_content, "osv is larger than the bundle's manifest says"),
    "a piece is torn": (lambda m: m.update({piece(m, "osv"): m[piece(m, "osv")][:-100]}), "osv .*(torn|another)"),
    "a piece is no zstd": (lambda m: m.update({piece(m, "osv"): b"hello"}), "osv in the bundle is torn"),
    "two pieces are exchanged": (exchanged, "than the bundle's manifest says"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_a_changed_bundle_is_refused_and_changes_nothing(
    change: Callable[[dict[str, bytes]], None], message: str, hosts: Hosts
) -> None:
    write(hosts.into / "advisories", [advisory(9)])
    before = tree(hosts.into)
    repacked(hosts.export(), change)
    with pytest.raises(BundleError, match=message):
        hosts.take()
    assert tree(hosts.into) == before


def test_a_bundle_cut_anywhere_is_refused_and_changes_nothing(hosts: Hosts) -> None:
    write(hosts.into / "advisories", [advisory(9)])
    before = tree(hosts.into)
    data = hosts.export().read_bytes()
    with tarfile.open(hosts.bundle) as archive:
        last = archive.getmembers()[-1]
    end = last.offset_data + last.size
    for size in [0, 1, 511, 512, 513, *range(1000, end, max(1, end // 40)), end - 1]:
        hosts.bundle.write_bytes(data[:size])
        with pytest.raises(ShindanError):
            hosts.take()
        assert tree(hosts.into) == before, size


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_refused_or_changes_nothing_that_matters(hosts: Hosts, data: st.DataObject) -> None:
    """Headers of the archive (owners, dates, padding) are not signed; what they lead to is."""
    if not hosts.bundle.exists():
        hosts.export()
        hosts.take()
    before = tree(hosts.into)
    content = bytearray(hosts.bundle.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    flipped = hosts.bundle.with_name("flipped")
    flipped.write_bytes(content)
    with contextlib.suppress(ShindanError):
        hosts.take(flipped)
    assert tree(hosts.into) == before


@pytest.mark.parametrize("content", [b"", b"hello" * 1000, b"\x1f\x8b" + bytes(100)], ids=["empty", "a text", "gzip"])
def test_what_is_no_bundle_is_refused(content: bytes, hosts: Hosts) -> None:
    hosts.bundle.write_bytes(content)
    with pytest.raises(BundleError, match="is no bundle, or torn"):
        hosts.take()


def test_a_bundle_that_is_not_there(hosts: Hosts) -> None:
    with pytest.raises(BundleError, match="No such file"):
        hosts.take()


def test_a_bundle_of_another_key_is_refused(hosts: Hosts, tmp_path: Path) -> None:
    create_key(tmp_path / "stranger")
    export(hosts.out, hosts.bundle, tmp_path / "stranger")
    with pytest.raises(BundleError, match="signed by no trusted key"):
        hosts.take()
    assert import_(hosts.into, hosts.bundle, trusted_keys(hosts.into, [tmp_path / "stranger.pub"])).generations


def test_without_a_trusted_key_nothing_is_taken(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no key is trusted"):
        trusted_keys(tmp_path)


# ── freshness ──


@pytest.mark.parametrize(("days", "taken"), [(29, True), (31, False)], ids=["before it expires", "after"])
def test_a_bundle_expires(days: int, taken: bool, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts.export()
    at(monkeypatch, NOON + timedelta(days=days))
    if taken:
        assert hosts.take() == ["A-1", "A-2"]
        return
    with pytest.raises(BundleError, match="expired on 2026-12-24"):
        hosts.take(force=True)
    assert hosts.known() == []


def test_an_importer_may_want_it_fresher(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts.export()
    at(monkeypatch, NOON + timedelta(days=3))
    with pytest.raises(BundleError, match=r"the bundle is stale: its age is 3.0 days, the limit 2"):
        hosts.take(max_age=2)
    assert hosts.take(max_age=4) == ["A-1", "A-2"]


def test_a_feed_that_was_not_asked_for_long_is_stale_at_both_ends(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON + timedelta(days=10))
    with pytest.raises(BundleError, match=r"debian is stale: its age is 10.0 days, the limit 7"):
        hosts.export(max_age=7)
    assert not hosts.bundle.exists()
    hosts.export()
    with pytest.raises(BundleError, match="debian is stale"):
        hosts.take(max_age=7)
    for feed in ("debian", "osv"):  # asked again, and unchanged
        Workspace(hosts.out / "feeds" / feed).save(State(checked="2026-12-04T11:00:00Z"))
    hosts.export(max_age=7)
    assert hosts.take(max_age=7) == ["A-1", "A-2"]


def test_a_bundle_of_the_future_is_refused(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts.export()
    at(monkeypatch, NOON - timedelta(days=2))
    with pytest.raises(BundleError, match="made in the future"):
        hosts.take()


# ── roll-back ──


def test_an_older_bundle_is_refused_unless_forced(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    old = hosts.export("old")
    at(monkeypatch, NOON + timedelta(days=1))
    write(hosts.out / "advisories", [advisory(3)])
    hosts.export()
    assert hosts.take() == ["A-2", "A-3"]
    with pytest.raises(BundleError, match="is older than the last one of its key"):
        hosts.take(old)
    assert hosts.known() == ["A-2", "A-3"]
    assert hosts.take(old, force=True) == ["A-1", "A-2"]


def test_serials_grow_even_within_a_second_and_after_the_file_is_lost(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    serials = [export(hosts.out, hosts.bundle, hosts.key).manifest.serial for _ in range(3)]
    (hosts.out / "bundles-made.json").unlink()
    at(monkeypatch, NOON + timedelta(hours=1))
    serials.append(export(hosts.out, hosts.bundle, hosts.key).manifest.serial)
    assert serials == sorted(set(serials))


def test_a_torn_memory_of_serials_is_an_error_and_no_roll_back(hosts: Hosts) -> None:
    hosts.export()
    hosts.take()
    (hosts.into / "bundles-taken.json").write_text('{"x": ')
    with pytest.raises(BundleError, match="cannot be read"):
        hosts.take()


# ── what cannot be exported ──


def test_a_feed_that_is_not_in_force_fails_loudly(hosts: Hosts) -> None:
    with pytest.raises(BundleError, match="no generation is in force of: kev"):
        hosts.export(names=["debian", "kev"])
    assert not hosts.bundle.exists()


def test_a_host_without_advisories_has_nothing_to_export(hosts: Hosts, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is nothing to export"):
        export(tmp_path / "empty", hosts.bundle, hosts.key)


def test_a_generation_whose_file_is_gone_fails_loudly(hosts: Hosts) -> None:
    AdvisoryStore(hosts.out / "advisories").paths()[0][1].unlink()
    with pytest.raises(BundleError, match="debian cannot be read"):
        hosts.export()


def test_a_failed_export_leaves_the_former_file_and_nothing_else(hosts: Hosts, tmp_path: Path) -> None:
    before = hosts.export().read_bytes()
    AdvisoryStore(hosts.out / "advisories").paths()[0][1].unlink()
    with pytest.raises(BundleError):
        hosts.export()
    assert hosts.bundle.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "into", "key", "key.pub", "out"]


# ── keys ──


def test_a_key_file_is_its_owners_and_never_replaced(tmp_path: Path) -> None:
    public = create_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "key.pub").read_text() == public
    assert key_id(public_key(tmp_path / "key.pub")) == key_id(private_key(tmp_path / "key").public_key())
    with pytest.raises(BundleError, match="File exists"):
        create_key(tmp_path / "key")


def test_a_private_key_open_to_others_is_refused(tmp_path: Path) -> None:
    create_key(tmp_path / "key")
    os.chmod(tmp_path / "key", 0o640)
    with pytest.raises(BundleError, match=r"open to others \(mode 0640\)"):
        private_key(tmp_path / "key")


@pytest.mark.system
def test_keys_of_openssl_are_taken_and_others_are_refused(tmp_path: Path) -> None:
    tool = need_tool("openssl", "openssl")
    for kind, extra in (("ed25519", []), ("EC", ["-pkeyopt", "ec_paramgen_curve:P-256"])):
        subprocess.run(
            [tool, "genpkey", "-algorithm", kind, *extra, "-out", str(tmp_path / kind)], check=True, capture_output=True
        )
        subprocess.run(
            [tool, "pkey", "-in", str(tmp_path / kind), "-pubout", "-out", str(tmp_path / f"{kind}.pub")], check=True
        )
        os.chmod(tmp_path / kind, 0o600)
    assert key_id(private_key(tmp_path / "ed25519").public_key()) == key_id(public_key(tmp_path / "ed25519.pub"))
    for read, name in ((private_key, "EC"), (public_key, "EC.pub")):
        with pytest.raises(BundleError, match="is no Ed25519 key"):
            read(tmp_path / name)


@pytest.mark.parametrize("read", [private_key, public_key])
def test_what_is_no_key_is_refused(read: Callable[[Path], object], tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hello")
    os.chmod(tmp_path / "key", 0o600)
    with pytest.raises(BundleError, match=r"is no (private|public) key"):
        read(tmp_path / "key")
    with pytest.raises(BundleError, match="No such file"):
        read(tmp_path / "missing")


def test_the_manifest_names_feeds_dates_and_digests(hosts: Hosts) -> None:
    hosts.export()
    with tarfile.open(hosts.bundle) as archive:
        member = archive.extractfile("manifest.json")
        assert member is not None
        manifest = json.loads(member.read())
    assert (manifest["version"], manifest["created"], manifest["expires"]) == (
        1,
        "2026-11-24T12:00:00Z",
        "2026-12-24T12:00:00Z",
    )
    for entry in manifest["pieces"]:
        assert entry["generation"]["newest"]
        assert len(entry["sha256"]) == 64
        assert entry["checked"] == "2026-11-24T12:00:00Z"
