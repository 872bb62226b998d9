"""Every structure of MP-20 through the Wyckoff codec and back: is it the same, and does it have its symmetry exactly?

python -m benchmarks.crystals.round_trip
python -m benchmarks.crystals.round_trip -n 500 --seeds 0      # a sample
python -m benchmarks.crystals.round_trip --explain             # why those that differ do, added to the raw output
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.record import circumstances, line_of, save, saved, table, write_page

from sekkei.core.types import Problem
from sekkei.data.folder import find
from sekkei.materials.codecs.wyckoff import WyckoffCodec, read_symmetric, written
from sekkei.materials.codecs.wyckoff_grammar import WyckoffGrammar
from sekkei.materials.crystal import Crystal
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.structures import MATCHERS, symmetry
from sekkei.materials.symmetry.sites import take_apart

HERE = Path(__file__).parent / "round_trip"
FILE = "crystals/mp20_structures.parquet"
EXACT = 1e-4  # Angstrom
CODEC = WyckoffCodec()
GRAMMAR = WyckoffGrammar(CODEC)
ASKED = 0.98
TIGHT = 0.01  # Angstrom
KINDS = {
    "different": "not recognised by StructureMatcher",
    "tolerance": f"the search with 0.1 Angstrom finds too much symmetry; with {TIGHT:g} it comes back",
    "matcher": "StructureMatcher does not recognise the structure itself after a strain of 0.2 % and 0.005 Angstrom",
}


@dataclass
class Tally:
    """What came of the structures so far."""

    same: int = 0
    symmetric: int = 0
    followed: int = 0
    lengths: list[int] = field(default_factory=list)
    sites: list[int] = field(default_factory=list)
    rms: list[float] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, help="structures drawn at random; all where absent")
    parser.add_argument("--seeds", type=int, nargs=1, default=[0])
    parser.add_argument("--explain", action="store_true", help="look again at those that came back different")
    asked = parser.parse_args()
    path = find(FILE)
    if path is None:
        raise SystemExit(f"{FILE} is in no folder of SEKKEI_DATA")
    if asked.explain:
        explain(path)
        return
    lines = list(read_crystals(path))
    if asked.n:
        lines = [lines[row] for row in np.random.default_rng(asked.seeds[0]).choice(len(lines), asked.n, replace=False)]
    tally = Tally()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for count, line in enumerate(lines, start=1):
            problem = line.problem or (there_and_back(line.item, tally) if line.item else None)
            if problem is not None:
                formula = line.item.composition.formula if line.item else ""
                tally.failures.append(
                    {"name": line.name, "formula": formula, "kind": problem.kind, "message": problem.message}
                )
            if count % 1000 == 0:
                print(count, tally.same, tally.symmetric, len(tally.failures), flush=True)
    names = ("pymatgen-core", "spglib", "numpy")
    where = circumstances() | {"packages": {name: version(name) for name in names}, "threads": 1}
    result = {"circumstances": where, "n": len(lines), "size": CODEC.size, **summary(tally)}
    save(HERE, f"n{asked.n}" if asked.n else "all", result)
    write_page(HERE, "Round trip of the Wyckoff codec", [page_part(one) for one in saved(HERE)])


def there_and_back(item: Crystal, tally: Tally) -> Problem | None:
    """Encode, decode and compare one crystal; a Problem where it does not come back the same."""
    began = time.perf_counter()
    apart = take_apart(item)
    if isinstance(apart, Problem):
        return apart
    tokens = CODEC.encode(written(apart))
    tally.seconds["encode"] += time.perf_counter() - began
    began = time.perf_counter()
    found = read_symmetric(CODEC.decode(tokens))
    back = found if isinstance(found, Problem) else found.crystal()
    tally.seconds["decode"] += time.perf_counter() - began
    if isinstance(back, Problem):
        return back
    tally.lengths.append(len(tokens))
    tally.sites.append(len(apart.sites))
    tally.followed += follows(tokens)
    group = symmetry(back, EXACT)
    tally.symmetric += not isinstance(group, Problem) and group.number == apart.group
    apart_by = MATCHERS["default"].matcher().get_rms_dist(item.structure, back.structure)
    if apart_by is None:
        return Problem("different", f"space group {apart.group}: {written(apart)}")
    tally.same += 1
    tally.rms.append(float(apart_by[0]))
    return None


def explain(path: Path) -> None:
    """Say of each structure that came back different which part is to blame."""
    for result in saved(HERE):
        names = {one["name"] for one in result["failures"] if one["kind"] in KINDS}
        items = {line.name: line.item for line in read_crystals(path) if line.name in names and line.item}
        for one in result["failures"]:
            if one["name"] in items:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    one["kind"] = reason(items[one["name"]])
        result["reasons"] = dict(Counter(one["kind"] for one in result["failures"]).most_common())
        save(HERE, "all" if result["n"] > 20_000 else f"n{result['n']}", result)
    write_page(HERE, "Round trip of the Wyckoff codec", [page_part(one) for one in saved(HERE)])


def reason(item: Crystal) -> str:
    matcher = MATCHERS["default"].matcher()
    apart = take_apart(item, TIGHT)
    back = apart if isinstance(apart, Problem) else apart.crystal()
    if isinstance(back, Crystal) and matcher.fit(item.structure, back.structure):
        return "tolerance"
    for seed in range(10):
        random = np.random.default_rng(seed)
        moved = item.structure.copy()
        moved.apply_strain(random.uniform(-0.002, 0.002, 3))
        for site in range(len(moved)):
            moved.translate_sites([site], random.normal(0, 0.005, 3), frac_coords=False)
        if not matcher.fit(item.structure, moved):
            return "matcher"
    return "different"


def follows(tokens: list[int]) -> bool:
    """Whether the grammar allows every token, and the end after the last."""
    prefixes = GRAMMAR.start(1)
    for token in [*tokens, 2]:
        if not GRAMMAR.permits(prefixes, np.array([token]))[0]:
            return False
        prefixes = GRAMMAR.advance(prefixes, np.array([token]))
    return True


def summary(tally: Tally) -> dict[str, Any]:
    cuts = (0, 25, 50, 75, 90, 95, 99, 99.9, 100)
    return {
        "same": tally.same,
        "symmetric": tally.symmetric,
        "followed": tally.followed,
        "tokens": {str(cut): float(value) for cut, value in zip(cuts, np.percentile(tally.lengths, cuts), strict=True)},
        "sites": {str(cut): float(value) for cut, value in zip(cuts, np.percentile(tally.sites, cuts), strict=True)},
        "rms": {str(cut): float(np.percentile(tally.rms, cut)) for cut in (50, 90, 99, 100)},
        "mean_tokens": float(np.mean(tally.lengths)),
        "milliseconds": {name: 1000 * value / len(tally.lengths) for name, value in tally.seconds.items()},
        "reasons": dict(Counter(one["kind"] for one in tally.failures).most_common()),
        "failures": tally.failures,
    }


def page_part(result: dict[str, Any]) -> str:
    count, share = result["n"], result["same"] / result["n"]
    rows = [
        ["come back the same (StructureMatcher, defaults)", f"{result['same']:,}", f"{share:.2%}"],
        [f"have the space group encoded within {EXACT:g} Angstrom", f"{result['symmetric']:,}",
         f"{result['symmetric'] / count:.2%}"],
        ["follow the grammar", f"{result['followed']:,}", f"{result['followed'] / count:.2%}"],
    ]  # fmt: skip
    reasons = [[KINDS.get(kind, kind), str(number)] for kind, number in result["reasons"].items()]
    sizes = [
        ["tokens", *(f"{value:g}" for value in result["tokens"].values())],
        ["sites", *(f"{value:g}" for value in result["sites"].values())],
    ]
    times = ", ".join(f"{name} {value:.1f} ms" for name, value in result["milliseconds"].items())
    length = (
        f"Length of a crystal, start and end not counted ({result['size']} tokens in the vocabulary, "
        f"{result['mean_tokens']:.1f} tokens on average); percentiles:"
    )
    off = ", ".join(f"{cut} % below {value:.4f}" for cut, value in result["rms"].items())
    return "\n\n".join([
        f"## {count:,} structures of MP-20",
        table(["structures that", "count", "share"], rows),
        f"Asked for: {ASKED:.0%} come back the same. Those that do not, by reason (each is listed in the raw output):",
        table(["reason", "count"], reasons) if reasons else "None.",
        f"Root mean square displacement of those that do, in units of (volume per atom)^(1/3): {off}.",
        length,
        table(["", *result["tokens"]], sizes),
        f"Time a crystal: {times}.",
        line_of(result),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
