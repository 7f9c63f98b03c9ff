"""Which kernel the boot loader takes next."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shindan.collect.boot import default_release
from unit.collect.trees import tree

OLD, NEW = "6.1.0-35-amd64", "6.1.0-37-amd64"


def entry(title: str, id_: str, release: str) -> str:
    return (
        f"menuentry '{title}' --class debian $menuentry_id_option '{id_}' {{\n\tif [ x = y ]; then\n\tfi\n"
        f"\tlinux\t/boot/vmlinuz-{release} root=UUID=1 ro quiet\n\tinitrd\t/boot/initrd.img-{release}\n}}\n"
    )


def grub(default: str) -> str:
    return (
        'if [ "${next_entry}" ] ; then\n   set default="${next_entry}"\n   set next_entry=\nelse\n'
        f'   set default="{default}"\nfi\nfunction savedefault {{\n  save_env saved_entry\n}}\n'
        + entry("Debian GNU/Linux", "gnulinux-simple-1", NEW)
        + "submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-1' {\n"
        + entry(f"Debian GNU/Linux, with Linux {NEW}", f"gnulinux-{NEW}-advanced-1", NEW)
        + entry(f"Debian GNU/Linux, with Linux {OLD}", f"gnulinux-{OLD}-advanced-1", OLD)
        + "}\n"
        + entry("Another system", "other", "4.4.4-foreign")
    )


def block(**values: str) -> str:
    text = "# GRUB Environment Block\n" + "".join(f"{name}={value}\n" for name, value in values.items())
    return text + "#" * (1024 - len(text))


CASES = {
    "the first entry": (grub("0"), None, NEW),
    "a path of numbers": (grub("1>1"), None, OLD),
    "a path of ids": (grub(f"gnulinux-advanced-1>gnulinux-{OLD}-advanced-1"), None, OLD),
    "a path of titles": (
        grub(f"Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux {OLD}"), None, OLD,
    ),
    "the saved entry": (grub("${saved_entry}"), block(saved_entry=f"gnulinux-{OLD}-advanced-1"), OLD),
    "nothing saved": (grub("${saved_entry}"), block(), NEW),
    "saved, but not asked for": (grub("0"), block(saved_entry="1>1"), NEW),
    "once": (grub("0"), block(next_entry="1>1"), OLD),
    "an entry that is gone": (grub("gnulinux-5.10.0-1-amd64-advanced-1"), None, NEW),
    "another system": (grub("2"), None, NEW),
    "no menu at all": ("# empty\n", None, NEW),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_grub_is_asked(tmp_path: Path, case: str) -> None:
    configuration, environment, expected = CASES[case]
    files: dict[str, str | bytes] = {"boot/grub/grub.cfg": configuration}
    if environment is not None:
        files["boot/grub/grubenv"] = environment
    assert default_release(tree(tmp_path, files), [OLD, NEW]) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"vmlinuz": f"-> boot/vmlinuz-{OLD}"}, OLD),
        ({"boot/vmlinuz": f"-> vmlinuz-{OLD}"}, OLD),
        ({"vmlinuz": "-> boot/vmlinuz-4.4.4-gone"}, NEW),
        ({"vmlinuz": "not a link"}, NEW),
        ({}, NEW),
    ],
)
def test_without_grub_a_link_tells_or_the_newest_is_taken(
    tmp_path: Path, files: dict[str, str | bytes], expected: str
) -> None:
    assert default_release(tree(tmp_path, files), [OLD, NEW]) == expected


def test_where_nothing_is_installed_nothing_boots(tmp_path: Path) -> None:
    assert default_release(tree(tmp_path, {"boot/grub/grub.cfg": grub("0")}), []) == ""


@given(st.lists(st.sampled_from(grub("1>1").splitlines()), max_size=60))
def test_a_torn_menu_never_crashes(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    root = tree(tmp_path_factory.mktemp("grub"), {"boot/grub/grub.cfg": "\n".join(lines)})
    assert default_release(root, [OLD, NEW]) in (OLD, NEW)
