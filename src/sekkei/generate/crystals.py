"""A trained model of crystals, ready to use: network, codec, rules, what it was trained on, and how to aim it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import ClassVar

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats
from sekkei.data.crystals import TARGETS
from sekkei.generate import sample, shared
from sekkei.generate.sample import Sampling, usual
from sekkei.generate.shared import GIVE_UP, TrainedModel, Wishes, check_count
from sekkei.materials.codecs.wyckoff import WyckoffCodec
from sekkei.materials.codecs.wyckoff_grammar import WyckoffGrammar
from sekkei.materials.lines import CrystalRow, examine
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.structures import Leaders
from sekkei.materials.wishes import CrystalWishes
from sekkei.train.lines import longest_line

BATCH = 256
"""Crystals written together: long lines take much memory."""

USUAL = Sampling(temperature=0.9, batch=BATCH)
"""Without targets: at 1 more attempts have close atoms or unbalanced charges, and fewer of the first find the structure
of a composition. Chosen with seeds and on compositions that no benchmark uses."""

AIMED = replace(sample.AIMED, batch=BATCH)
"""Under targets, as for molecules."""

_FREE = CrystalWishes()
_CHUNK = 1024
MEASURES = TARGETS

Progress = Callable[[int, int], None]
"""Told how many different sound crystals are found, of how many."""


@dataclass(frozen=True)
class Found:
    """What :meth:`CrystalModel.generate` brings back.

    Attributes:
        rows: sound crystals, no two alike.
        attempts: attempts made.
        lost: how many attempts were lost, by the reason.
    """

    rows: list[CrystalRow]
    attempts: int
    lost: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class CrystalModel(TrainedModel[WyckoffCodec]):
    """A generator of crystals under any subset of property targets and hard constraints.

    Attributes:
        wishes: what every crystal keeps to where nothing else is said.
        settings: how the next token is chosen where nothing else is said and no target steers.
    """

    kind: ClassVar[str] = "crystal"
    wishes: CrystalWishes = _FREE
    settings: Sampling = USUAL

    @property
    def longest(self) -> int:
        """Tokens a line may have at most."""
        return min(int(self.training["longest"]), longest_line(self.network.config.positions))

    @cached_property
    def known(self) -> KnownMaterials:
        """Exact membership of all training compositions, also with their space groups, and of formula types."""
        return KnownMaterials.load(self.folder / "known.bin")

    def grammar(self, wishes: CrystalWishes | None = None) -> WyckoffGrammar:
        """The masks of some wishes; the last few are kept with what they have worked out.

        Raises:
            UserError: the wishes contradict themselves, or no crystal keeps them all.
        """
        return _grammar(self.codec, wishes or self.wishes, self.longest)

    def draw(
        self,
        conditions: Floats,
        seed: int,
        first: int = 0,
        settings: Sampling | None = None,
        wishes: CrystalWishes | None = None,
    ) -> list[Draw]:
        """One raw attempt per row of conditions (n, properties), the text a line; only masks are at work.

        With ``settings.grammar`` off the network is sampled alone, without any constraint.
        """
        settings, rules = settings or self.settings, self.grammar(wishes)
        longest = len(rules.before) + self.longest + 1
        return self.sampled(conditions, seed, first, settings, rules, longest)

    def generate(
        self,
        n: int,
        targets: Wishes = None,
        seed: int = 0,
        settings: Sampling | None = None,
        extrapolate: bool = False,
        wishes: CrystalWishes | None = None,
        progress: Progress = lambda _found, _of: None,
    ) -> Found:
        """Draw until n sound crystals are found that StructureMatcher tells apart.

        Sound: distances, volume and density by :data:`sekkei.materials.geometry.DELIVERED`, charges balanced by the
        profile of the constraints. Elements, composition and space group are masks; nothing is rejected for them.
        Targets steer the network; nothing is rejected for missing them.

        Args:
            n: how many.
            targets: ``{"band_gap": 2.5, "e_above_hull": "<=0.05"}`` or a list in the target language.
            seed: the same seed gives the same crystals.
            settings: temperature, guidance and so on; by default those that are usual with or without targets.
            extrapolate: allow targets outside the training data.
            wishes: what every crystal keeps to.
            progress: told after every batch.

        Returns:
            n crystals, fewer only after 20 n attempts, and what became of the attempts.

        Raises:
            UserError: n, a target or the wishes cannot be met.
        """
        check_count(n)
        wanted, kept = read_wishes(targets), wishes or self.wishes
        self.check_coverage(wanted, extrapolate)
        settings = settings or usual(bool(wanted), under_targets=AIMED, free=self.settings)
        rows: list[CrystalRow] = []
        keys: set[str] = set()
        lost: Counter[str] = Counter()
        first, leaders = 0, Leaders()
        while len(rows) < n and first < GIVE_UP * n:
            size = min(max(n - len(rows), 64), _CHUNK)
            for draw in self.draw(self.conditions(wanted, size, seed, first), seed, first, settings, kept):
                row = examine(draw, kept)
                if row.problem or row.item is None:
                    lost[row.problem.kind if row.problem else "empty"] += 1
                elif len(rows) == n:
                    lost["more than asked for"] += 1
                elif row.key in keys or leaders.add(row.item) < leaders.count - 1:
                    lost["drawn before"] += 1
                else:
                    keys.add(row.key)
                    rows.append(row)
            first += size
            progress(len(rows), n)
        return Found(rows, first, lost)


@lru_cache(maxsize=16)
def _grammar(codec: WyckoffCodec, wishes: CrystalWishes, longest: int) -> WyckoffGrammar:
    wishes.check()
    item = wishes.composition
    before = codec.ask(item.amounts) if item else []
    if wishes.only:
        before = codec.ask([(symbol, 1) for symbol in wishes.required], exactly=False)
    return WyckoffGrammar(
        codec, wishes.constraints.allowed, wishes.groups or None, wishes.most_atoms, wishes.required,
        item.amounts if item else (), longest, tuple(before), wishes.constraints.max_elements,
    )  # fmt: skip


def load(name_or_folder: str = zoo.DEFAULT["crystals"]) -> CrystalModel:
    """Load a shipped model of crystals by name, or a folder that ``sekkei train materials --level crystal`` wrote.

    Raises:
        UserError: there is no such model, its folder is damaged, or it is no model of crystals.
    """
    kept = shared.checkpoint(name_or_folder, "materials", "crystal")
    codec = WyckoffCodec.from_json(kept.codec)
    if codec.size != kept.network.config.vocabulary:
        what = "codec and network have different vocabularies"
        raise UserError(what, str(kept.folder), "copy or train the model again")
    if set(kept.network.config.properties) != set(MEASURES):
        raise UserError("its properties are not those of crystals", str(kept.folder), "train the model again")
    return CrystalModel(kept.folder.name, kept.hash, kept.network, codec, kept.training, kept.card, kept.folder)


def read_wishes(wishes: Wishes) -> list[Target]:
    """Targets from the short forms the Python interface takes."""
    return shared.read_wishes(wishes, MEASURES)
