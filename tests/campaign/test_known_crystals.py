"""What counts as known in a campaign of crystals, and how its network is sampled."""

from __future__ import annotations

from sekkei import zoo
from sekkei.campaign.crystal_checks import known_already
from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.crystals import load
from sekkei.campaign.judge import Candidate
from sekkei.campaign.spec import campaign
from sekkei.generate.crystals import USUAL
from sekkei.generate.sample import AIMED
from sekkei.materials.domain import LINES
from sekkei.materials.known import known_of
from sekkei.materials.novelty import NOVELTY, KnownMaterials
from sekkei.predict.crystals import GEOMETRY, geometry_note


def spec(**more) -> CrystalCampaign:
    made = campaign({"domain": "materials", "level": "crystal", "generators": ["model"], **more})
    assert isinstance(made, CrystalCampaign)
    return made


def test_the_network_alone_is_judged_against_all_that_ships() -> None:
    known = load(spec()).known
    assert isinstance(known, KnownMaterials)
    paths = [*(zoo.FOLDER / name / "known.bin" for name in ("crystalgpt", "matgpt")), zoo.STRUCTURES]
    learned = [KnownMaterials.load(path) for path in paths]
    assert all(len(known | one) == len(known) for one in learned)


def test_a_crystal_that_relaxes_to_a_known_one_is_known() -> None:
    item, relaxed = LINES.parse("225 Na:a Cl:b | 5.70"), LINES.parse("221 Na:a Cl:b | 3.40")
    candidate = Candidate(0, "key", LINES.text(item), item, {}, {GEOMETRY.name: geometry_note(relaxed)})
    known = known_of([relaxed])
    assert known_already(known, reject=True)([candidate]) == [""]
    assert candidate.notes[NOVELTY.name] == "polymorph of a known formula"
    assert known_already(known, reject=True, relaxed=True)([candidate]) == ["known crystal"]
    assert candidate.notes[NOVELTY.name] == "known"


def test_the_network_is_sampled_as_usual_under_targets_unless_told_otherwise() -> None:
    def settings(**more) -> tuple[float, float]:
        used = load(spec(**more)).parts[0].settings
        return used.temperature, used.guidance

    assert settings() == (USUAL.temperature, USUAL.guidance) == (0.9, 1.0)
    assert settings(targets=["band_gap=2±0.3"]) == (AIMED.temperature, AIMED.guidance) == (0.92, 1.25)
    assert settings(targets=["band_gap=2±0.3"], sampling={"guidance": 2.0}) == (0.92, 2.0)
