"""The walk by which people met the original, on a host of its own: wget, bash install, target, template, start, findings.

The host is a Debian root without systemd, entered by chroot; the server is a real one with TLS and an authority of its
own; all that is asked of it is asked by `aws` and by what a person types on the host.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from judges.agent_site import AGENT, Site, eventually, site, status, typed, with_wget
from support import need_tool
from system.chroots import Chroot, chroot_over
from system.roots import debian_root

pytestmark = [pytest.mark.slow, pytest.mark.system]

FIRST_LINES = (
    r"Distribution of the machine is Debian GNU/Linux\.",
    r"Distribution type of the machine is debian\.",
    r"Revision of the distro is 12\.",
    r"Kernel version of the machine is \d+\..*\.",
)
LAST_LINES = (
    r"Installation script completed successfully\.",
    r"The running agent reports to https://localhost:\d+\.",
    r"Current running agent reports version 0\.1\.0\.",
    r"This install script was created to install agent version 0\.1\.0\.",
    r"In most cases, these version numbers should be the same\.",
)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Chroot]:
    with chroot_over(debian_root("bookworm", "python3", "wget"), tmp_path / "host") as chroot:
        yield chroot


def test_the_walk(host: Chroot, tmp_path: Path) -> None:
    before = host.files()
    with site(tmp_path / "data") as home:
        _install(host, with_wget(home.token("--tags", "team=web")))
        (known,) = home.delivered(1)
        _tag(home, known["id"])
        run = _run(home)
        findings = home.aws("inspector", "list-findings", "--assessment-run-arns", run)["findingArns"]
        (finding,) = home.aws("inspector", "describe-findings", "--finding-arns", *findings)["findings"]
        assert (finding["id"], finding["assetAttributes"]["agentId"], finding["severity"]) == (
            "CVE-2026-0001",
            known["id"],
            "High",
        )
        assert finding["recommendation"]
        agents = home.aws("inspector", "list-assessment-run-agents", "--assessment-run-arn", run)["assessmentRunAgents"]
        assert [(one["agentId"], one["agentHealth"]) for one in agents] == [(known["id"], "HEALTHY")]
        assert {one["messageType"] for one in agents[0]["telemetryMetadata"]} >= {"InspectorPackageInfo"}
        _weigh(host)
        host.run("/opt/shindan/uninstall")
        assert eventually(host.processes, lambda left: not left) == []
        assert {path for path in host.files() - before if not path.startswith(("./root/", "./tmp/"))} <= {
            "./etc/hosts",
            "./etc/init.d",
        }


def _install(host: Chroot, line: str) -> None:
    """Step 3: what the original printed, ours prints in its manner."""
    said = typed(host, line).stdout
    lines = [one for one in said.splitlines() if one]
    for wanted in (*FIRST_LINES, *LAST_LINES):
        assert any(re.fullmatch(wanted, one) for one in lines), (wanted, said)
    now = status(host)
    assert now["Agent version"] == "0.1.0"
    assert now["Collecting"] in ("true", "false")


def _tag(home: Site, host_id: str) -> None:
    """Step 2: a dry run, then the tag."""
    command = ["ec2", "create-tags", "--resources", host_id, "--tags", "Key=inspector,Value=True"]
    assert "DryRunOperation" in home.aws(*command, "--dry-run", check=False)["error"]
    home.aws(*command)


def _run(home: Site) -> str:
    """Steps 5 to 8."""
    group = home.aws("inspector", "create-resource-group", "--resource-group-tags", "key=inspector,value=True")
    target = home.aws("inspector", "create-assessment-target", "--assessment-target-name", "inspector_target", "--resource-group-arn", group["resourceGroupArn"])  # fmt: skip
    agents = home.aws("inspector", "preview-agents", "--preview-agents-arn", target["assessmentTargetArn"])[
        "agentPreviews"
    ]
    assert [one["agentHealth"] for one in agents] == ["HEALTHY"]
    packages = home.aws("inspector", "describe-rules-packages", "--rules-package-arns", *home.aws("inspector", "list-rules-packages")["rulesPackageArns"])  # fmt: skip
    cve = next(one["arn"] for one in packages["rulesPackages"] if one["name"].startswith("Common"))
    template = home.aws("inspector", "create-assessment-template", "--assessment-target-arn", target["assessmentTargetArn"], "--assessment-template-name", "inspector_template", "--duration-in-seconds", "180", "--rules-package-arns", cve)  # fmt: skip
    started = home.aws("inspector", "start-assessment-run", "--assessment-run-name", "inspector_templete", "--assessment-template-arn", template["assessmentTemplateArn"])  # fmt: skip
    run = str(started["assessmentRunArn"])
    assert home.ended(run) == "COMPLETED"
    return run


def _weigh(host: Chroot) -> None:
    """Step 11: the original took 30,116 kB."""
    said = host.run(AGENT, "status").stdout
    rss = re.search(r"^RSS *: *([\d,]+) kB", said, re.MULTILINE)
    assert rss is not None, said
    assert int(rss[1].replace(",", "")) < 30_116


def test_curl_in_a_pipe_with_a_pin(host: Chroot, tmp_path: Path) -> None:
    """`curl | bash` with the server's key pinned; the host has no curl, so that the test's own fetches."""
    curl = need_tool("curl", "curl")
    with site(tmp_path / "data") as home:
        made = home.token()
        line = next(one for one in made["install"] if one.startswith("curl"))
        words = shlex.split(line.split(" && ")[0])
        script = tmp_path / "install"
        subprocess.run(
            [curl, *words[1 : words.index("-o")], "-o", str(script), *words[words.index("-o") + 2 :]], check=True
        )
        command = ["chroot", str(host.path), "bash", "-s", "--", "--token", made["token"], "--no-start"]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        with script.open() as stream:
            done = subprocess.run(command, stdin=stream, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        assert "not started" in done.stdout
        wrong = [
            "curl",
            "-fsSk",
            "--pinnedpubkey",
            "sha256//" + "A" * 43 + "=",
            home.server.address + "/linux/latest/install",
        ]
        assert subprocess.run(wrong, capture_output=True, check=False).returncode == 90


REFUSED = [
    ("no token", "bash install", "ENROLMENT_FAILED"),
    ("a token that was never made", "bash install --token shat_0000_0000", "ENROLMENT_FAILED"),
    ("an option that is none", "bash install --what", "SANITY_CHECK_FAILURE"),
    ("an address without TLS", "bash install --token x --endpoint http://example.org", "SANITY_CHECK_FAILURE"),
    ("a server that nobody is", "bash install --token x --endpoint https://localhost:1", "FILE_DOWNLOAD_ERROR"),
    ("another authority", "bash install --token x --ca /etc/ssl/certs/ca-certificates.crt", "FILE_DOWNLOAD_ERROR"),
    ("no Python", "mv /usr/bin/python3.11 /usr/bin/py && bash install --token x", "MISSING_AGENT_PLATFORM"),
    (
        "neither openssl nor gpgv",
        "rm -f /usr/bin/openssl /usr/bin/gpgv && bash install --token x",
        "SIGNATURE_MISMATCH",
    ),
    ("not root", "chmod 755 /root && su -s /bin/bash nobody -c 'bash /root/install --token x'", "SANITY_CHECK_FAILURE"),
    ("no temporary folder", "TMPDIR=/nowhere bash install --token x", "TMP_DIR_ERROR"),
]


def test_what_goes_wrong_is_named(tmp_path: Path) -> None:
    root = debian_root("bookworm", "python3", "wget")
    with site(tmp_path / "data") as home:
        fetch = with_wget(home.token()).partition(" && sudo")[0]

        def tried(number: int) -> tuple[subprocess.CompletedProcess[str], list[Path]]:
            with chroot_over(root, tmp_path / f"host{number}") as host:
                done = typed(host, f"{fetch} && {REFUSED[number][1]}", check=False)
                return done, list((host.path / "tmp").iterdir())

        # Together: one of them tries again and again for half a minute, as it should.
        with ThreadPoolExecutor(4) as pool:
            outcomes = list(pool.map(tried, range(len(REFUSED))))
    for (situation, _, word), (done, left) in zip(REFUSED, outcomes, strict=True):
        assert done.returncode == 1, (situation, done.stdout, done.stderr)
        assert done.stderr.splitlines()[-1] == f"Installation failed: {word}", (situation, done.stderr)
        assert not left, f"{situation}: something was left behind"


@pytest.mark.parametrize("name", ["release", "shindan-agent.pyz"])
def test_a_server_that_was_tampered_with_is_refused(host: Chroot, tmp_path: Path, name: str) -> None:
    with site(tmp_path / "data") as home:
        made = home.token()
        fetch = with_wget(made).partition(" && sudo")[0]
        (path,) = (home.server.data / "agent").glob(f"*/{name}")
        path.write_bytes(path.read_bytes() + b"x=1\n")
        done = typed(host, f"{fetch} && bash install --token {made['token']}", check=False)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].endswith("SIGNATURE_MISMATCH" if name == "release" else "HASH_MISMATCH")
        assert not (host.path / "opt/shindan").exists()
