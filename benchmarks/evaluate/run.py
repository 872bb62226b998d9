"""The measures of Sekkei against the packages that define them: the same sets, the same run, agreement and speed.

Three sets: molecules of the MOSES test set, samples of a model, and the same samples with a character lost in every
third. The reference packages are installed without their dependencies into a folder of their own. Each set is measured
by the one side and then at once by the other, so that both meet the same load of the machine, which is written down.
RESULTS.md is made anew at the end, of all raw results: run this after ``crystals`` and ``memory``.

python -m benchmarks.evaluate.run -n 30000 --sets test --without-guacamol --environment path/to/folder    # speed
python -m benchmarks.evaluate.run -n 3000 --environment path/to/folder                                    # agreement
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.evaluate import crystals, memory
from benchmarks.record import circumstances, line_of, number, sampling_options, save, saved, table, write_page

from sekkei.data.catalogue import dataset
from sekkei.data.folder import find
from sekkei.generate.model import load
from sekkei.generate.sample import Sampling
from sekkei.metrics import guacamol, molecules
from sekkei.metrics.chemnet import describe
from sekkei.metrics.molecules import moses_metrics
from sekkei.metrics.parallel import in_chunks, processes
from sekkei.molecules.files import read_molecules
from sekkei.molecules.novelty import KnownMolecules
from sekkei.molecules.samples import canonical, without_stereo

HERE = Path(__file__).parent
PACKAGES = ("molsets==0.3.1", "guacamol==0.5.5", "fcd_torch==1.0.7")
TOLERANCE, TOLERANCE_FCD = 1e-4, 1e-2


def main() -> None:
    parser = sampling_options(__doc__, 30_000, "molecules per set")
    parser.add_argument("--environment", type=Path, required=True, help="folder for the reference packages")
    parser.add_argument("--sets", nargs="+", default=["test", "model", "broken"], choices=["test", "model", "broken"])
    parser.add_argument("--without-guacamol", action="store_true", help="MOSES figures alone")
    parser.add_argument("--train", type=int, default=10_000, help="training molecules that both sides are given")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    model = load(asked.model)
    install(asked.environment)
    train = canonical(dataset("moses").smiles()[: asked.train])
    sets = samples(model, asked)
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    loads = {}
    for name, texts in sets.items():
        before = os.getloadavg()[0]
        ours[name] = measured(texts, train, asked)
        between = os.getloadavg()[0]
        theirs |= reference(asked.environment, {name: texts}, train, asked)
        loads[name] = [before, between, os.getloadavg()[0]]
    about = {"kind": "packages", "n": asked.n, "seeds": asked.seeds[:1], "train": len(train), "load": loads}
    result = {**about, "sekkei": ours, "reference": theirs}
    label = f"{model.name}-{asked.n}"
    save(HERE, label, {"circumstances": circumstances(model), **result})
    write_results()


def install(folder: Path) -> None:
    if (folder / "moses").is_dir() and (folder / "guacamol").is_dir():
        return
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *PACKAGES]
    subprocess.run(command, check=True)


def write_results() -> None:
    """The page, from all raw results of this folder."""
    parts = {"packages": page_part, "memory": memory.page_part, "crystals": crystals.page_part}
    write_page(HERE, "`sekkei evaluate` against its definitions", [parts[one["kind"]](one) for one in saved(HERE)])


def samples(model: Any, asked: Any) -> dict[str, list[str]]:
    path = find("moses/test.csv.gz")
    if path is None:
        sys.exit("the MOSES data is not here: run `sekkei data fetch moses`")
    test = [line.text for line in read_molecules(path, "SMILES")]
    random = np.random.default_rng(asked.seeds[0])
    some = [test[row] for row in random.choice(len(test), size=asked.n, replace=False)]
    if asked.sets == ["test"]:
        return {"MOSES test": some}
    settings = Sampling(asked.temperature)
    nothing = np.full((asked.n, len(model.properties)), np.nan)
    # An empty text counts as valid in molsets and as invalid here and in guacamol; none is kept.
    drawn = [draw.text or "C(" for draw in model.draw(nothing, asked.seeds[0], settings=settings)]
    broken = [without_one(text, random) if row % 3 == 0 else text for row, text in enumerate(drawn)]
    made = {"test": ("MOSES test", some), "model": (model.name, drawn), "broken": ("broken", broken)}
    return dict(made[word] for word in asked.sets)


def without_one(text: str, random: np.random.Generator) -> str:
    place = int(random.integers(len(text)))
    return text[:place] + text[place + 1 :] or "C("


def reference(folder: Path, sets: dict[str, list[str]], train: Sequence[str], asked: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        given, found = Path(scratch) / "samples.json", Path(scratch) / "figures.json"
        counted = {}
        for name, texts in sets.items():
            valid = canonical(texts)
            counted[name] = {"texts": texts, "counts": {"valid": len(valid), "unique": len(set(valid))}}
        content = {"sets": counted, "train": list(train), "workers": asked.workers}
        content["guacamol"] = not asked.without_guacamol
        given.write_text(json.dumps(content), encoding="utf-8")
        environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": str(asked.threads)}
        command = [sys.executable, str(HERE / "reference.py"), str(given), str(found)]
        subprocess.run(command, check=True, env=environment)
        return dict(json.loads(found.read_text(encoding="utf-8")))


def measured(texts: list[str], train: Sequence[str], asked: Any) -> dict[str, Any]:
    spent = 0.0

    def timed(smiles: Sequence[str]) -> Any:
        nonlocal spent
        started = time.perf_counter()
        value = describe(smiles)
        spent += time.perf_counter() - started
        return value

    molecules.describe = timed
    started = time.perf_counter()  # reading statistics and filters counts, as it does in molsets
    with processes(asked.workers) as pool:
        known = {text for part in in_chunks(canonical, train, pool) for text in part}
        figures = moses_metrics(texts, known, pool=pool)
    whole = time.perf_counter() - started
    molecules.describe = describe
    seconds = {"all": whole, "without FCD": whole - spent}
    if not asked.without_guacamol:
        started = time.perf_counter()
        with processes(asked.workers) as pool:
            figures |= guacamol_figures(texts, train, pool)
        seconds["GuacaMol"] = time.perf_counter() - started
    print({name: round(value, 2) for name, value in seconds.items()}, flush=True)
    return {"figures": figures, "seconds": seconds}


def guacamol_figures(texts: Sequence[str], train: Sequence[str], pool: Executor | None) -> dict[str, float]:
    each = [(canonical([text]) or [""])[0] for text in texts]
    valid = [text for text in each if text]
    known = KnownMolecules.build(without_stereo(train))
    mine, theirs = (guacamol.profile(one, pool, most=len(train)) for one in (valid, train))
    divergences = guacamol.kl_divergences(mine, theirs)
    distance = guacamol.fcd_distance(describe(valid[: len(train)]), describe(train))
    counted = guacamol.shares(each, known, most=len(texts))
    return {
        **{f"guacamol_{name}": hits / n for name, (hits, n) in counted.items()},
        "guacamol_KL": guacamol.kl_score(divergences),
        "guacamol_FCD": guacamol.fcd_to_score(distance),
        **{f"D/{name}": value for name, value in divergences.items()},
    }


def page_part(result: dict[str, Any]) -> str:
    rows, times = [], []
    for name, ours in result["sekkei"].items():
        theirs = result["reference"][name]
        for figure, value in ours["figures"].items():
            other = theirs["figures"].get(figure, float("nan"))
            allowed = TOLERANCE_FCD if "FCD" in figure else TOLERANCE
            agrees = "yes" if abs(value - other) <= allowed else "**no**"
            rows.append([name, figure, number(value, 6), number(other, 6), f"{abs(value - other):.1e}", agrees])
        for what, seconds in ours["seconds"].items():
            other = theirs["seconds"][what]
            times.append([name, what, number(seconds, 3), number(other, 3), f"{other / seconds:.1f} ×"])
    about = (
        f"{result['n']:,} texts a set, {result['train']:,} training molecules for novelty and GuacaMol. Allowed "
        f"difference {TOLERANCE:g}, for FCD {TOLERANCE_FCD:g}. molsets 0.3.1 and guacamol 0.5.5 with the shims of "
        "`reference.py`, the same RDKit, the same machine, one right after the other. Other work ran on the machine: "
        "load before, between and after "
        + "; ".join(f"{name} {', '.join(f'{one:.1f}' for one in three)}" for name, three in result["load"].items())
        + ". Allowed for speed: 5 times without FCD, 2 times with it."
    )
    agreement = table(["set", "figure", "Sekkei", "reference", "difference", "agrees"], rows)
    speed = table(["set", "what", "Sekkei [s]", "reference [s]", "times as fast"], times)
    return "\n\n".join([f"## {result['n']:,} molecules a set", about, speed, agreement, line_of(result)])


if __name__ == "__main__":
    main()
