"""Raw samples of a generator of compositions: parse, balance, unique, novel, speed; with and without masks.

python -m benchmarks.compositions.run --model matgpt --seeds 0 1 2

The pass rate of known compositions stands beside every share, since a fifth to a third of them fail the stricter rules.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.record import circumstances, line_of, sampling_options, save, saved, table, with_spread, write_page

from sekkei.core.types import Problem
from sekkei.data.compositions import known_compositions
from sekkei.generate.materials import MaterialModel, load
from sekkei.generate.sample import Sampling
from sekkei.materials.constraints import Constraints
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.validity import PROFILES, judge

HERE = Path(__file__).parent
REAL = 10_000
WAYS: dict[str, tuple[Sampling, Constraints]] = {
    "network alone": (Sampling(grammar=False), Constraints(profile="none")),
    "network alone, told to balance": (Sampling(grammar=False), Constraints(profile="electronegativity_balanced")),
    "masks, profile none": (Sampling(), Constraints(profile="none")),
    "masks, profile smact": (Sampling(), Constraints()),
    "masks, profile charge_neutral": (Sampling(), Constraints(profile="charge_neutral")),
    "masks, profile electronegativity_balanced": (Sampling(), Constraints(profile="electronegativity_balanced")),
}
COMBINATIONS: dict[str, Constraints] = {
    "without Pb, Cd, Hg, Tl, As; 4 elements at most": Constraints(
        exclude=("Pb", "Cd", "Hg", "Tl", "As"), max_elements=4
    ),
    "with Li and O, 20 atoms at most, charge_neutral": Constraints(
        contains=("Li", "O"), max_atoms=20, profile="charge_neutral"
    ),
    "the system Li-P-S": Constraints(system="Li-P-S"),
    "of the type ABX3, electronegativity_balanced": Constraints(pattern="ABX3", profile="electronegativity_balanced"),
    "with Fe, mixed valence, charge_neutral": Constraints(
        contains=("Fe",), profile="charge_neutral", mixed_valence=True
    ),
}


def main() -> None:
    asked = sampling_options(__doc__, 10_000, "raw samples per seed")
    asked.set_defaults(model="matgpt")
    options = asked.parse_args()
    torch.set_num_threads(options.threads)
    model = load(options.model)
    known = known_compositions().items
    chosen = np.random.default_rng(0).permutation(len(known))[:REAL]
    result: dict[str, Any] = {"n": options.n, "seeds": options.seeds, "known": passing([known[row] for row in chosen])}
    result["ways"] = {
        name: [sampled(model, options.n, seed, settings, wanted) for seed in options.seeds]
        for name, (settings, wanted) in WAYS.items()
    }
    result["violations"] = {name: violations(model, options.n, wanted) for name, wanted in COMBINATIONS.items()}
    save(HERE, model.name, {"circumstances": circumstances(model), **result})
    write_page(HERE, "Generated compositions", [page_part(one) for one in saved(HERE)])


def drawn(model: MaterialModel, n: int, seed: int, settings: Sampling, wanted: Constraints) -> list[str]:
    conditions = np.full((n, len(model.properties)), np.nan)
    return [draw.text for draw in model.draw(conditions, seed, settings=settings, constraints=wanted)]


def sampled(model: MaterialModel, n: int, seed: int, settings: Sampling, wanted: Constraints) -> dict[str, float]:
    model.grammar(wanted)  # built once, as in use; the time to build it is not counted
    started = time.perf_counter()
    texts = drawn(model, n, seed, settings, wanted)
    return figures(texts, time.perf_counter() - started, model.known)


def figures(texts: Sequence[str], seconds: float, known: KnownMaterials) -> dict[str, float]:
    """Of raw texts that were written in so many seconds."""
    n = len(texts)
    items = [item for item in map(parse_formula, texts) if not isinstance(item, Problem)]
    different = list({item.formula: item for item in items}.values())
    novel = sum(item not in known for item in different)
    return {
        "parse": len(items) / n,
        **{name: share * len(items) / n for name, share in passing(items).items()},
        "unique": len(different) / n,
        "novel, of the unique": novel / max(len(different), 1),
        "different a second": len(different) / seconds,
    }


def passing(items: Sequence[Composition]) -> dict[str, float]:
    verdicts = {name: [judge(item, rules) for item in items] for name, rules in PROFILES.items()}
    return {
        name: float(np.mean([not isinstance(one, Problem) and one.valid for one in found]))
        for name, found in verdicts.items()
    }


def violations(model: MaterialModel, n: int, wanted: Constraints) -> int:
    items = [parse_formula(text) for text in drawn(model, n, 0, Sampling(), wanted)]
    return sum(isinstance(item, Problem) or wanted.broken(item) != "" for item in items)


def page_part(result: dict[str, Any]) -> str:
    rows = []
    for figure in next(iter(result["ways"].values()))[0]:
        cells = []
        for runs in result["ways"].values():
            values = [run[figure] for run in runs]
            cells.append(
                with_spread((float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else np.nan))
            )
        known = result["known"].get(figure)
        rows.append([figure, f"{known:.4f}" if known is not None else "–", *cells])
    broken = [[name, f"{count} of {result['n']:,}"] for name, count in result["violations"].items()]
    about = (
        f"{result['n']:,} raw samples per seed without targets, none filtered; mean ± standard deviation over "
        "the seeds. `charge_neutral` and `electronegativity_balanced` are the definitions of Material Transformers "
        f"(Fu et al. 2023), no exemption for metals. Known: {REAL:,} random compositions of the training tables."
    )
    masked = "Constraints broken by samples under masks, at temperature 1, seed 0:"
    return "\n\n".join([
        f"## `{result['circumstances']['model']['name']}`", about, table(["figure", "known", *result["ways"]], rows),
        masked, table(["constraints", "broken"], broken), line_of(result),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
