"""What counts as known in a campaign of crystals, and how its network is sampled."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekkei import zoo
from sekkei.campaign.crystal_checks import known_already
from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.crystals import load
from sekkei.campaign.judge import Candidate
from sekkei.campaign.spec import campaign
from sekkei.generate.sample import AIMED, PLAIN
from sekkei.materials.domain import LINES
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.novelty import NOVELTY, KnownMaterials

STRANGE = "Cs5Na2Rb3O7"
"""A formula of no table."""


def formula(text: str) -> Composition:
    item = parse_formula(text)
    assert isinstance(item, Composition)
    return item


def spec(**more) -> CrystalCampaign:
    made = campaign({"domain": "materials", "level": "crystal", "generators": ["model"], **more})
    assert isinstance(made, CrystalCampaign)
    return made


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder with one structure, of the validation split."""
    folder = tmp_path / "data" / "crystals"
    folder.mkdir(parents=True)
    row = pa.table({"formula": [STRANGE], "spacegroup": [62], "split": ["val"]})
    pq.write_table(row, folder / "mpts52_structures.parquet")
    monkeypatch.setattr("sekkei.data.parents.TABLES", ())  # they want more columns
    monkeypatch.setenv("SEKKEI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))


def test_the_network_alone_is_judged_against_the_tables_and_all_that_ships(table) -> None:
    known = load(spec()).known
    assert isinstance(known, KnownMaterials)
    kinds = {group: known.classify(formula(STRANGE), group).kind for group in (62, 225)}
    assert kinds == {62: "known", 225: "polymorph"}
    learned = [KnownMaterials.load(zoo.FOLDER / name / "known.bin") for name in ("crystalgpt", "matgpt")]
    assert all(len(known | one) == len(known) for one in learned)


def test_a_crystal_that_relaxes_to_a_known_space_group_is_known(table) -> None:
    item = LINES.parse("225 Na:a Cl:b | 5.70")
    candidate = Candidate(0, "key", LINES.text(item), item, {"group_after": 221.0})
    known = KnownMaterials.build([(formula("NaCl"), 221)])
    assert known_already(known, reject=True)([candidate]) == [""]
    assert candidate.notes[NOVELTY.name] == "polymorph of a known formula"
    assert known_already(known, reject=True, relaxed=True)([candidate]) == ["known crystal"]
    assert candidate.notes[NOVELTY.name] == "known"


def test_the_network_is_sampled_as_usual_under_targets_unless_told_otherwise(table) -> None:
    def settings(**more) -> tuple[float, float]:
        used = load(spec(**more)).parts[0].settings
        return used.temperature, used.guidance

    assert settings() == (PLAIN.temperature, PLAIN.guidance)
    assert settings(targets=["band_gap=2±0.3"]) == (AIMED.temperature, AIMED.guidance) == (0.92, 1.25)
    assert settings(targets=["band_gap=2±0.3"], sampling={"guidance": 2.0}) == (0.92, 2.0)
