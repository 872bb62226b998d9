"""Generated crystals: raw samples, S.U.N., what a budget of relaxations finds, structures of given compositions.

python -m benchmarks.crystals.run --model DIR --work build/crystals
python -m benchmarks.crystals.run --parts raw sun screen --sources exchange random training   # without a model

Every source is measured in the same run. Relaxations are kept in the folder of --work, so that a run that was stopped
goes on; each part writes its own raw output and the page anew. Without --hull the hull is that of a campaign: the data
folder's, or the one that ships.
"""

from __future__ import annotations

import argparse
from concurrent.futures import Executor, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from benchmarks.crystals import csp, page
from benchmarks.crystals.bias import bias
from benchmarks.crystals.raw import as_json, raw, ways_of
from benchmarks.crystals.screen import Asked, screen
from benchmarks.crystals.sources import Proposer, Training, proposers, split
from benchmarks.crystals.sun import sun
from benchmarks.record import circumstances, save, saved

from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.judge import Judge
from sekkei.campaign.reference import reference_hull, usual_hull
from sekkei.campaign.spec import campaign
from sekkei.campaign.store import Store
from sekkei.generate.crystals import USUAL, CrystalModel, load
from sekkei.metrics.parallel import processes
from sekkei.predict.crystals import RelaxationEvaluator
from sekkei.predict.relaxation import Limits

PARTS = ("raw", "sun", "screen", "csp", "bias")
WORDS = ("model", "exchange", "parents", "random", "training")
PACKAGES = ("torch", "transformers", "numpy", "pymatgen-core", "spglib", "chgnet")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="shipped model or model folder; the other sources alone where absent")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--sources", nargs="+", choices=WORDS, default=list(WORDS))
    parser.add_argument("--hull", type=Path, help="the potential's energies of known structures [the usual]")
    parser.add_argument("--work", type=Path, default=Path("build/crystals"), help="keeps relaxations")
    parser.add_argument("--out", type=Path, default=page.HERE, help="folder for results and page")
    parser.add_argument("-n", type=int, default=1000, help="raw samples per seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--violations", type=int, default=10_000, help="raw samples under constraints")
    parser.add_argument("--sun", type=int, default=300, help="novel unique samples to relax, per source")
    parser.add_argument("--pool", type=int, default=5000, help="attempts that are screened, per source")
    parser.add_argument("--relaxations", type=int, default=250, help="relaxations of the screen, per source")
    parser.add_argument("--compositions", type=int, default=500, help="structures to predict")
    parser.add_argument("--tries", type=int, default=20, help="attempts at each")
    parser.add_argument("--references", type=int, default=50, help="training crystals relaxed for the bias")
    parser.add_argument("--fmax", type=float, default=0.05)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--remark", default="", help="for the page, such as where kept relaxations were computed")
    parser.add_argument("--workers", type=int, default=2, help="processes for chemistry and relaxations")
    parser.add_argument("--threads", type=int, default=2, help="threads for the network")
    return parser.parse_args()


def main() -> None:
    asked = options()
    asked.hull = asked.hull or usual_hull(RelaxationEvaluator().potential)
    torch.set_num_threads(asked.threads)
    model = load(asked.model) if asked.model else None
    training = Training(split("train"))
    sources = [one for word, one in proposers(model, training).items() if word in asked.sources]
    asked.work.mkdir(parents=True, exist_ok=True)
    with Store(asked.work / "relaxations.db") as store, processes(asked.workers) as pool:
        judge = Judge(store, pool or ThreadPoolExecutor(1))
        for part in asked.parts:
            found = measured(part, asked, model, training, sources, judge, pool)
            if found:
                name = f"{model.name if model else 'baselines'}-{part}"
                about = circumstances(model) | {"packages": {name: version(name) for name in PACKAGES}}
                about |= {"remark": asked.remark} if asked.remark else {}
                save(asked.out, name, {"part": part, "circumstances": about, **found})
                page.write(asked.out, saved(asked.out))


def measured(
    part: str, asked: argparse.Namespace, model: CrystalModel | None, training: Training, sources: list[Proposer],
    judge: Judge, pool: Executor | None,
) -> dict[str, Any]:  # fmt: skip
    """The raw output of one part; nothing where it needs a model and there is none."""
    limits = Limits(asked.fmax, asked.steps)
    relaxation = RelaxationEvaluator(limits=limits, hull=reference_hull(_campaign(asked.hull)))
    about = {
        "hull": len(relaxation.hull) if relaxation.hull else 0,
        "limits": str(limits),
        "parallel": pool is not None,
    }
    apart = pool is not None
    if part == "raw":
        others = [one for one in sources if model is None or one.name != model.name]
        ways = raw(ways_of(model if "model" in asked.sources else None, others), asked.n, asked.seeds, training, pool)
        about = {"n": asked.n, "seeds": asked.seeds, "temperature": USUAL.temperature}
        return {**about, "ways": ways, **as_json(model, asked.violations)}
    if part == "csp":
        return csp.prediction(model, asked.compositions, asked.tries, asked.seeds[0]) if model else {}
    if relaxation.hull is None:
        raise SystemExit(f"--parts {part} needs --hull, which benchmarks.crystals.reference_hull makes")
    if part == "sun":
        found = sun(sources, asked.sun, asked.seeds[0], training, relaxation, judge, parallel=apart)
        return {"n": asked.sun, "seeds": asked.seeds[:1], **about, "sources": found}
    if part == "bias":
        return {**about, **bias(asked.hull, asked.references, relaxation, judge, parallel=apart)}
    wanted = Asked(asked.pool, asked.relaxations, asked.seeds[0], asked.hull, limits)
    found = screen(sources, wanted, training, relaxation, judge, parallel=apart)
    sizes = {"pool": asked.pool, "relaxations": asked.relaxations, "seeds": asked.seeds[:1]}
    return {**sizes, **about, "sources": found}


def _campaign(hull: Path | None) -> CrystalCampaign:
    named = {"hull": str(hull)} if hull else {}
    made = campaign({"domain": "materials", "level": "crystal", **named})
    if not isinstance(made, CrystalCampaign):
        raise TypeError(made.kind)
    return made


if __name__ == "__main__":
    main()
