"""The main path: read → generate → decode → evaluate (cheap to dear) → rank → store → report."""

from __future__ import annotations

import contextlib
import os
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekkei.campaign.choose import choose
from sekkei.campaign.export import export, write_campaign
from sekkei.campaign.funnel import Funnel
from sekkei.campaign.judge import Judge
from sekkei.campaign.outcome import Outcome, conclude
from sekkei.campaign.plan import read
from sekkei.campaign.rounds import rounds, wanted
from sekkei.campaign.side import side
from sekkei.campaign.source import Source
from sekkei.campaign.spec import Campaign
from sekkei.campaign.store import Run, Store
from sekkei.core.errors import UserError
from sekkei.core.files import cannot_write

STORE = "campaign.db"


@dataclass(frozen=True)
class Progress:
    """Where a run stands after a round.

    Attributes:
        round: rounds done.
        generated: attempts made.
        budget: most attempts allowed.
        kept: structures that passed every step.
        wanted: structures after which the search stops.
    """

    round: int
    generated: int
    budget: int
    kept: int
    wanted: int


def design(
    spec: Campaign,
    out: str | Path,
    resume: bool = False,
    progress: Callable[[Progress], None] | None = None,
    model: Source | None = None,
    workers: Executor | None = None,
) -> Outcome:
    """Run a campaign, or go on with one that was stopped.

    Args:
        spec: what is asked.
        out: folder for the results; it must be new or empty, unless the run goes on.
        resume: go on from what ``out`` holds; the end is the same as without the stop.
        progress: told after every round.
        model: instead of the one that ``spec`` names.
        workers: where dear evaluators run; threads of this process where not given. The result does not depend on it.

    Raises:
        UserError: something in ``spec`` or ``out`` that must be put right, a full disk, or Ctrl-C.
    """
    model = model or side(spec.kind).load(spec)
    plan = read(spec, model)
    folder = _folder(Path(out), resume)
    most = plan.spec.budget.max_generated or 0
    goal = most if plan.spec.pooled else wanted(plan.spec.n, plan.targets)
    with Store(folder / STORE) as store, _workers(workers) as pool, _resumable(folder):
        _claim(store, folder, Run(plan.spec.toml(), model.hash, plan.spec.seed))
        write_campaign(plan, folder)
        steps = plan.side.steps(plan, model, Judge(store, pool))
        funnel: Funnel[Any] = Funnel(plan.side.DOMAIN, steps, plan.targets)
        draw = plan.side.drawing(plan, model, funnel)
        for number, draws in enumerate(rounds(store, plan.spec.budget, goal, lambda: len(funnel.kept), draw), start=1):
            store.add_fates(funnel.sift(draws))
            if progress:
                progress(Progress(number, funnel.generated, most, len(funnel.kept), goal))
        ranked = choose(plan, funnel.kept, model)
        outcome = conclude(plan, model, funnel, ranked, folder)
        store.add_artifacts(export(outcome, plan, model))
    return outcome


def _folder(out: Path, resume: bool) -> Path:
    try:
        used = out.is_dir() and any(out.iterdir())
        if used and not resume:
            raise UserError("the folder is not empty", f"--out {out}", "add --resume to go on, or choose another")
        if used and not (out / STORE).exists():
            raise UserError(f"there is no {STORE} to go on from", f"--out {out}", "choose the folder of a stopped run")
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    return out


def _claim(store: Store, folder: Path, asked: Run) -> None:
    begun = store.run()
    if begun is None:
        store.begin(asked)
    elif begun != asked:
        what = f"the run in this folder was asked differently: {_difference(begun, asked)}"
        raise UserError(what, f"--out {folder}", "repeat the first command, or choose another --out")


def _difference(begun: Run, asked: Run) -> str:
    old, new = _flat(tomllib.loads(begun.spec)), _flat(tomllib.loads(asked.spec))
    changed = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    if changed == ["model_hash"]:
        return f"model {begun.model_hash} is now {asked.model_hash}"
    return ", ".join(f"{name} was {old.get(name, 'not given')!r}" for name in changed)


def _flat(table: dict[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= _flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
    return found


@contextlib.contextmanager
def _workers(given: Executor | None) -> Iterator[Executor]:
    if given is not None:
        yield given
        return
    # Threads do here: the dear step is RDKit's, which leaves Python's lock while it embeds and minimises. Unlike
    # processes they start at once, and need no guard in the user's script.
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _resumable(folder: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        what = "stopped; everything finished so far is kept"
        raise UserError(what, str(folder), "the same command with --resume goes on") from None
