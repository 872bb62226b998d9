from __future__ import annotations

from xml.etree import ElementTree as ET

from rdkit import Chem

from sekkei.molecules.draw import svg


def test_one_light_svg_element_of_the_size_asked_for():
    drawing = svg(Chem.MolFromSmiles("CC(=O)Oc1ccccc1C(=O)O"), 300, 200)
    root = ET.fromstring(drawing)  # noqa: S314 - our own drawing
    assert root.tag.endswith("svg")
    assert (root.get("width"), root.get("height")) == ("300px", "200px")
    assert drawing.startswith("<svg")
    assert len(drawing) < 7000


def test_the_same_molecule_gives_the_same_drawing_and_another_another():
    first, again = (svg(Chem.MolFromSmiles("C[C@H](N)C(=O)O")) for _ in range(2))
    assert first == again
    assert first != svg(Chem.MolFromSmiles("C[C@@H](N)C(=O)O"))


def test_odd_molecules_are_drawn_and_not_changed():
    for text in ("[H][H]", "[Na+].[Cl-]", "[13CH4]", "C->[Fe]"):
        mol = Chem.MolFromSmiles(text)
        before = Chem.MolToCXSmiles(mol)
        ET.fromstring(svg(mol))  # noqa: S314 - our own drawing
        assert Chem.MolToCXSmiles(mol) == before
