"""A trained molecule model, ready to use: network, codec, what it was trained on, and how to aim it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats, Problem
from sekkei.generate import shared
from sekkei.generate.sample import AIMED, DIFFUSED, PLAIN, Sampling, usual
from sekkei.generate.shared import TrainedModel, Wishes, different
from sekkei.models.latent_diffusion import LatentDiffusion
from sekkei.molecules.codecs.grammar import SmilesGrammar
from sekkei.molecules.codecs.smiles import SmilesCodec
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.novelty import KnownMolecules
from sekkei.molecules.properties import PROPERTIES

MEASURES = {name: prop.measure for name, prop in PROPERTIES.items()}


@dataclass(frozen=True)
class Model(TrainedModel[SmilesCodec]):
    """A generator of molecules under any subset of property targets."""

    kind: ClassVar[str] = "molecule"

    @cached_property
    def grammar(self) -> SmilesGrammar:
        """Which token may follow which prefix."""
        return SmilesGrammar(self.codec.pieces)

    @cached_property
    def known(self) -> KnownMolecules:
        """Exact membership of all training molecules."""
        return KnownMolecules.load(self.folder / "known.bin")

    @property
    def under_targets(self) -> Sampling:
        """What is usual under targets."""
        return DIFFUSED if isinstance(self.network, LatentDiffusion) else AIMED

    @property
    def in_campaigns(self) -> Sampling:
        """What is usual under the targets of a campaign, which picks among attempts and so wants them various."""
        return DIFFUSED if isinstance(self.network, LatentDiffusion) else PLAIN

    def draw(self, conditions: Floats, seed: int, first: int = 0, settings: Sampling = PLAIN) -> list[Draw]:
        """One raw attempt per row of conditions (n, properties); nothing is checked or filtered."""
        return self.sampled(conditions, seed, first, settings, self.grammar)

    def generate(
        self, n: int, targets: Wishes = None, seed: int = 0, settings: Sampling | None = None, extrapolate: bool = False
    ) -> list[str]:
        """Draw until n different valid molecules are found.

        Args:
            n: how many.
            targets: ``{"logp": 2.0, "mw": (240, 260), "qed": ">=0.7"}`` or a list in the target language. They
                steer the network; nothing is rejected for missing them (``sekkei.design`` does that).
            seed: the same seed gives the same molecules.
            settings: temperature, guidance and so on; by default :func:`~sekkei.generate.sample.usual`.
            extrapolate: allow targets outside the training data.

        Returns:
            n canonical SMILES, fewer only after 20 n attempts.

        Raises:
            UserError: n or a target cannot be met.
        """
        wanted = read_wishes(targets)
        self.check_coverage(wanted, extrapolate)
        chosen = settings or usual(bool(wanted), under_targets=self.under_targets)

        def attempts(size: int, first: int) -> list[Draw]:
            return self.draw(self.conditions(wanted, size, seed, first), seed, first, chosen)

        return different(n, attempts, _canonical)

    def beam(self, width: int, targets: Wishes = None, extrapolate: bool = False) -> list[tuple[str, float]]:
        """The likeliest different valid molecules under the centre of the targets, with log-probability [nats].

        A molecule is given once, as canonical SMILES with the probability of its likeliest text.
        """
        wanted = read_wishes(targets)
        self.check_coverage(wanted, extrapolate)
        return self.likeliest(width, self.centre(wanted), _canonical)


def _canonical(text: str) -> str:
    """Canonical SMILES, empty where the text is none."""
    mol = MOLECULES.parse(text)
    return "" if isinstance(mol, Problem) else MOLECULES.text(mol)


def load(name_or_folder: str = zoo.DEFAULT["molecules"]) -> Model:
    """Load a shipped model by name, or a folder that ``sekkei train`` wrote.

    Raises:
        UserError: there is no such model, or its folder is damaged.
    """
    kept = shared.checkpoint(name_or_folder, "molecules")
    codec = SmilesCodec.from_json(kept.codec)
    if codec.size != kept.network.config.vocabulary:
        what = "codec and network have different vocabularies"
        raise UserError(what, str(kept.folder), "copy or train the model again")
    unknown = set(kept.network.config.properties) - set(MEASURES)
    if unknown or set(kept.training.get("ranges", {})) != set(kept.network.config.properties):
        raise UserError("its properties are not those of molecules", str(kept.folder), "train the model again")
    return Model(kept.folder.name, kept.hash, kept.network, codec, kept.training, kept.card, kept.folder)


def read_wishes(wishes: Wishes) -> list[Target]:
    """Targets from the short forms the Python interface takes."""
    return shared.read_wishes(wishes, MEASURES)
