from __future__ import annotations

from xml.etree import ElementTree as ET

from sekkei.materials.crystal import crystal
from sekkei.materials.draw import cell_svg, composition_svg
from sekkei.materials.formula import SYMBOLS, composition, parse_formula

SVG = "{http://www.w3.org/2000/svg}"


def test_a_composition_is_a_small_periodic_table_with_its_elements():
    drawing = composition_svg(parse_formula("SrTiO3"), 300, 200)
    root = ET.fromstring(drawing)  # noqa: S314 - our own drawing
    assert (root.get("width"), root.get("height")) == ("300px", "200px")
    assert len(root.findall(f"{SVG}rect")) == 118 + 3
    assert {text.text for text in root.findall(f"{SVG}text")} == {"Sr", "Ti", "O"}
    assert len(drawing) < 12_000
    assert drawing == composition_svg(parse_formula("O6Ti2Sr2"), 300, 200)


def test_no_two_elements_share_a_place():
    everything = composition(dict.fromkeys(SYMBOLS, 1))
    root = ET.fromstring(composition_svg(everything))  # noqa: S314 - our own drawing
    places = [(tile.get("x"), tile.get("y")) for tile in root.findall(f"{SVG}rect")[:118]]
    assert len(set(places)) == 118


def test_a_cell_is_drawn_with_its_atoms_and_edges(rocksalt):
    root = ET.fromstring(cell_svg(rocksalt))  # noqa: S314 - our own drawing
    assert len(root.findall(f".//{SVG}circle")) == 8
    assert len(root.findall(f".//{SVG}path")) == 12
    assert cell_svg(rocksalt) == cell_svg(rocksalt)


def test_heavy_elements_and_large_cells_are_drawn():
    heavy = crystal([[400, 0, 0], [0, 4, 0], [0, 0, 4]], [118] * 450, [[i / 450, 0, 0] for i in range(450)])
    root = ET.fromstring(cell_svg(heavy))  # noqa: S314 - our own drawing
    assert len(root.findall(f".//{SVG}circle")) == 400
