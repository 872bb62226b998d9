"""Memory of training on all of MOSES: the greatest resident memory of the whole process, labels kept from before.

python -m benchmarks.training_memory.run
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.record import circumstances, line_of, save, saved, table, write_page

HERE = Path(__file__).parent
SEKKEI = str(Path(sys.executable).with_name("sekkei"))  # the installed command beside this interpreter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="moses")
    parser.add_argument("--total", type=int, default=20_000, help="molecules to train on before it saves and ends")
    parser.add_argument("--refine", type=int, default=40, help="steps of refinement after it")
    asked = parser.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        words = ("--data", asked.data, "--out", f"{scratch}/model", "--total", str(asked.total))
        subprocess.run((SEKKEI, "train", "molecules", *words, "--refine", str(asked.refine)), check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    result = {
        "data": asked.data,
        "total": asked.total,
        "refine": asked.refine,
        "peak_gb": peak / 1e9,
        "seconds": time.perf_counter() - begun,
    }
    save(HERE, asked.data, {"circumstances": circumstances(), **result})
    write_page(HERE, "Memory of training", [page_part(one) for one in saved(HERE)])


def page_part(result: dict[str, Any]) -> str:
    rows = [
        [
            result["data"],
            f"{result['total']:,}",
            str(result["refine"]),
            f"{result['peak_gb']:.2f}",
            f"{result['seconds']:.0f}",
        ]
    ]
    about = (
        "Reading, encoding, a short training, refinement and saving. One process, or its largest worker, at its peak; "
        "what is labelled already is read from the data folder."
    )
    headings = ["data", "trained on", "steps of refinement", "peak [GB]", "seconds"]
    return "\n\n".join([
        f"## `{result['data']}`", about, table(headings, rows), line_of(result)
    ])  # fmt: skip


if __name__ == "__main__":
    main()
