"""Freed memory stays with the process, where the C library can be told to."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from sekkei.core.memory import keep_freed_memory

WORK = """
import resource, sys
import numpy as np
from sekkei.core.memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(3):
    np.ones(40 << 17)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(40 << 17)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not keep_freed_memory(), reason="this C library cannot be told to keep memory")
def test_the_same_pages_serve_every_step():
    # numpy may ask for huge pages, of which there are few and not always some: then one fault stands for many
    plainly = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0"}
    faults = {
        word: int(
            subprocess.run(
                [sys.executable, "-c", WORK, word], capture_output=True, text=True, check=True, env=plainly
            ).stdout
        )
        for word in ("keep", "plain")
    }
    pages = 40 * (1 << 20) // resource.getpagesize()
    assert faults["keep"] < pages < faults["plain"]
