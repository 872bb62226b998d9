"""What a campaign is asked to do: checked at the border, unchanging inside."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from sekkei import zoo
from sekkei.campaign.effort import Budget, Draws, Part
from sekkei.campaign.toml import dumps
from sekkei.core.errors import UserError, did_you_mean
from sekkei.molecules.stability import MAX_STRAIN

MAX_FILE = 1_000_000
"""Largest campaign file that is read [bytes]."""

MIN_BUDGET, BUDGET_PER_CANDIDATE = 20_000, 400
"""Attempts allowed unless stated: the larger of the first, and the second times the number asked for."""

MIN_SIMILARITY = 0.4
"""Tanimoto similarity asked for unless stated, where a molecule to stay near is given."""

Word = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=2000)]
Words = Annotated[tuple[Word, ...], Field(strict=False, max_length=100)]


class Wanted(Part):
    """Hard constraints on the structure.

    Attributes:
        require: SMARTS that must match.
        forbid: SMARTS that must not match.
        elements: symbols of the only elements allowed; empty for any.
        similar_to: SMILES of the molecule to stay near.
        min_similarity: smallest Tanimoto similarity to it; see :data:`MIN_SIMILARITY` where not given.
    """

    require: Words = ()
    forbid: Words = ()
    elements: Words = ()
    similar_to: Word | None = None
    min_similarity: float | None = Field(default=None, ge=0.0, le=1.0)


class Limits(Part):
    """Where a structure stops being worth making.

    Attributes:
        max_sa: largest synthetic accessibility score, 1 easy to 10 hard.
        alerts: ``reject`` structures with a PAINS or Brenk alert, or only ``flag`` them.
        max_strain: largest strain energy [kcal/mol per heavy atom].
        novel: leave out what is in the model's training data.
    """

    max_sa: float = Field(default=4.5, ge=1.0, le=10.0)
    alerts: Literal["reject", "flag"] = "reject"
    max_strain: float = Field(default=MAX_STRAIN, gt=0.0, le=1000.0)
    novel: bool = True


class WantedElements(Part):
    """Hard constraints on a composition.

    Attributes:
        exclude: symbols of elements that must not occur.
        contains: symbols of elements that must all occur.
        elements: symbols of the only elements allowed; empty for any.
        system: chemical system such as ``Li-P-S``: exactly these elements.
        formula_pattern: formula type such as ``ABX3``; every letter is a different element.
        min_elements: fewest elements.
        max_elements: most elements.
        max_atoms: most atoms in the reduced formula.
    """

    exclude: Words = ()
    contains: Words = ()
    elements: Words = ()
    system: Word | None = None
    formula_pattern: Word | None = None
    min_elements: int = Field(default=2, ge=1, le=8)
    max_elements: int = Field(default=5, ge=1, le=8)
    max_atoms: int = Field(default=40, ge=1, le=128)


class MaterialLimits(Part):
    """Where a composition stops being worth making.

    Attributes:
        profile: definition of a balanced composition, see ``sekkei.materials.validity.PROFILES``, or ``none``.
        mixed_valence: let atoms of one element take different oxidation states, as in Fe3O4.
        max_e_above_hull: largest predicted energy above the hull of the known phases [eV/atom]; of no effect where
            no known phases are at hand.
        hazard: ``flag`` toxic, radioactive and controlled elements, or ``reject`` them.
        novel: list known compounds apart and not among the candidates.
    """

    profile: Word = "smact"
    mixed_valence: bool = False
    max_e_above_hull: float = Field(default=0.2, ge=0.0, le=10.0)
    hazard: Literal["reject", "flag"] = "flag"
    novel: bool = True


class Campaign(Part):
    """A design campaign: what both domains are asked.

    Attributes:
        domain: what kind of thing is designed.
        model: name of a shipped model, or a folder.
        model_hash: the weights the campaign is about; other ones are refused. A resolved campaign names them.
        targets: wishes in the grammar of ``sekkei.core.targets``.
        n: how many candidates are wanted.
        seed: the same seed gives the same table.
        extrapolate: go on where a target lies outside what the model has seen.
        evaluators: further judges, ``package.module:object``; a target may name what they measure.
        constraints: see :class:`Wanted` and :class:`WantedElements`.
        limits: see :class:`Limits` and :class:`MaterialLimits`.
        sampling: see :class:`Draws`.
        budget: see :class:`Budget`.
    """

    domain: Literal["molecules", "materials"]
    model: Word
    model_hash: Word | None = None
    targets: Words = ()
    n: int = Field(default=50, ge=1, le=100_000)
    seed: int = Field(default=0, ge=0, lt=2**63)
    extrapolate: bool = False
    evaluators: Words = ()
    constraints: Wanted | WantedElements
    limits: Limits | MaterialLimits
    sampling: Draws = Draws()
    budget: Budget = Budget()

    @property
    def kind(self) -> str:
        """Which side answers for it: its domain, or a level of it."""
        return self.domain

    @property
    def pooled(self) -> bool:
        """Whether all attempts are judged together before any is kept, rather than until enough are kept."""
        return False

    def resolved(self) -> Self:
        """The same campaign with nothing left to be worked out."""
        if self.budget.max_generated is not None:
            return self
        most = max(MIN_BUDGET, BUDGET_PER_CANDIDATE * self.n)
        return self.model_copy(update={"budget": self.budget.model_copy(update={"max_generated": most})})

    def toml(self) -> str:
        """The campaign as TOML; :func:`read_campaign` reads it back."""
        return dumps(self.model_dump())


class MoleculeCampaign(Campaign):
    """A campaign for molecules."""

    domain: Literal["molecules"] = "molecules"
    model: Word = zoo.DEFAULT["molecules"]
    constraints: Wanted = Wanted()
    limits: Limits = Limits()

    def resolved(self) -> Self:
        """As :meth:`Campaign.resolved`, with the similarity meant where a molecule to stay near is given."""
        wanted = self.constraints
        if wanted.similar_to is not None and wanted.min_similarity is None:
            wanted = wanted.model_copy(update={"min_similarity": MIN_SIMILARITY})
        return super().resolved().model_copy(update={"constraints": wanted})


class MaterialCampaign(Campaign):
    """A campaign for inorganic materials.

    Attributes:
        level: what is proposed.
        generators: what proposes: ``model``, the trained network, and ``substitution``, ion exchange in known
            compounds. Several take turns.
    """

    domain: Literal["materials"] = "materials"
    model: Word = zoo.DEFAULT["materials"]
    constraints: WantedElements = WantedElements()
    limits: MaterialLimits = MaterialLimits()
    level: Literal["composition"] = "composition"
    generators: Annotated[tuple[Literal["model", "substitution"], ...], Field(strict=False, min_length=1)] = (
        "model",
        "substitution",
    )


_KINDS: dict[str, type[MoleculeCampaign | MaterialCampaign]] = {
    "molecules": MoleculeCampaign,
    "materials": MaterialCampaign,
}


def campaign(data: Mapping[str, Any], source: str = "") -> Campaign:
    """Check the parts of a campaign.

    Args:
        data: nested tables, as TOML or keyword arguments give them.
        source: the file they come from, for messages.

    Raises:
        UserError: the first thing wrong, with its place such as ``limits.max_sa``.
    """
    domain = data.get("domain", "molecules")
    kind: type[Campaign] | None = _KINDS.get(domain) if isinstance(domain, str) else None
    level = data.get("level", "crystal")
    if domain == "materials" and level not in ("crystal", "composition"):
        where = f"{source}: level" if source else "level"
        raise UserError(f"must be 'crystal' or 'composition', not {level!r:.60}", where)
    if domain == "materials" and level == "crystal":
        from sekkei.campaign.crystal_spec import CrystalCampaign  # noqa: PLC0415 - it is made of the parts above

        kind = CrystalCampaign
    if kind is None:
        where = f"{source}: domain" if source else "domain"
        raise UserError(f"must be {' or '.join(map(repr, _KINDS))}, not {domain!r:.60}", where)
    try:
        return kind.model_validate(dict(data))
    except ValidationError as error:
        raise _explained(error, source, kind) from None


def read_campaign(path: Path) -> Campaign:
    """Read a campaign from a TOML file.

    Raises:
        UserError: unreadable file, malformed TOML or a wrong entry.
    """
    try:
        if path.stat().st_size > MAX_FILE:
            raise UserError("is too large for a campaign", str(path), "give the TOML file of a campaign")
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot be read: {(error.strerror or str(error)).lower()}", str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"is no TOML: {error}", str(path), "see campaign.toml of any finished run") from error
    return campaign(data, str(path))


def _explained(error: ValidationError, source: str, kind: type[BaseModel]) -> UserError:
    first, *more = error.errors(include_url=False)
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    where = f"{source}: {place}" if source else place
    hint = f"and {len(more)} more to mend" if more else ""
    if first["type"] == "extra_forbidden":
        *above, word = first["loc"]
        return UserError(f"unknown entry '{word}'", where, _meant(str(word), above, kind))
    given = first["input"]
    shown = f", not {given!r}" if isinstance(given, (str, int, float, bool)) and len(str(given)) <= 60 else ""
    return UserError(f"{_sentence(first['msg'])}{shown}", where, hint)


def _meant(word: str, above: list[int | str], kind: type[BaseModel]) -> str:
    """What to do about an entry that this kind of campaign does not have."""
    from sekkei.campaign.crystal_spec import CrystalCampaign  # noqa: PLC0415 - it is made of the parts above

    if kind is MaterialCampaign and word in _entries(above, CrystalCampaign):
        return 'it is for crystals: leave out level = "composition", or this entry'
    return did_you_mean(word, _entries(above, kind))


def _sentence(message: str) -> str:
    return message.removeprefix("Input ").replace("should be", "must be").replace("should have", "must have")


def _entries(above: list[int | str], kind: type[BaseModel]) -> list[str]:
    part = kind
    for word in above:
        inner = part.model_fields[str(word)].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            part = inner
    return list(part.model_fields)
