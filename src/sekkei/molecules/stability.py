"""Would it last? Ring and steric strain in three dimensions, and groups known to fall apart or to rearrange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

from sekkei.core.types import Column, Measure, Problem

STRAIN = Measure(
    "strain",
    "kcal/mol per heavy atom",
    "strain (MMFF94s)",
    source="Halgren, J. Comput. Chem. 17, 490 (1996) and 20, 720 (1999); increments as in Burkert & Allinger 1982",
)
UNSTABLE_GROUPS = Measure(
    "unstable_groups", title="unstable groups", low=0.0, source="sekkei.molecules.stability.GROUPS"
)

MAX_STRAIN = 1.5
"""Strain above which a molecule counts as strained [kcal/mol per heavy atom].

Of 1,500 MOSES molecules, all for sale, 0.3 % lie above it (their 99th percentile is 0.97). Camphor (1.2) passes;
trans-cyclooctene (2.2), cyclopropane (2.6), norbornadiene (3.9) and cubane (4.0) do not.
"""

MAX_ATOMS = 60
"""Largest molecule that is embedded [heavy atoms]."""

_SEED = 7
_EMBEDDINGS = 20
_STEPS = 200
_NOT_BONDED = ("VdW", "Ele")
_SMALL_RING_TYPES = {20: 1, 22: 1, 30: 2}

# kcal/mol by (MMFF94 atom type, hydrogens on the atom).
_INCREMENTS = {
    (1, 0): 9, (1, 1): 2.88, (1, 2): -0.98, (1, 3): -1.75, (2, 0): 2.41, (2, 1): 0, (2, 2): -0.31, (3, 0): 4.13,
    (3, 1): 1.83, (4, 0): 0.46, (4, 1): -0.62, (6, 0): 3.69, (6, 1): 0.61, (7, 0): -2.49, (8, 0): 3.64, (8, 1): 0.63,
    (8, 2): -0.88, (9, 0): 0.17, (9, 1): -2.66, (10, 0): 5.31, (10, 1): 1.8, (10, 2): 3.33, (11, 0): -2.9,
    (12, 0): -1.46, (13, 0): -1.01, (14, 0): -1.25, (15, 0): 1.87, (15, 1): 0.34, (16, 0): -0.2, (17, 0): 4.82,
    (18, 0): -1.47, (19, 0): 2.73, (25, 0): -4.2, (26, 0): -1.76, (32, 0): 0.99, (34, 1): 7.71, (34, 2): 3.06,
    (34, 3): 1.25, (35, 0): -1.96, (37, 0): 3.06, (37, 1): 0.18, (38, 0): -0.71, (39, 0): 2.83, (39, 1): -0.68,
    (40, 0): 11.02, (40, 1): 5.78, (40, 2): 5.83, (41, 0): 1.65, (42, 0): -0.46, (43, 0): 4.4, (43, 1): -0.91,
    (43, 2): -5.13, (44, 0): 3.33, (45, 0): 2.72, (46, 0): 1.67, (47, 0): -1.15, (53, 0): -1.15, (54, 1): 6.66,
    (55, 1): 3.48, (56, 0): 3.38, (56, 1): 2.23, (56, 2): 1.27, (57, 0): 3.67, (58, 0): 1.69, (58, 1): 1.98,
    (59, 0): -1.58, (62, 0): 4.07, (63, 0): 1.76, (63, 1): 0.08, (64, 0): 0.69, (64, 1): -0.42, (65, 0): 0.64,
    (66, 0): -0.36, (67, 0): 0.54, (69, 0): 0.25, (72, 0): -0.36, (78, 0): 1.41, (78, 1): 1, (80, 0): 1.89,
    (80, 1): -0.59, (81, 0): 1.9, (81, 1): 1.01,
}  # fmt: skip


def strain(mol: Chem.Mol) -> float | Problem:
    """How much the bonds of a molecule are bent, stretched and twisted against those of ordinary molecules.

    One conformer is embedded (ETKDGv3, fixed seed; Wang et al., JCIM 60, 2044, 2020) and minimised with MMFF94s for at
    most 200 steps. Its bonded energy (bond stretching, angle bending, stretch-bend, out-of-plane, torsion; no van der
    Waals and no electrostatic term) less one strain-free increment for each heavy atom is the strain, as in the
    group-increment scheme of Burkert & Allinger (Molecular Mechanics, ACS Monograph 177, 1982). The increments were
    fitted (``benchmarks/strain``), by least squares with Huber weights, to the bonded energies of 2,636 molecules
    without counter-ions, three- and four-membered rings and bridgeheads from MOSES, AqSolDB, ZINC250k and ExCAPE-DB
    (residual 0.29 kcal/mol per heavy atom); atoms of small rings get the increment of the open type, and a type that
    fewer than five of them had gets none. Ordinary molecules lie around 0,
    between -0.6 and 1.0. MMFF94 has angle terms of its own for small rings, so their strain comes out in the right
    order but lower than in experiment, and it takes 3-amino-1,2-benzisothiazole dioxides for strained although they are
    not. Of a salt, the largest ion is judged.

    Args:
        mol: a sanitised molecule with implicit hydrogens.

    Returns:
        Strain [kcal/mol per heavy atom], or a Problem ``empty``, ``too_large``, ``no_parameters`` or ``embedding`` (no
        conformer within 20 attempts, which is itself a sign of an impossible ring or stereocentre).
    """
    if not mol.GetNumHeavyAtoms():
        return Problem("empty", "strain is not defined without heavy atoms")
    full = Chem.AddHs(max(Chem.GetMolFrags(mol, asMols=True), key=Chem.Mol.GetNumHeavyAtoms))
    heavy = full.GetNumHeavyAtoms()
    if heavy > MAX_ATOMS:
        return Problem("too_large", f"{heavy} heavy atoms are more than {MAX_ATOMS}, the most that is embedded")
    with rdBase.BlockLogs():
        types = rdForceFieldHelpers.MMFFGetMoleculeProperties(full, "MMFF94s")
        if types is None:
            return Problem("no_parameters", "MMFF94 has no parameters for one of its atoms")
        if not _embed(full):
            return Problem("embedding", f"no three-dimensional structure was found in {_EMBEDDINGS} attempts")
        rdForceFieldHelpers.MMFFGetMoleculeForceField(full, types).Minimize(maxIts=_STEPS)
        for term in _NOT_BONDED:
            getattr(types, f"SetMMFF{term}Term")(False)
        bonded = rdForceFieldHelpers.MMFFGetMoleculeForceField(full, types).CalcEnergy()
    atoms = (atom for atom in full.GetAtoms() if atom.GetAtomicNum() > 1)
    ordinary = sum(_increment(types.GetMMFFAtomType(atom.GetIdx()), atom) for atom in atoms)
    return float((bonded - ordinary) / heavy)


def _embed(full: Chem.Mol) -> bool:
    """Embed one conformer: first from a distance matrix, then, as long chains need it, from random coordinates."""
    options = rdDistGeom.ETKDGv3()
    options.randomSeed, options.maxIterations = _SEED, _EMBEDDINGS // 2
    for options.useRandomCoords in (False, True):
        try:
            if rdDistGeom.EmbedMolecule(full, options) >= 0:
                return True
        except (RuntimeError, ValueError):
            return False
    return False


def _increment(kind: int, atom: Chem.Atom) -> float:
    hydrogens = atom.GetTotalNumHs(includeNeighbors=True)
    return _INCREMENTS.get((_SMALL_RING_TYPES.get(kind, kind), hydrogens), 0.0)


@dataclass(frozen=True)
class StrainEvaluator:
    """:func:`strain` of each molecule; about 30 ms for a drug-like molecule on one core."""

    name: str = STRAIN.name
    version: str = "1"
    measures: tuple[Measure, ...] = (STRAIN,)

    def __call__(self, items: Sequence[Chem.Mol]) -> list[Column]:
        """One column; a molecule that cannot be judged carries its Problem."""
        answers = [strain(mol) for mol in items]
        values = np.array([np.nan if isinstance(answer, Problem) else answer for answer in answers], dtype=np.float64)
        problems = [answer if isinstance(answer, Problem) else None for answer in answers]
        return [Column(STRAIN, values, None, problems)]


@dataclass(frozen=True)
class Group:
    """A group that keeps a compound from being isolated, stored or dissolved in water.

    Attributes:
        name: what a chemist calls it.
        smarts: pattern; stabilised relatives are excluded in it.
        source: publication that lists it as unstable or reactive.
    """

    name: str
    smarts: str
    source: str


_MARCH = "Smith, March's Advanced Organic Chemistry, 7th ed. (2013)"
_GDB = "Fink & Reymond, J. Chem. Inf. Model. 47, 342 (2007)"
_BRETHERICK = "Urben, Bretherick's Handbook of Reactive Chemical Hazards, 7th ed. (2007)"
_RISHTON = "Rishton, Drug Discov. Today 2, 382 (1997)"

_FREE_N = "!$(N[#6]=[O,N,S]);!$(N[SX4])"
_PLAIN_CARBON = "!$(C[CX4]([F,Cl])([F,Cl])[F,Cl])"
_NO_ACCEPTOR = "!$(C[#6]=[O,N,S]);!$(C[SX3,SX4]);!$(C[N+]);!$(CC#N)"

GROUPS: tuple[Group, ...] = (
    Group("peroxide", "[OX2]-[OX2,OX1-]", _BRETHERICK),
    Group("geminal diol", f"[CX4;{_PLAIN_CARBON}]([OX2H])[OX2H]", _MARCH),
    Group("acyclic hemiacetal", f"[CX4;{_PLAIN_CARBON}]([OX2H])-!@[OX2][#6]", _MARCH),
    Group("orthoester", "[CX4]([OX2])([OX2])[OX2]", _GDB),
    Group("hemiaminal", f"[CX4]([OX2H])[NX3;{_FREE_N}]", _GDB),
    Group("geminal diamine", f"[NX3;H1,H2;{_FREE_N}]-!@[CX4]-!@[NX3;{_FREE_N}]", _GDB),
    Group("geminal thiol", "[CX4]([SX2H])[OX2,SX2H,NX3]", _MARCH),
    Group("cyanohydrin", "[CX4]([OX2H])[CX2]#[NX1]", _MARCH),
    Group("geminal halohydrin", "[CX4]([OX2H])[F,Cl,Br,I]", _MARCH),
    Group("alpha-halo ether, sulfide or amine", "[Cl,Br,I][CX4;!$(C(F)F)][NX3,OX2,SX2]", _RISHTON),
    Group("acyl halide", "[CX3](=[OX1,SX1])[F,Cl,Br,I]", _RISHTON),
    Group("imidoyl halide", "[CX3](=[NX2])[Cl,Br,I]", _RISHTON),
    Group("halogen on S, P, Si or B", "[#16,#15,#14,#5][Cl,Br,I;X1]", _RISHTON),
    Group("N-halogen", "[#7][F,Cl,Br,I;X1]", _BRETHERICK),
    Group("hypohalite", "[#8][F,Cl,Br,I;X1]", _BRETHERICK),
    Group("carbamic acid", "[NX3,nX3][CX3](=[OX1,SX1])[OX2H,SX2H]", _MARCH),
    Group("carbonic half-ester", "[#6][OX2][CX3](=[OX1])[OX2H]", _MARCH),
    Group("beta-keto acid", "[#6][CX3](=[OX1])[CX4][CX3](=[OX1])[OX2H]", _MARCH),
    Group("enol", f"[CX3;{_NO_ACCEPTOR}]=[CX3;!$(C[#6]=[O,N,S])][OX2H]", _MARCH),
    Group(
        "N-H enamine",
        f"[CX3;{_NO_ACCEPTOR}]=[CX3;!$(C[#6]=[O,N,S]);!$(C(=C)(N)[N,O,S])][NX3;H1,H2;{_FREE_N};!$(Na)]",
        _MARCH,
    ),
    Group("N-H imine", "[$([CX3H2]),$([CX3H1][#6]),$([CX3]([#6])[#6])]=[NX2;H1]", _MARCH),
    Group("ynol or N-H ynamine", "[CX2]#[CX2][OX2H,SX2H,$([NX3H1]),$([NX3H2])]", _MARCH),
    Group("allene or cumulene", "[#6]=[CX2]=[#6]", _GDB),
    Group("ketene or ketenimine", "[#6]=[CX2]=[O,S,N]", _MARCH),
    Group("isocyanate", "[NX2]=[CX2]=[OX1]", _RISHTON),
    Group("cyclobutadiene", "[C,N]1=[C,N][C,N]=[C,N]1", _MARCH),
    Group("cyclopropene or hetero analogue", "[C,N]1=[C,N][#6X4,O,S,NX3]1", _GDB),
    Group("three-membered ring with two heteroatoms", "[C,N,O,S,P]1[N,O,S][N,O,S]1", _GDB),
    Group("[1.1.1]propellane", "C123~*~C1(~*~2)~*~3", _GDB),
    Group("alkyne in a small ring", "[#6;r3,r4,r5,r6,r7]#@[#6]", _GDB),
    Group("N-N-N chain", "[NX2,NX3;+0]~[NX2,NX3;+0]~[NX2,NX3;+0]", _BRETHERICK),
    Group(
        "chain of three N and O",
        "[$([OX2]~[NX2,NX3;+0]~[OX2,$([NX2,NX3;+0])]),$([OX2](~[NX2,NX3;+0])~[NX2,NX3;+0])]",
        _GDB,
    ),
    Group("N-H diazene", "[NX2;H1]=[NX2]", _BRETHERICK),
    Group("acyclic aliphatic azo", "[CX4]-!@[NX2]=[NX2]-!@[CX4]", _BRETHERICK),
    Group("diazo or diazonium", "[$([#6]=[N+]=[N-]),$([#6-][N+]#N),$([#6][N+]#[NX1])]", _BRETHERICK),
    Group("nitrosoalkane with alpha-H", "[CX4;H1,H2,H3][NX2]=[OX1]", _MARCH),
    Group("nitrite or nitrosothiol", "[OX2,SX2][NX2]=[OX1]", _BRETHERICK),
    Group("sulfenic acid or ester", "[SX2][OX2]", _MARCH),
    Group("chain of three S", "[SX2][SX2][SX2]", _GDB),
    Group("thioaldehyde or thioketone", "[$([CX3H2]),$([CX3H1][#6]),$([CX3]([CX4])[CX4])]=[SX1]", _MARCH),
    Group("P-H phosphine", "[PX3;H1,H2,H3]", _BRETHERICK),
    Group("carbon bound to a reactive metal", "[#6]~[Li,Na,K,Mg,Al,Zn]", _BRETHERICK),
    Group("radical or carbene", "[$([#6;+0;v0,v1,v2,v3]),$([#7;+0;v0,v1,v2]),$([#8;+0;v0,v1;!$(O[#7])])]", _MARCH),
)
"""The unstable groups; each is counted once per molecule."""


def unstable_groups(mol: Chem.Mol) -> tuple[float, str]:
    """Count the kinds of unstable groups in a molecule.

    Args:
        mol: a sanitised molecule with implicit hydrogens.

    Returns:
        The number of kinds of :data:`GROUPS` it contains and their names, joined with ``; ``.
    """
    names = [group.name for group, pattern in zip(GROUPS, _patterns(), strict=True) if mol.HasSubstructMatch(pattern)]
    return float(len(names)), "; ".join(names)


@cache
def _patterns() -> tuple[Chem.Mol, ...]:
    return tuple(Chem.MolFromSmarts(group.smarts) for group in GROUPS)
