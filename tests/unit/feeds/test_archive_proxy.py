"""apt's proxies, as apt itself reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shindan.feeds.archive_proxy import apt_proxies, proxies_in
from support import need_tool


@pytest.mark.parametrize(
    ("dumped", "proxies"),
    [
        ("", {}),
        ("Acquire::http::Proxy=http://p:3142", {"http": "http://p:3142", "https": "http://p:3142"}),
        (
            "Acquire::http::Proxy=http://p:3142\nAcquire::https::Proxy=DIRECT\nAcquire::http::Proxy::a.b=DIRECT",
            {"http": "http://p:3142", "https": "", "http://a.b": ""},
        ),
        ("Acquire::http::Proxy-Auto-Detect=/bin/x\nnonsense", {}),
    ],
    ids=["none", "one for both", "with exceptions", "what is not run"],
)
def test_what_apt_config_says(dumped: str, proxies: dict[str, str]) -> None:
    assert proxies_in(dumped) == proxies


@pytest.mark.system
def test_apt_s_own_reading_of_its_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_tool("apt-config", "apt")
    conf = tmp_path / "apt.conf"
    conf.write_text(
        'Acquire::http { Proxy "http://proxy.example:3142"; };\n// Acquire::https::Proxy "http://not.this:1";\n'
        'Acquire::http::Proxy { intra.example "DIRECT"; };\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(conf))
    found = apt_proxies()
    assert found["http"] == "http://proxy.example:3142"
    assert found["http://intra.example"] == ""


def test_without_apt_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert apt_proxies() == {}
