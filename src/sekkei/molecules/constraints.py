"""Hard constraints on a structure: groups that must or must not occur, allowed elements, likeness to a molecule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from rdkit import Chem, rdBase

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Problem
from sekkei.molecules.novelty import Prints, fingerprints, similarities
from sekkei.molecules.validity import parse_smiles

_LONGEST_SMARTS = 2000
_HEAVIEST = 118
_SYMBOLS = tuple(Chem.GetPeriodicTable().GetElementSymbol(number) for number in range(1, _HEAVIEST + 1))


@dataclass(frozen=True)
class Constraints:
    """What every candidate must keep to.

    Attributes:
        require: SMARTS patterns that must all occur.
        forbid: SMARTS patterns of which none may occur.
        elements: symbols of the only elements allowed, hydrogen always included; all where empty.
        similar_to: SMILES of a molecule to resemble.
        min_similarity: least Tanimoto similarity to it (Morgan, radius 2, 2048 bits), 0 to 1.
    """

    require: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    similar_to: str | None = None
    min_similarity: float = 0.0

    def check(self) -> None:
        """Read every pattern, symbol and SMILES.

        Raises:
            UserError: one cannot be read, or the similarity is no number from 0 to 1 or lacks its molecule.
        """
        for field, patterns in (("require", self.require), ("forbid", self.forbid)):
            for row, smarts in enumerate(patterns):
                if _pattern(smarts) is None:
                    hint = "write SMARTS, such as [NX3;H2] or c1ccccc1"
                    raise UserError("cannot be read as SMARTS", f"constraints.{field}[{row}] '{smarts}'", hint)
        for row, symbol in enumerate(self.elements):
            if symbol not in _SYMBOLS:
                hint = (
                    did_you_mean(symbol.capitalize(), _SYMBOLS) if len(symbol) > 1 else "write symbols, such as C,N,O"
                )
                raise UserError("is no element", f"constraints.elements[{row}] '{symbol}'", hint)
        self._check_similarity()

    def _check_similarity(self) -> None:
        where = "constraints.min_similarity"
        if not 0.0 <= self.min_similarity <= 1.0:
            raise UserError(f"{self.min_similarity:g} is not between 0 and 1", where)
        if self.similar_to is None:
            if self.min_similarity > 0:
                raise UserError("there is no molecule to be similar to", where, "give similar_to a SMILES")
            return
        mol = parse_smiles(self.similar_to)
        if isinstance(mol, Problem):
            raise UserError(mol.message, f"constraints.similar_to '{self.similar_to}'", "write a SMILES")

    def broken(self, mol: Chem.Mol) -> str:
        """The first constraint a molecule breaks, in words, or ``''``; call :meth:`check` once before."""
        for smarts in self.require:
            if not mol.HasSubstructMatch(_pattern(smarts)):
                return f"lacks {smarts}"
        for smarts in self.forbid:
            if mol.HasSubstructMatch(_pattern(smarts)):
                return f"has {smarts}"
        if self.elements:
            strange = sorted({atom.GetSymbol() for atom in mol.GetAtoms()} - {*self.elements, "H"})
            if strange:
                return f"has {', '.join(strange)}"
        if self.similar_to is not None and self.min_similarity > 0:
            likeness = float(similarities(_print(self.similar_to), fingerprints([mol]))[0])
            if likeness < self.min_similarity:
                return f"less similar than {self.min_similarity:g}"
        return ""

    def words(self) -> list[str]:
        """The constraints as phrases for a report."""
        phrases = [f"must contain {smarts}" for smarts in self.require]
        phrases += [f"must not contain {smarts}" for smarts in self.forbid]
        if self.elements:
            phrases.append(f"only the elements {', '.join(self.elements)} (and H)")
        if self.similar_to is not None:
            phrases.append(f"Tanimoto similarity to {self.similar_to} of at least {self.min_similarity:g}")
        return phrases


@cache
def _pattern(smarts: str) -> Chem.Mol | None:
    if not smarts.strip() or len(smarts) > _LONGEST_SMARTS:
        return None
    with rdBase.BlockLogs():
        return Chem.MolFromSmarts(smarts)


@cache
def _print(smiles: str) -> Prints:
    return np.asarray(fingerprints([parse_smiles(smiles)])[0])
