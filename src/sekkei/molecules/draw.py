"""Structural formulas as SVG text, light enough for a page of hundreds."""

from __future__ import annotations

import re

from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

_PROLOGUE = re.compile(r"<\?xml[^>]*\?>\s*|<!--.*?-->\s*|<rdkit:.*?</rdkit:[^>]*>\s*", re.DOTALL)
_CLASS = re.compile(r"\s+class='[^']*'")
_DEFAULTS = re.compile(r"(?:fill-rule:evenodd|stroke-linecap:butt|stroke-linejoin:miter|stroke-opacity:1);?(?=[^']*')")
_LONGEST_BOND = 26.0


def svg(mol: Chem.Mol, width: int = 240, height: int = 180) -> str:
    """Draw a molecule.

    Args:
        mol: a sanitised molecule; it is not changed.
        width: width of the drawing [pixels], above 0.
        height: height of the drawing [pixels], above 0.

    Returns:
        One ``<svg>`` element with a transparent background and no XML prologue, to be put into HTML as it is. The same
        molecule always gives the same text.
    """
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options = drawer.drawOptions()
    options.clearBackground = False
    options.fixedBondLength = _LONGEST_BOND
    options.padding = 0.06
    with rdBase.BlockLogs():
        drawer.DrawMolecule(_flat(mol))
    drawer.FinishDrawing()
    return _light(drawer.GetDrawingText())


def _light(drawing: str) -> str:
    """Leave out what an inline SVG does not need: prologue, atom classes and styles that are SVG's defaults anyway."""
    return _DEFAULTS.sub("", _CLASS.sub("", _PROLOGUE.sub("", drawing))).strip()


def _flat(mol: Chem.Mol) -> Chem.Mol:
    """A copy ready for drawing; structures that have no Kekulé form are drawn with aromatic bonds."""
    copy = Chem.Mol(mol)
    copy.RemoveAllConformers()
    rdDepictor.Compute2DCoords(copy)
    try:
        return rdMolDraw2D.PrepareMolForDrawing(copy)
    except ValueError:
        return rdMolDraw2D.PrepareMolForDrawing(copy, kekulize=False)
