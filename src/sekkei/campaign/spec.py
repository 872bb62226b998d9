"""What a campaign is asked to do: checked at the border, unchanging inside."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from sekkei import zoo
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


class Part(BaseModel):
    """Strict and unchanging: an unknown key, a wrong type or a number out of bounds is an error."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


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


class Draws(Part):
    """How the model is sampled; see ``sekkei.generate.sample.Sampling``."""

    temperature: float = Field(default=1.0, gt=0.0, le=10.0)
    top_k: int = Field(default=0, ge=0, le=100_000)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    guidance: float = Field(default=1.0, ge=0.0, le=20.0)


class Budget(Part):
    """How much may be spent.

    Attributes:
        max_generated: attempts after which the search stops; see :data:`BUDGET_PER_CANDIDATE` where not given.
        batch: most attempts in one round; what is found is stored after every round.
    """

    max_generated: int | None = Field(default=None, ge=1, le=1_000_000_000)
    batch: int = Field(default=1000, ge=1, le=100_000)


class Campaign(Part):
    """A design campaign.

    Attributes:
        domain: what kind of thing is designed.
        model: name of a shipped model, or a folder.
        model_hash: the weights the campaign is about; other ones are refused. A resolved campaign names them.
        targets: wishes in the grammar of ``sekkei.core.targets``.
        n: how many candidates are wanted.
        seed: the same seed gives the same table.
        extrapolate: go on where a target lies outside what the model has seen.
        evaluators: further judges, ``package.module:object``; a target may name what they measure.
        constraints: see :class:`Wanted`.
        limits: see :class:`Limits`.
        sampling: see :class:`Draws`.
        budget: see :class:`Budget`.
    """

    domain: Literal["molecules"] = "molecules"
    model: Word = zoo.DEFAULT["molecules"]
    model_hash: Word | None = None
    targets: Words = ()
    n: int = Field(default=50, ge=1, le=100_000)
    seed: int = Field(default=0, ge=0, lt=2**63)
    extrapolate: bool = False
    evaluators: Words = ()
    constraints: Wanted = Wanted()
    limits: Limits = Limits()
    sampling: Draws = Draws()
    budget: Budget = Budget()

    def resolved(self) -> Campaign:
        """The same campaign with nothing left to be worked out."""
        budget, wanted = self.budget, self.constraints
        if budget.max_generated is None:
            most = max(MIN_BUDGET, BUDGET_PER_CANDIDATE * self.n)
            budget = budget.model_copy(update={"max_generated": most})
        if wanted.similar_to is not None and wanted.min_similarity is None:
            wanted = wanted.model_copy(update={"min_similarity": MIN_SIMILARITY})
        return self.model_copy(update={"budget": budget, "constraints": wanted})

    def toml(self) -> str:
        """The campaign as TOML; :func:`read_campaign` reads it back."""
        return dumps(self.model_dump())


def campaign(data: Mapping[str, Any], source: str = "") -> Campaign:
    """Check the parts of a campaign.

    Args:
        data: nested tables, as TOML or keyword arguments give them.
        source: the file they come from, for messages.

    Raises:
        UserError: the first thing wrong, with its place such as ``limits.max_sa``.
    """
    try:
        return Campaign.model_validate(dict(data))
    except ValidationError as error:
        raise _explained(error, source) from None


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


def _explained(error: ValidationError, source: str) -> UserError:
    first, *more = error.errors(include_url=False)
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    where = f"{source}: {place}" if source else place
    hint = f"and {len(more)} more to mend" if more else ""
    if first["type"] == "extra_forbidden":
        *above, word = first["loc"]
        return UserError(f"unknown entry '{word}'", where, did_you_mean(str(word), _entries(above)))
    given = first["input"]
    shown = f", not {given!r}" if isinstance(given, (str, int, float, bool)) and len(str(given)) <= 60 else ""
    return UserError(f"{_sentence(first['msg'])}{shown}", where, hint)


def _sentence(message: str) -> str:
    return message.removeprefix("Input ").replace("should be", "must be").replace("should have", "must have")


def _entries(above: list[int | str]) -> list[str]:
    part: type[BaseModel] = Campaign
    for word in above:
        inner = part.model_fields[str(word)].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            part = inner
    return list(part.model_fields)
