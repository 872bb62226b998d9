"""Analogues of a molecule under new targets, and the way from one molecule to another, by latent diffusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sekkei.core.errors import UserError
from sekkei.core.seeds import uniforms
from sekkei.core.targets import Target
from sekkei.core.types import Floats, Problem
from sekkei.data.encode import pack
from sekkei.generate.model import Model, read_wishes
from sekkei.generate.sample import DIFFUSED, PLAIN, Sampling
from sekkei.generate.shared import Wishes, check_count
from sekkei.generate.write import decoded, normals, walk_of
from sekkei.models.latent_diffusion import LatentDiffusion
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.novelty import fingerprints, similarities
from sekkei.molecules.properties import PROPERTIES, table

NOTHING, SAME, AGAIN, UNLIKE = "no molecule", "the start itself", "drawn before", "too unlike the start"
"""What attempts at analogues are lost to."""

TRIES = 8
"""Attempts for each analogue asked for, unless told; the best of them are kept."""

MOST_STEPS = 1000
_OPEN = ("min", "max")
_BARE = ("B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I")  # elements that SMILES writes without brackets


@dataclass(frozen=True)
class Analogue:
    """A molecule made from another.

    Attributes:
        smiles: canonical.
        similarity: Tanimoto to the molecule it was made from (Morgan, radius 2, 2048 bits).
        values: by name of the property, in its unit.
        satisfied: whether every target is met.
    """

    smiles: str
    similarity: float
    values: dict[str, float]
    satisfied: bool


class Found(NamedTuple):
    """What :func:`analogues` brings back: the best, the attempts made, and how many of these were lost to what."""

    analogues: list[Analogue]
    attempts: int
    lost: Counter[str]


@dataclass(frozen=True)
class Edit:
    """How a molecule is changed.

    Attributes:
        strength: part of the way to pure noise, above 0 to 1: little keeps much.
        least: similarity below which nothing is an analogue, 0 to 1.
        extrapolate: allow targets outside the training data.
    """

    strength: float = 0.5
    least: float = 0.4
    extrapolate: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if not 0 < self.strength <= 1:
            what = f"{self.strength:g} is not above 0 and at most 1"
            raise UserError(what, "strength", "0.3 keeps much, 0.7 changes much")
        if not 0 <= self.least <= 1:
            raise UserError(f"{self.least:g} is outside 0 to 1", "similarity", "0.4 is usual for analogues")


def analogues(
    model: Model, smiles: str, n: int, targets: Wishes, seed: int = 0, how: Edit = Edit(),
    settings: Sampling | None = None, tries: int = TRIES,
) -> Found:  # fmt: skip
    """Molecules like a given one that are nearer to the targets, best first.

    Noise takes the vector of the molecule part of the way, and the denoiser brings it back under the targets; see
    :meth:`~sekkei.models.latent_diffusion.LatentDiffusion.changed`. Of ``tries`` n attempts the n are kept that miss
    the targets least, of those the most similar.

    Args:
        model: of latent diffusion.
        smiles: the molecule to start from.
        n: how many.
        targets: at least one; see :meth:`~sekkei.generate.model.Model.generate`.
        seed: the same seed gives the same analogues.
        how: how far, and what still counts as like it.
        settings: guidance and steps; by default :data:`~sekkei.generate.sample.DIFFUSED`.
        tries: attempts for each analogue.

    Returns:
        n analogues, fewer where fewer different ones were found, and what became of the other attempts.

    Raises:
        UserError: the model is no latent diffusion, the molecule cannot be read by it, or a target or number is wrong.
    """
    check_count(n)
    wanted = read_wishes(targets)
    if not wanted:
        raise UserError("no target is given", "targets", 'such as --target "logp=2.5"')
    model.check_coverage(wanted, how.extrapolate)
    settings = settings or DIFFUSED
    network, tokens = _network(model), _tokens(model, smiles)
    walk = walk_of(network, settings)
    origin, found, lost = _canonical(smiles), dict[str, None](), Counter[str]()
    for first in range(0, tries * n, settings.batch):
        size = min(settings.batch, tries * n - first)
        noise = torch.from_numpy(normals(seed, first, size, network.config.autoencoder.size)).float()
        values = torch.from_numpy(model.conditions(wanted, size, seed, first)).float()
        vectors = network.changed(tokens.expand(size, -1), noise, values, walk, how.strength)
        randoms = uniforms(seed, first, size, model.longest)
        doubt = network.config.doubt * how.strength  # of a whole way it is what it is for new molecules
        for text in _written(model, vectors, randoms, doubt, values.double().numpy(), settings):
            if isinstance(text, Problem) or text == origin or text in found:
                lost[NOTHING if isinstance(text, Problem) else SAME if text == origin else AGAIN] += 1
            else:
                found[text] = None
    best = _best(found, origin, wanted, how.least)
    lost[UNLIKE] = len(found) - len(best)
    return Found(best[:n], tries * n, +lost)


def read_as(model: Model, smiles: str) -> str | Problem:
    """What a model takes a molecule for: the canonical SMILES that its vector of the molecule decodes to.

    Another than the given one where the molecule is unlike all it has learned; what it makes of such a molecule begins
    at the other.

    Raises:
        UserError: the model is no latent diffusion, or the molecule cannot be read by it.
    """
    network = _network(model)
    with torch.no_grad():
        vector = network.autoencoder.encode(_tokens(model, smiles))
    return next(iter(_written(model, vector, np.full((1, model.longest), 0.5), 0.0)))


def between(model: Model, first: str, last: str, steps: int = 9, seed: int = 0) -> list[str | Problem]:
    """Molecules on the way from one to another, by spherical interpolation of their vectors.

    Args:
        model: of latent diffusion.
        first: SMILES at the beginning.
        last: SMILES at the end.
        steps: places on the way, both ends included.
        seed: of the decoder's choices where a vector lies between molecules.

    Returns:
        One canonical SMILES a place, or why the vector decodes to no molecule. Both ends are what the network makes of
        the two molecules, which shows how well it knows them.

    Raises:
        UserError: as for :func:`analogues`, or steps out of range.
    """
    if not 2 <= steps <= MOST_STEPS:
        raise UserError(f"{steps} is outside 2 to {MOST_STEPS}", "steps", "9 shows seven molecules between two")
    network = _network(model)
    rows = [model.codec.encode(_canonical(text)) for text in (first, last)]
    tokens = _checked(model, rows)
    vectors = network.between(tokens, steps)
    nearer = np.minimum(np.arange(steps), np.arange(steps)[::-1]) / (steps - 1)
    # of ends at right angles, so much of the farther one is added to the nearer one
    doubt = np.tan(np.pi / 2 * nearer)
    return list(_written(model, vectors, uniforms(seed, 0, steps, model.longest), doubt))


def _network(model: Model) -> LatentDiffusion:
    if not isinstance(model.network, LatentDiffusion):
        hint = "name one that was trained with --kind diffusion"
        raise UserError(f"'{model.name}' writes token by token and has no vectors to change", "model", hint)
    return model.network


def _canonical(smiles: str) -> str:
    mol = MOLECULES.parse(smiles)
    if isinstance(mol, Problem):
        raise UserError(mol.message, repr(smiles[:80]), "give one molecule as SMILES")
    return MOLECULES.text(mol)


def _tokens(model: Model, smiles: str) -> Tensor:
    return _checked(model, [model.codec.encode(_canonical(smiles))])


def _checked(model: Model, rows: Sequence[list[int]]) -> Tensor:
    """(n, length) tokens with the start in front; refused where the network has not learned such molecules."""
    for row in rows:
        if len(row) >= model.longest:
            what = f"{len(row)} tokens are more than the {model.longest - 1} that '{model.name}' can read"
            raise UserError(what, model.codec.decode(row), "give a smaller molecule")
        if strange := sorted(set(row) & {*model.training.get("unseen", ())}):
            text = model.codec.decode(row)
            hint = "write it neutral, flat, in one part and of known elements, or train a model on molecules like it"
            raise UserError(f"'{model.name}' has never seen {_unseen(model, text, strange)}", text, hint)
    return pack(rows, np.zeros((len(rows), 0))).batch(np.arange(len(rows)))[0]


def _unseen(model: Model, text: str, strange: Sequence[int]) -> str:
    """What tokens that training never showed stand for in a molecule, in words."""
    mol = MOLECULES.parse(text)
    atoms = [] if isinstance(mol, Problem) else list(mol.GetAtoms())
    symbols = dict.fromkeys(atom.GetSymbol() for atom in atoms)
    alone = {one: one if one in _BARE else f"[{one}]" for one in symbols}
    found = [one for one in symbols if set(model.codec.encode(alone[one])) & set(strange)]
    found += ["charges"] * any(atom.GetFormalCharge() for atom in atoms)
    found += ["stereochemistry"] * any(mark in text for mark in "@/\\")
    found += ["several parts"] * ("." in text)
    return ", ".join(found or dict.fromkeys(model.codec.pieces[token] for token in strange))


def _written(
    model: Model, vectors: Tensor, randoms: Floats, doubt: float | Floats, conditions: Floats | None = None,
    settings: Sampling = PLAIN,
) -> Iterable[str | Problem]:  # fmt: skip
    """The canonical SMILES of vectors (n, size), or why one stands for no molecule."""
    written = vectors.double().numpy()
    sequences = decoded(_network(model), written, randoms, settings, model.grammar, doubt, conditions)
    for sequence in sequences:
        mol = MOLECULES.parse(model.codec.decode(sequence))
        yield mol if isinstance(mol, Problem) else MOLECULES.text(mol)


def _best(found: Iterable[str], origin: str, wanted: Sequence[Target], least: float) -> list[Analogue]:
    """Those alike, the least miss of the targets [tolerances] in front, then the most similar."""
    texts = list(found)
    mols = [MOLECULES.parse(text) for text in [origin, *texts]]
    known = [mol for mol in mols if not isinstance(mol, Problem)]
    prints, names = fingerprints(known), list(PROPERTIES)
    alike, values = similarities(prints[0], prints[1:]), table(known[1:])
    columns = [(target, values[:, names.index(target.name)]) for target in wanted]
    missed = sum((target.weight * target.miss(column) for target, column in columns), np.zeros(len(texts)))
    opened = [column if target.goal == "min" else -column for target, column in columns if target.goal in _OPEN]
    satisfied = np.all([target.satisfied(column) for target, column in columns], axis=0)
    order = np.lexsort([-alike, *opened[::-1], missed])
    return [
        Analogue(texts[row], float(alike[row]), dict(zip(names, values[row].tolist(), strict=True)),
                 bool(satisfied[row]))
        for row in order.tolist() if alike[row] >= least
    ]  # fmt: skip
