"""Ion substitution: the published chances, neutral and permitted results, and the same attempts in any batch."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.analysis.structure_prediction.substitution_probability import SubstitutionProbability
from pymatgen.core.periodic_table import Species

from sekkei.core.errors import UserError
from sekkei.core.targets import parse_targets
from sekkei.core.types import Measure
from sekkei.data.parents import LABELS, Parents
from sekkei.generate.substitute import Substitution
from sekkei.materials.constraints import Constraints
from sekkei.materials.formula import parse_formula
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.substitution import substitutions
from sekkei.materials.validity import PROFILES, judge

KNOWN = {
    "CaTiO3": (2.9, -3.4), "LiFePO4": (3.5, -2.5), "NaCl": (5.1, -2.1), "ZnS": (2.0, -0.9), "LiCoO2": (1.0, -1.7),
    "MgAl2O4": (5.1, -3.3), "K2SO4": (5.0, -2.2), "Ba2NaIO6": (3.0, -2.5), "Fe3O4": (0.0, -1.6), "NiTi": (0.0, -0.4),
    "Na3PS4": (2.6, -1.1), "CsPbI3": (2.5, -1.2),
}  # fmt: skip
MEASURES = {
    "band_gap": Measure("band_gap", "eV", tolerance=0.3),
    "formation_energy": Measure("formation_energy", "eV/atom", tolerance=0.2),
}


@pytest.fixture(scope="module")
def known() -> Parents:
    texts = sorted(parse_formula(text).formula for text in KNOWN)
    values = {parse_formula(text).formula: (*pair, 0.0, 1.0) for text, pair in KNOWN.items()}
    listed = KnownMaterials.build((parse_formula(text), None) for text in texts)
    assert len(LABELS) == 4
    return Parents(texts, np.array([values[text] for text in texts]), listed, ("a dozen",), "0123456789ab")


def free(source: Substitution, n: int) -> np.ndarray:
    return source.conditions([], n, 0)


def test_chances_are_the_published_ones() -> None:
    table = substitutions()
    np.testing.assert_allclose(table.chances.sum(axis=1), 1.0)
    row = dict(zip(table.ions, table.chances[table.places["Na", 1]], strict=True))
    assert row["K", 1] > row["Rb", 1] > row["Cs", 1] > 0
    model = SubstitutionProbability()
    slow = model.cond_prob(Species("K", 1), Species("Na", 1)) / model.cond_prob(Species("Rb", 1), Species("Na", 1))
    assert row["K", 1] / row["Rb", 1] == pytest.approx(slow, rel=1e-9)
    assert {(one.symbol, one.oxi_state) for one in model.species} == set(table.ions)
    assert row["O", -2] == 0.0
    assert table.chances[table.places["O", -2], table.places["O", -2]] > 0.8


def test_only_allowed_elements_take_a_place() -> None:
    table = substitutions()
    chances = table.only({"K", "O"})
    assert {table.ions[column][0] for column in np.flatnonzero(chances.sum(axis=0))} == {"K", "O"}
    assert set(np.round(chances.sum(axis=1), 9)) == {0.0, 1.0}


def test_attempts_are_neutral_changed_and_of_a_parents_type(known: Parents) -> None:
    source = Substitution(known)
    texts = [draw.text for draw in source.draw(free(source, 300), seed=0)]
    items = [parse_formula(text) for text in texts]
    assert all(judge(item, PROFILES["smact"]).valid for item in items)
    types = {parse_formula(text).anonymous for text in known.texts}
    assert {item.anonymous for item in items} <= types
    assert len(set(texts)) > 150
    # charges differ within Fe3O4 and are none in NiTi, so neither is a parent of ions
    assert not {"A3B4", "AB"} & {item.anonymous for item in items} - {"AB"}


@pytest.mark.parametrize(
    "constraints",
    [
        Constraints(exclude=("O", "Na")),
        Constraints(contains=("Li",)),
        Constraints(contains=("Sr", "O"), max_elements=3),
        Constraints(system="Sr-Ti-O"),
        Constraints(elements=("Rb", "Sr", "Nb", "O", "F")),
        Constraints(pattern="ABX3"),
        Constraints(max_atoms=5),
    ],
)
def test_every_attempt_keeps_the_constraints(known: Parents, constraints: Constraints) -> None:
    source = Substitution(known, constraints)
    texts = [draw.text for draw in source.draw(free(source, 60), seed=1) if draw.text]
    assert texts
    assert [constraints.broken(parse_formula(text)) for text in texts] == [""] * len(texts)


def test_an_attempt_depends_on_seed_and_position_only(known: Parents) -> None:
    source = Substitution(known)
    whole = source.draw(free(source, 40), seed=3)
    assert source.draw(free(source, 10), seed=3, first=20) == whole[20:30]
    assert source.draw(free(source, 40), seed=4) != whole


def test_targets_choose_the_parents(known: Parents) -> None:
    source = Substitution(known)
    targets = parse_targets(["band_gap=2.0±0.1"], MEASURES)
    conditions = source.conditions(targets, 50, 0)
    assert np.isfinite(conditions[:, 0]).all()
    assert np.isnan(conditions[:, 1]).all()
    types = [parse_formula(draw.text).anonymous for draw in source.draw(conditions, 0)]
    assert types.count("AB") > 25  # ZnS has the gap


def test_a_target_beyond_every_known_compound_is_refused_with_the_range(known: Parents) -> None:
    targets = parse_targets(["band_gap=20±1"], MEASURES)
    with pytest.raises(UserError, match=r"covers band_gap from 0 to 5\.1"):
        Substitution(known).check_coverage(targets)
    assert "extrapolation" in Substitution(known).check_coverage(targets, extrapolate=True)[0]


def test_the_hash_follows_the_parents(known: Parents) -> None:
    other = Parents(known.texts, known.values, known.known, known.sources, "ba9876543210")
    assert Substitution(known).hash != Substitution(other).hash
