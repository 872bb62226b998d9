"""What is told of crystals after they were relaxed, known answers alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sekkei.campaign.crystal_checks import astray, tell_lowest
from sekkei.campaign.crystal_list import write_all
from sekkei.campaign.judge import Candidate
from sekkei.campaign.side import side
from sekkei.core.targets import parse_targets
from sekkei.materials.constraints import Constraints
from sekkei.materials.domain import LINES
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.wishes import CrystalWishes
from sekkei.predict.crystals import geometry_note


def test_of_relaxed_polymorphs_the_lowest_is_told_across_rounds() -> None:
    item = LINES.parse("225 Na:a Cl:b | 5.70")
    several = [Candidate(row, str(row), "", item, {"energy": energy}) for row, energy in enumerate((-3.0, -3.2))]
    tell_lowest(several)
    assert [one.values["lowest_of_formula"] for one in several] == [0, 1]
    tell_lowest([*several, Candidate(2, "2", "", item, {"energy": -3.25})])
    assert [one.values["lowest_of_formula"] for one in several] == [0, 0]
    assert several[1].notes["lowest_of_formula"] == "0.050 eV/atom above the lowest of 3 relaxed"


def test_what_a_shaken_crystal_fell_to_is_written_beside_it(tmp_path: Path) -> None:
    cubic, lower = LINES.parse("221 Ba:a Ti:b O:c | 4.00"), LINES.parse("221 Ba:a Ti:b O:c | 4.10")
    values = {"energy": -8.0, "group_after": 221.0}
    held, fell = (Candidate(row, str(row), "", cubic, dict(values)) for row in range(2))
    fell.notes["fallen"] = geometry_note(lower)
    names = write_all(
        tmp_path / "candidates.extxyz", [SimpleNamespace(candidate=one) for one in (held, fell)], [], [[], []]
    )
    assert [name for name in names if name.startswith("cif_lower")] == ["cif_lower/2-BaTiO3-221.cif"]
    (line,) = read_crystals(tmp_path / "cif_lower/2-BaTiO3-221.cif")
    assert line.item.volume == pytest.approx(lower.volume, rel=1e-4)


def test_what_relaxation_has_undone_is_lost() -> None:
    item = LINES.parse("225 Na:a Cl:b | 5.70")
    several = [
        Candidate(row, str(row), "", item, {"group_after": float(group), "site_moment": moment})
        for row, (group, moment) in enumerate([(225, 0.0), (166, 0.0), (225, 0.5), (225, np.nan)])
    ]
    target = parse_targets(["magnetic_moment=0±0.1"], side("crystals").targetable())
    plan = SimpleNamespace(targets=target, constraints=CrystalWishes(Constraints(), groups=(225,)))
    group, moment = "has space group 166 once relaxed", f"missed {target[0].label} once relaxed"
    assert astray(plan)(several) == ["", group, moment, ""]
    plan.constraints = CrystalWishes(Constraints())
    assert astray(plan)(several) == ["", "", moment, ""]
