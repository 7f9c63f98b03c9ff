"""Which kernel packages are the running kernel; findings of the others are inactive.

Old kernels stay on disk, meta packages carry no code, and user-space packages built from the kernel's source
(`linux-libc-dev`, `kernel-headers`, `perf`) are no kernel. A package counts as running when the running release
(`uname -r`) is its own; where that is unknown (a mounted disk, an image) the newest installed image counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from shindan.model.inventory import Inventory
from shindan.rules.cve import kernel_apk, kernel_deb, kernel_rpm
from shindan.rules.cve.kernel_deb import is_kernel_source
from shindan.rules.cve.subject import Subject

__all__ = ["RunningKernel", "has_kernel", "is_kernel_source", "running_kernel"]


class _Form(NamedTuple):
    """How one package format's kernels are told apart."""

    is_kernel: Callable[[Subject], bool]
    is_image: Callable[[Subject], bool]
    release_of: Callable[[Subject], str]
    runs: Callable[[Subject, str], bool]
    order: Callable[[Subject], Any]


_FORMS: Mapping[str, _Form] = {
    type_: _Form(form.is_kernel, form.is_image, form.release_of, form.runs, form.order)
    for type_, form in (("deb", kernel_deb), ("rpm", kernel_rpm), ("apk", kernel_apk))
}


@dataclass(frozen=True, slots=True)
class RunningKernel:
    """The release that runs ("" when unknown) and why it is taken to be the one.

    `packaged` is False where a running release is known and no installed package carries it. `owner` is the release
    in the name of the package that owns the running image, where a fact tells it: `uname -r` may say another.
    """

    release: str
    why: str
    packaged: bool = True
    owner: str = ""

    def inactive(self, subject: Subject) -> str:
        """Why findings of this package do not count, or "" where they do (also for what is no kernel)."""
        form = _FORMS.get(subject.type)
        if form is None or not form.is_kernel(subject):
            return ""
        named = form.release_of(subject)
        if not named:
            return "built from the kernel's source, but carries no kernel code that runs"
        if not self.release or any(form.runs(subject, release) for release in (self.release, self.owner) if release):
            return ""
        return f"kernel {named} does not run: {self.why}"


def running_kernel(inventory: Inventory, subjects: Iterable[Subject]) -> RunningKernel:
    """The kernel to judge: the running release if a fact tells it, else the newest installed image."""
    images = [s for s in subjects if s.type in _FORMS and _FORMS[s.type].is_image(s)]
    fact = inventory.one("kernel", "running")
    release = str(fact.data.get("release") or "") if fact else ""
    if fact is not None and release:
        owner = str(fact.data.get("package") or "")
        owned = next((kernel_deb.release_of(i) for i in images if i.type == "deb" and i.name == owner), "")
        packaged = bool(owned) or any(_FORMS[image.type].runs(image, release) for image in images)
        return RunningKernel(release, f"{release} does", packaged, owned)
    if not images:
        return RunningKernel("", "no kernel is installed", packaged=False)
    newest = max(images, key=lambda image: (image.type, _FORMS[image.type].order(image)))
    release = _FORMS[newest.type].release_of(newest)
    return RunningKernel(release, f"the running kernel is unknown, {release} is the newest installed")


def has_kernel(subjects: Iterable[Subject]) -> bool:
    """Whether any installed package was built from a kernel's source."""
    return any(s.type in _FORMS and _FORMS[s.type].is_kernel(s) for s in subjects)
