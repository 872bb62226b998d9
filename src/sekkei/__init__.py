"""Sekkei designs molecules backwards: state the properties you want, get a ranked and explained list.

Example:
    >>> import sekkei as sk
    >>> model = sk.load("molecules")
    >>> model.generate(10, targets={"logp": 2.0}, seed=0)
    >>> sk.score(["CCO"], ["qed", "sa"])
    >>> sk.design("molecules", targets=["logp=1.5±0.5"], n=50, seed=0, out="runs/x")

Importing this module is quick: what needs torch or RDKit is imported when it is first used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sekkei.core.errors import UserError
from sekkei.version import __version__

if TYPE_CHECKING:
    import pandas as pd

    from sekkei.campaign.outcome import Outcome
    from sekkei.campaign.run import Progress
    from sekkei.core.evaluators import evaluator
    from sekkei.core.protocols import Evaluator
    from sekkei.core.types import Column, Measure, Problem
    from sekkei.data.encoders import load_encoder
    from sekkei.generate.sample import Sampling
    from sekkei.generate.shelf import AnyModel

__all__ = [
    "Column",
    "Measure",
    "Problem",
    "Sampling",
    "UserError",
    "__version__",
    "design",
    "evaluator",
    "load",
    "load_encoder",
    "score",
]

_HOMES = {
    "Column": "sekkei.core.types",
    "Measure": "sekkei.core.types",
    "Problem": "sekkei.core.types",
    "Sampling": "sekkei.generate.sample",
    "evaluator": "sekkei.core.evaluators",
    "load_encoder": "sekkei.data.encoders",
}


def load(name: str = "molecules") -> AnyModel:
    """Load a model.

    Args:
        name: a domain (``molecules``, ``materials``) for its default model, a shipped model such as ``moses``, or a
            model folder.

    Raises:
        UserError: there is no such model, or its folder is damaged.
    """
    from sekkei import zoo
    from sekkei.generate.shelf import load as load_model

    return load_model(zoo.DEFAULT.get(name, name))


def score(
    structures: Iterable[Any], evaluators: Sequence[str | Evaluator[Any]], domain: str = "molecules"
) -> pd.DataFrame:
    """Run evaluators on structures of your own.

    Args:
        structures: SMILES or RDKit molecules; for materials formulas or compositions.
        evaluators: names such as ``qed`` or ``mypkg.scores:f``, or evaluators themselves.
        domain: ``molecules`` or ``materials``.

    Returns:
        One row per structure, in order: ``smiles`` or ``formula``, a column per measure headed by name and unit, the
        ends of its 90 % interval where it has one, and ``problem``.

    Raises:
        UserError: an unknown evaluator.
    """
    from sekkei.campaign.score import score as run

    return run(structures, evaluators, domain)


def design(
    domain: str,
    *,
    targets: Sequence[str],
    out: str | Path,
    n: int = 50,
    seed: int = 0,
    resume: bool = False,
    progress: Callable[[Progress], None] | None = None,
    **entries: Any,
) -> Outcome:
    """Run a design campaign, as ``sekkei design`` does.

    Args:
        domain: what to design: ``molecules`` or ``materials``.
        targets: wishes in the target language, such as ``logp=1.5±0.5`` or ``band_gap=2.5±0.3``.
        out: folder for the results; new or empty, unless the run goes on.
        n: how many candidates.
        seed: the same seed gives the same table.
        resume: go on with a stopped run.
        progress: told after every round.
        **entries: any further entry of ``campaign.toml``, such as ``model="moses"``,
            ``constraints={"elements": ["C", "N", "O"]}`` or ``limits={"max_sa": 4.0}``.

    Returns:
        The ranked candidates, the report's content and, where there are fewer than n, why.

    Raises:
        UserError: something asked for that must be put right.
    """
    from sekkei.campaign.run import design as run
    from sekkei.campaign.spec import campaign

    entries = {"domain": domain, "targets": list(targets), "n": n, "seed": seed, **entries}
    return run(campaign(entries), out, resume, progress)


def __getattr__(name: str) -> Any:
    """Import what is named when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sekkei' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
