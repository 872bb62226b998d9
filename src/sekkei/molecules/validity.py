"""Read a SMILES, or say in a chemist's words why it is no molecule.

Valid means: RDKit parses and sanitises it, every atom is a known element and the size is bounded. A text of
several fragments (a salt, a solvate) is one structure.
"""

from __future__ import annotations

import re

from rdkit import Chem, rdBase

from sekkei.core.types import Problem

MAX_LENGTH = 2000
"""Longest SMILES that is read [characters]; longer ones cost time without being small molecules."""

MAX_HEAVY_ATOMS = 300
"""Largest molecule that is read [heavy atoms]."""

_MAX_RINGS = 60
_PLACEHOLDER = re.compile(r"[*~]|\[\d*#0\D")
_BRACKETED = re.compile(r"\[[^\[\]]*\]")
_CLOSURE = re.compile(r"%\((\d+)\)|%(\d\d)|(\d)")
_KINDS = {
    "AtomValenceException": "valence",
    "KekulizeException": "aromaticity",
    "AtomKekulizeException": "aromaticity",
}


def parse_smiles(text: str) -> Chem.Mol | Problem:
    """Read one SMILES.

    Args:
        text: a SMILES; surrounding blanks are ignored, explicit hydrogens become implicit.

    Returns:
        The sanitised molecule, or a Problem whose kind is ``empty``, ``too_large``, ``placeholder``, ``syntax``,
        ``parenthesis``, ``bracket``, ``ring_closure``, ``valence`` or ``aromaticity``.
    """
    smiles = text.strip()
    if (problem := _not_to_be_read(smiles)) is not None:
        return problem
    graph = _read(smiles)
    if graph is None:
        return _unreadable(smiles)
    return too_large(graph) or sanitised(graph)


def too_large(mol: Chem.Mol) -> Problem | None:
    """The Problem ``too_large`` of a molecule beyond the bounds of this module, else None.

    The number of rings (bonds - atoms + 1 per fragment) is bounded too, because perceiving them can cost
    exponential time.
    """
    atoms, bonds = mol.GetNumHeavyAtoms(), mol.GetNumBonds()
    if atoms > MAX_HEAVY_ATOMS:
        return Problem("too_large", f"{atoms} heavy atoms are more than {MAX_HEAVY_ATOMS}")
    if bonds - mol.GetNumAtoms() + 1 > _MAX_RINGS:
        return Problem("too_large", f"more than {_MAX_RINGS} rings")
    return None


def sanitised(graph: Chem.Mol) -> Chem.Mol | Problem:
    """Perceive valence, rings, aromaticity and stereo and make hydrogens implicit; the argument is not changed.

    Returns:
        The molecule, or a Problem ``valence``, ``aromaticity`` or ``structure``.
    """
    mol = Chem.Mol(graph)
    with rdBase.BlockLogs():
        try:
            Chem.SanitizeMol(mol)
            Chem.AssignStereochemistry(mol, cleanIt=True)
            return Chem.RemoveHs(mol) if _has_hydrogen(mol) else mol
        except Chem.MolSanitizeException as error:
            return _impossible(graph, error)


def _not_to_be_read(smiles: str) -> Problem | None:
    """What RDKit would read although it is no SMILES of a small molecule."""
    if not smiles:
        return Problem("empty", "there is no SMILES")
    if len(smiles) > MAX_LENGTH:
        return Problem("too_large", f"the SMILES has {len(smiles)} characters, more than {MAX_LENGTH}")
    if not smiles.isascii():
        return Problem("syntax", "a SMILES has only ASCII characters")
    if _PLACEHOLDER.search(smiles):
        return Problem("placeholder", "an atom or bond is left open ('*', '[#0]' or '~')")
    return None


def _read(smiles: str) -> Chem.Mol | None:
    options = Chem.SmilesParserParams()
    options.sanitize = options.removeHs = options.parseName = options.allowCXSMILES = False
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(smiles, options)


def _has_hydrogen(mol: Chem.Mol) -> bool:
    return bool(mol.GetNumAtoms() != mol.GetNumHeavyAtoms())


def _impossible(graph: Chem.Mol, error: Exception) -> Problem:
    problems = Chem.DetectChemistryProblems(graph)
    if not problems:
        return Problem("structure", str(error))
    kind = _KINDS.get(problems[0].GetType(), "structure")
    message = problems[0].Message().strip()
    if kind == "valence":
        atom = graph.GetAtomWithIdx(problems[0].GetAtomIdx())
        message = f"atom {atom.GetIdx() + 1} ({atom.GetSymbol()}) has too many bonds: {message}"
    elif kind == "aromaticity":
        message = f"no alternating single and double bonds fit the aromatic atoms: {message}"
    return Problem(kind, message)


def _unreadable(smiles: str) -> Problem:
    """Name the usual slip of the pen; the parser itself only says no."""
    bare = _BRACKETED.sub("A", smiles)
    if "[" in bare or "]" in bare:
        return Problem("bracket", "a bracket '[' or ']' has no partner")
    depth = 0
    for character in bare:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
    if depth:
        return Problem("parenthesis", "a branch '(' or ')' has no partner")
    open_rings: set[int] = set()
    for match in _CLOSURE.finditer(bare):
        open_rings ^= {int(next(group for group in match.groups() if group))}
    if open_rings:
        labels = ", ".join(map(str, sorted(open_rings)))
        return Problem("ring_closure", f"ring closure {labels} is opened but not closed")
    return Problem("syntax", "it does not follow the SMILES grammar")
