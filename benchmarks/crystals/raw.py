"""Raw samples: validity, uniqueness, novelty, share of P1, speed; and constraints that must never be broken."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np
from benchmarks.crystals.sources import FREE, PLAIN, Drawn, Proposer, Training, drawn_again, of_model, of_rules

from sekkei.core.types import Draw, Problem
from sekkei.generate.crystals import USUAL, CrystalModel
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.constraints import Constraints
from sekkei.materials.crystal import Crystal
from sekkei.materials.domain import LINES
from sekkei.materials.structures import groups
from sekkei.materials.wishes import CrystalWishes
from sekkei.metrics.materials.look import Prints, look
from sekkei.metrics.materials.measured import Set, properties, validity
from sekkei.metrics.materials.profiles import CONVENTIONS

ASKED = {
    "the composition SrTiO3": replace(FREE, formula="SrTiO3"),
    "the system Li-P-S": CrystalWishes(Constraints(system="Li-P-S", profile="none")),
    "space group 225": replace(FREE, groups=(225,)),
    "without O, Pb, Cd": CrystalWishes(Constraints(exclude=("O", "Pb", "Cd"), profile="none")),
    "with Li and O, at most 20 atoms": CrystalWishes(Constraints(contains=("Li", "O"), profile="none"), most_atoms=20),
}
"""Constraints of the row "hard constraints violated"; the attempts are shared out among them."""

_NONE = Prints(np.empty((0, 0)), np.empty((0, 0)))
_FIGURES = {
    "struct_valid/cdvae": "structural validity (CDVAE)",
    "comp_valid/cdvae": "composition validity (CDVAE)",
    "valid": "both",
    "P1": "P1",
}


def raw(
    ways: Sequence[tuple[str, Drawn, bool]], n: int, seeds: Sequence[int], training: Training, pool: Executor | None
) -> dict[str, list[dict[str, float]]]:
    """The figures of each (name, source, drawn again where unsound) for each seed."""
    return {name: [_measured(draw, again, n, seed, training, pool) for seed in seeds] for name, draw, again in ways}


def ways_of(model: CrystalModel | None, others: Sequence[Proposer]) -> list[tuple[str, Drawn, bool]]:
    """The network alone, under its masks, and drawn again where unsound; then the other sources as they are.

    After the first stands the codec's grammar without the mask on distances. The network alone, and this grammar once
    more, are sampled at temperature 1, all else at the usual one.
    """
    found: list[tuple[str, Drawn, bool]] = []
    if model is not None:
        alone = of_model(model, replace(PLAIN, grammar=False))
        masked, codec = of_model(model, USUAL), replace(model.grammar(FREE), apart=False)
        found += [
            ("network alone", alone, False),
            ("grammar of the codec at 1", of_rules(model, codec), False),
            ("grammar of the codec", of_rules(model, codec, USUAL), False),
            ("masks", masked, False),
            ("masks, drawn again", masked, True),
        ]
    return [*found, *((one.name, one.draw, False) for one in others)]


def _measured(
    draw: Drawn, again: bool, n: int, seed: int, training: Training, pool: Executor | None
) -> dict[str, float]:
    draw(seed, 0, 1)  # masks are built once, as in use; the time to build them is not counted
    started = time.perf_counter()
    draws, attempts = drawn_again(draw, seed, n) if again else (draw(seed, 0, n), n)
    items = [item if isinstance(item := LINES.parse(one.text), Crystal) else None for one in draws]
    seconds = time.perf_counter() - started
    made = Set("crystal", items, look(items, pool), {}, _NONE)
    figures = {one.name: one.value for one in [*validity(made, CONVENTIONS["cdvae"]), *properties(made)]}
    readable = [item for item in items if item is not None]
    firsts = [readable[row] for row, leader in enumerate(groups(readable, executor=pool)) if row == leader]
    novel = sum(training.novel(firsts))
    return {
        "readable": len(readable) / n,
        **{title: figures[name] for name, title in _FIGURES.items()},
        "unique": len(firsts) / max(1, len(readable)),
        "novel, of the unique": novel / max(1, len(firsts)),
        "unique and novel": novel / n,
        "attempts for each": attempts / n,
        "a minute": 60 * n / seconds,
    }


def violations(model: CrystalModel, n: int, seed: int) -> dict[str, dict[str, int]]:
    """How many of about n raw attempts break what was asked; each constraint gets its share."""
    share = -(-n // len(ASKED))
    return {name: _broken(of_model(model, wishes=wishes), wishes, share, seed) for name, wishes in ASKED.items()}


def _broken(draw: Drawn, wishes: CrystalWishes, n: int, seed: int) -> dict[str, int]:
    faults = [_fault(one, wishes) for one in draw(seed, 0, n)]
    unreadable = sum(isinstance(one, Problem) for one in faults)
    return {"attempts": n, "unreadable": unreadable, "broken": sum(one != "" for one in faults) - unreadable}


def _fault(draw: Draw, wishes: CrystalWishes) -> str | Problem:
    """What the line breaks, and independently of the line what the atoms of its crystal do; a Problem is no crystal."""
    apart = read_symmetric(draw.text)
    if isinstance(apart, Problem):
        return apart
    item = apart.crystal()
    if isinstance(item, Problem):
        return item
    if wishes.composition and item.composition != wishes.composition:
        return f"the atoms are {item.composition.formula}"
    return wishes.broken(apart) or replace(wishes.constraints, profile="none").broken(item.composition)


def summary(runs: dict[str, list[dict[str, float]]]) -> list[tuple[str, list[tuple[float, float]]]]:
    """For each figure its mean and standard deviation over the seeds, a column a way."""
    names = next(iter(runs.values()))[0]
    return [
        (
            name,
            [
                (float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else np.nan)
                for values in ([one[name] for one in found] for found in runs.values())
            ],
        )
        for name in names
    ]


def as_json(model: CrystalModel | None, violated: int) -> dict[str, Any]:
    """The violations of a model, nothing without one."""
    return {} if model is None else {"violations": violations(model, violated, seed=7)}
