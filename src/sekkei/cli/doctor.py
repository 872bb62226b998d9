"""``sekkei doctor``: what Sekkei finds on this machine, and what is amiss."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sekkei.cli.output import Json, print_json, print_table, say
from sekkei.core.errors import EXIT_OK, EXIT_USER_ERROR, UserError
from sekkei.version import __version__

GIB = 2**30
LEAST_DISK = 1.0
"""Free space [GiB] in the data folder below which a training run may not fit."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        what: the thing.
        found: its state in words.
        good: nothing needs doing.
        hint: what to do otherwise.
    """

    what: str
    found: str
    good: bool = True
    hint: str = ""


def doctor(as_json: Json = False) -> int:
    """Look at Python, packages, torch, the data folder, the shipped models, disk and memory."""
    findings = list(_findings())
    healthy = all(finding.good for finding in findings)
    if as_json:
        print_json({"healthy": healthy, "findings": [asdict(finding) for finding in findings]})
    else:
        print_table(("", "what", "found"), [("ok" if f.good else "!!", f.what, f.found) for f in findings])
        for finding in findings:
            if not finding.good:
                say(f"{finding.what}: {finding.hint}")
    return EXIT_OK if healthy else EXIT_USER_ERROR


def _findings() -> Iterator[Finding]:
    yield Finding("sekkei", __version__)
    yield Finding("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield from _packages()
    yield from _torch()
    yield from _data()
    yield from _models()
    yield _memory()


def _packages() -> Iterator[Finding]:
    for requirement in importlib.metadata.requires("sekkei") or []:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        try:
            yield Finding(name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "not installed", good=False, hint=f"pip install '{requirement}'")


def _torch() -> Iterator[Finding]:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    yield Finding("device", device)
    yield Finding("torch threads", f"{torch.get_num_threads()} of {os.cpu_count()} cores")


def _data() -> Iterator[Finding]:
    from sekkei.data.catalogue import DATASETS
    from sekkei.data.folder import folders

    *named, own = folders()
    free = shutil.disk_usage(next(place for place in (own, *own.parents) if place.is_dir())).free / GIB
    for folder in named:
        yield Finding("data folder", str(folder), folder.is_dir(), f"make {folder}, or mend SEKKEI_DATA")
    yield Finding("own data folder", str(own))
    yield Finding("free disk there", f"{free:.1f} GiB", free >= LEAST_DISK, f"free {LEAST_DISK:g} GiB or more")
    present = [known.name for known in DATASETS.values() if known.present]
    yield Finding("data sets here", ", ".join(present) or "none (none is needed to design; see `sekkei data list`)")


def _models() -> Iterator[Finding]:
    from sekkei import zoo
    from sekkei.generate.shelf import load

    names = zoo.shipped()
    if not names:
        yield Finding("shipped models", "none", good=False, hint="install sekkei again")
    for name in names:
        try:
            yield Finding(f"model {name}", f"hash {load(name).hash}, as recorded")
        except UserError as error:
            yield Finding(f"model {name}", error.what, good=False, hint=error.hint or "install sekkei again")


def _memory() -> Finding:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return Finding("memory", "unknown on this system")
    return Finding("memory", f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / GIB:.1f} GiB")
