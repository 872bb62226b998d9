"""What a budget of relaxations finds: the campaign's own screen on a pool of each source, and relaxing without it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.crystals.sources import Proposer, Training, candidates
from benchmarks.crystals.sun import METASTABLE, placed

from sekkei.campaign.crystal_checks import relaxed_of
from sekkei.campaign.crystals import evaluators, steps
from sekkei.campaign.funnel import Funnel
from sekkei.campaign.judge import Candidate, Judge
from sekkei.campaign.plan import Plan, read
from sekkei.campaign.source import Source
from sekkei.campaign.spec import campaign
from sekkei.generate.exchange import Substitution
from sekkei.materials.crystal import Crystal
from sekkei.materials.domain import LINES
from sekkei.materials.prototypes import aflow_prototypes
from sekkei.materials.structures import groups
from sekkei.metrics.figures import share
from sekkei.predict.crystals import RELAXED_HULL, RelaxationEvaluator
from sekkei.predict.relaxation import Limits


@dataclass(frozen=True)
class Asked:
    """The size of the pool, how many of it may be relaxed, by what, and against which hull."""

    pool: int
    relaxations: int
    seed: int
    hull: Path | None
    limits: Limits


def prepared(asked: Asked, training: Training) -> tuple[Plan, Source]:
    """A campaign without targets, and a source that knows the training crystals: one screen for all."""
    known = Substitution(aflow_prototypes(), known=training.known)
    spec = {
        "domain": "materials", "level": "crystal", "generators": ["exchange"], "n": asked.relaxations,
        "limits": {"max_e_above_hull": METASTABLE},
        "budget": {"relax": asked.relaxations, "fmax": asked.limits.fmax, "steps": asked.limits.steps,
                   "seconds": asked.limits.seconds, "max_generated": asked.pool},
    }  # fmt: skip
    if asked.hull is not None:
        spec["hull"] = str(asked.hull)
    return read(campaign(spec), known), known


def screen(
    sources: list[Proposer], asked: Asked, training: Training, relaxation: RelaxationEvaluator, judge: Judge,
    *, parallel: bool,
) -> dict[str, Any]:  # fmt: skip
    """For each source what the screen finds, and what the same number of relaxations finds without it."""
    plan, known = prepared(asked, training)
    out = {}
    for source in sources:
        draws = source.draw(asked.seed, 0, asked.pool)
        funnel: Funnel[Crystal] = Funnel(LINES, _quick(plan, known, judge), ())
        funnel.sift(draws)
        unscreened = list({one.key: one for one in candidates(draws)}.values())[: asked.relaxations]
        judge.evaluate(relaxation, unscreened, 1, parallel=parallel)
        out[source.name] = {
            "screened": _found(funnel.kept, asked, training),
            "first of the pool": _found(unscreened, asked, training),
            "steps": [{"step": one.name, "entered": one.entered, "kept": one.kept} for one in funnel.steps()],
        }
    return out


def _quick(plan: Plan, known: Source, judge: Judge) -> list[Any]:
    """The steps of a campaign up to the hull; what is only described afterwards is left out."""
    evaluators()  # loaded before any clock runs
    return [step for step in steps(plan, known, judge) if step.name not in ("probed", "described")]


def _found(kept: list[Candidate[Crystal]], asked: Asked, training: Training) -> dict[str, Any]:
    """Metastable, unique and novel once relaxed, of the relaxations that were allowed; and on or below the hull."""
    low = [one for one in kept if one.values[RELAXED_HULL.name] <= METASTABLE]
    relaxed = [relaxed_of(one) for one in low]
    firsts = [row for row, leader in enumerate(groups(relaxed)) if row == leader]
    strange = training.novel([relaxed[row] for row in firsts])
    found = [low[row] for row, new in zip(firsts, strange, strict=True) if new]
    figure = share("found", len(found), asked.relaxations)
    return {
        "metastable": len(low), "found": len(found), "interval": [figure.interval.low, figure.interval.high],
        "on or below the hull": sum(one.values[RELAXED_HULL.name] <= 0.0 for one in found),
        "crystals": placed(kept),
    }  # fmt: skip
