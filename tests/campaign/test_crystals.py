"""Campaigns for crystals: screened, relaxed within the budget, on a hull, written as an experimenter needs them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import ase.io
import numpy as np
import pytest

from sekkei.campaign.crystal_choice import beyond_budget
from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.judge import Candidate
from sekkei.campaign.outcome import Outcome
from sekkei.campaign.run import design
from sekkei.campaign.side import side
from sekkei.campaign.spec import campaign, read_campaign
from sekkei.campaign.store import Store
from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR, UserError
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import crystal, parse_poscar
from sekkei.materials.domain import LINES
from sekkei.materials.energies import read_energies
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.structures import MATCHERS, crystal_key

ENERGIES = {
    "Na": -1.3,
    "K": -1.1,
    "Li": -1.9,
    "Cl": -1.8,
    "Br": -1.6,
    "F": -1.9,
    "NaCl": -3.38,
    "KBr": -3.0,
    "LiF": -4.8,
}
"""Roughly CHGNet's [eV/atom]; enough for a hull of these elements."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory):
    """A machine without tables of known materials, and a small hull."""
    folder = tmp_path_factory.mktemp("crystals")
    rows = "".join(f"{formula},{energy}\n" for formula, energy in ENERGIES.items())
    (folder / "hull.csv").write_text(f"formula,energy_per_atom\n{rows}", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEKKEI_DATA", str(folder / "none"))
        patch.setenv("XDG_DATA_HOME", str(folder / "own"))
        metals, lab = ("Li", "Na", "K", "Mg", "Ca"), str(folder / "lab.csv")
        measured = [f"{a}{b}{n},{n + len(b)}" for a in metals for b in ("F", "Cl", "Br", "I") for n in (1, 2, 3)]
        Path(lab).write_text("\n".join(["formula,softness", *measured]), encoding="utf-8")
        assert run(["finetune", "--data", lab, "--target", "softness", "--out", str(folder / "softness")]) == EXIT_OK
        yield folder


def asked(place: Path, **more):
    constraints = {"elements": ["Na", "K", "Li", "Cl", "Br", "F"], "max_elements": 3}
    return {
        "domain": "materials", "level": "crystal", "n": 2, "constraints": constraints, "hull": str(place / "hull.csv"),
        "generators": ["exchange"], "limits": {"max_e_above_hull": 2.0},
        "targets": ["band_gap>=1", "volume_per_atom<=200", "softness>=0"],
        "evaluators": [str(place / "softness"), "spacegroup"],
        "budget": {"relax": 4, "probe": 1, "steps": 3, "fmax": 0.2, "max_generated": 60}, **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def finished(place: Path) -> Outcome:
    return design(campaign(asked(place)), place / "run")


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "candidates.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_third_side_answers_the_same_questions() -> None:
    def public(module) -> set[str]:
        functions = {
            name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
        }
        return {name for name in functions if not name.startswith("_")}

    assert public(side("molecules")) <= public(side("crystals"))
    assert public(side("crystals")) - public(side("molecules")) == set()


def test_the_list_holds_what_was_asked_and_every_file_the_same(finished: Outcome) -> None:
    table, folder = rows(finished.folder), finished.folder
    assert len(table) == 2
    found = list(read_crystals(folder / "candidates.extxyz"))
    for row, line in zip(table, found, strict=True):
        assert set(line.item.composition.symbols) <= {"Na", "K", "Li", "Cl", "Br", "F"}
        assert line.item.composition.formula == row["formula"]
        assert float(row["band_gap [eV]"]) >= 1
        assert 1 <= float(row["softness"]) <= 5
        assert float(row["e_above_hull [eV/atom]"]) <= 2
        low, high = float(row["e_above_hull low [eV/atom]"]), float(row["e_above_hull high [eV/atom]"])
        assert high - low == pytest.approx(2 * 2.06 * 0.030, abs=1e-3)
        assert row["decomposes_into"].startswith("against ")
        assert int(row["steps"]) <= 3
        assert row["converged"] in ("0", "1")
        assert row["generator"] == "ion exchange"
        name = row["name"]
        as_poscar = parse_poscar((folder / "poscar" / f"{name}.vasp").read_text(encoding="utf-8"))
        matcher = MATCHERS["default"].matcher()
        assert matcher.fit(as_poscar.structure, line.item.structure)
        for kind in ("cif", "cif_p1"):
            back = next(read_crystals(folder / kind / f"{name}.cif")).item
            assert matcher.fit(back.structure, line.item.structure)
        peaks = (folder / "powder" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        assert peaks[0].startswith("two_theta [deg]")
        assert len(peaks) > 3
        assert " -> " in row["made_from"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Powder pattern (" in page
    assert "Could be made by" in page
    assert "no interval known" in page
    assert "lowest_of_formula" in page
    assert "Crystals by design" in page
    assert "mean error is 30 meV/atom" in page
    assert (folder / "view.html").is_file()
    scenes = json.loads(page.split('id="scenes">')[1].split("</script>")[0])
    assert [len(scene["corners"]) for scene in scenes] == [8] * len(table)
    assert all(f'data-turn="{place}"' in page for place in range(len(table)))


def test_the_frames_of_the_list_hold_energies_as_ase_and_hull_read_them(finished: Outcome) -> None:
    table, path = rows(finished.folder), finished.folder / "candidates.extxyz"
    for row, atoms in zip(table, ase.io.read(path, ":"), strict=True):
        assert atoms.get_potential_energy() == pytest.approx(len(atoms) * float(row["energy [eV/atom]"]), rel=1e-6)
        assert row["minimum"] in ("", "yes", "no")
        assert not {"icsd_likeness low", "icsd_likeness high"} & row.keys()  # classes, no ends of an interval
    assert [one.potential for one in read_energies(path).rows] == ["chgnet"] * len(table)


def test_what_is_told_of_a_crystal_is_of_the_relaxed_one_and_has_intervals_where_a_source_gives_one(finished) -> None:
    table = rows(finished.folder)
    for row, line in zip(table, read_crystals(finished.folder / "candidates.extxyz"), strict=True):
        assert float(row["density [g/cm^3]"]) == pytest.approx(line.item.density, rel=1e-3)
        volume = line.item.volume / len(line.item)
        assert float(row["volume_per_atom [Angstrom^3]"]) == pytest.approx(volume, rel=1e-3)
        assert row["spacegroup"] == row["group_after"] == row["line"].split()[0]
        assert LINES.parse(row["line"]).density == pytest.approx(line.item.density, rel=0.01)
        assert f'data-copy="{row["line"]}"' in (finished.folder / "report.html").read_text(encoding="utf-8")
        assert row["lowest_of_formula"] in ("0", "1")
        low, high = (float(row[f"site_moment {end} [mu_B/atom]"]) for end in ("low", "high"))
        assert 0 == low <= float(row["site_moment [mu_B/atom]"]) < high
    probed = [row for row in table if row["bulk_modulus [GPa]"] != ""]
    assert len(probed) <= 1
    for row in probed:
        ends = [float(row[f"bulk_modulus {end} [GPa]"]) for end in ("low", "high")]
        assert 0 <= ends[0] <= float(row["bulk_modulus [GPa]"]) <= ends[1]


def test_the_funnel_goes_from_cheap_to_dear_and_keeps_the_budget(finished: Outcome) -> None:
    steps = {step.name: step for step in finished.report.steps}
    order = ["valid", "new", "constraints", "sound", "balanced", "novel", "targets"]
    order += ["predicted", "energy", "promising", "relaxed"]
    assert list(steps)[: len(order)] == order
    assert all(after.entered == step.kept for step, after in pairwise(finished.report.steps))
    assert finished.generated == steps["valid"].entered == 60
    assert steps["relaxed"].entered == min(4, steps["energy"].kept)
    reasons = steps["promising"].reasons
    assert set(reasons) <= {"less promising than those relaxed", "the same as a more promising one"}


def test_the_same_structure_in_another_cell_or_coordinates_is_not_relaxed_twice() -> None:
    salt = read_symmetric("225 Na:a Cl:b | 5.70").crystal()
    doubled = crystal(
        salt.lattice * [[2], [1], [1]],
        [11, 17, 11, 17],
        [[x / 2 + half, y, z] for half in (0, 0.5) for x, y, z in salt.positions],
    )
    wider = read_symmetric("225 Na:a Cl:b | 5.90").crystal()
    shaken = crystal(salt.lattice, salt.numbers, salt.positions + np.array([[0, 0, 0], [0.01, 0, 0]]))
    others = [read_symmetric(line).crystal() for line in ("221 Na:a Cl:b | 3.50", "225 K:a Br:b | 6.60")]
    items = [wider, doubled, others[0], shaken, salt, others[1]]
    assert len({crystal_key(item) for item in items}) == 5  # only the doubled cell has the key of another
    above = [0.05, 0.02, 0.3, 0.04, 0.01, 0.2]
    candidates = [
        Candidate(row, str(row), LINES.text(item), item, {"unrelaxed_energy": high - 3, "unrelaxed_e_above_hull": high})
        for row, (item, high) in enumerate(zip(items, above, strict=True))
    ]
    plan = SimpleNamespace(spec=SimpleNamespace(budget=SimpleNamespace(relax=4)))
    same, less = "the same as a more promising one", "less promising than those relaxed"
    lost = beyond_budget(plan)
    assert lost(candidates) == [same, same, "", same, "", ""]  # three are left to relax, the best of the four alike
    later = [replace(candidates[0], key="later"), replace(candidates[5], key="other", item=others[0])]
    assert lost(later) == [same, same]  # nor in a later round
    plan.spec.budget.relax = 2
    assert beyond_budget(plan)(candidates) == [less, less, less, less, "", ""]


def test_the_written_campaign_runs_again_to_the_same_files(finished: Outcome, place: Path) -> None:
    again = design(read_campaign(finished.folder / "campaign.toml"), place / "again").folder
    for name in ("candidates.csv", "candidates.extxyz", "campaign.toml"):
        assert (finished.folder / name).read_bytes() == (again / name).read_bytes(), name


def test_a_stopped_run_goes_on_and_relaxes_nothing_twice(finished: Outcome, place: Path) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    spec = campaign(asked(place))
    with pytest.raises(UserError, match="stopped"):
        design(spec, place / "stopped", progress=stop)
    with Store(place / "stopped" / "campaign.db") as store:
        store._connection.execute("UPDATE results SET value = 0.5 WHERE measure = 'rmsd'")
    out = design(spec, place / "stopped", resume=True).folder
    table = rows(out)
    assert {row["rmsd [Angstrom]"] for row in table} == {"0.5"}  # what the store held, not a second relaxation
    assert [row["line"] for row in table] == [row["line"] for row in rows(finished.folder)]


def test_the_network_takes_turns_with_ion_exchange_and_a_missing_hull_is_told(place, tiny_crystals, capsys):
    bare = place / "bare.csv"
    bare.write_text("formula,energy_per_atom\nNa,-1.3\n", encoding="utf-8")
    options = ["--elements", "Na,Cl", "--relax-budget", "1", "--steps", "1", "--budget", "40", "-n", "1"]
    options += ["--hull", str(bare)]
    command = ["design", "materials", "--level", "crystal", "--model", str(tiny_crystals), *options]
    assert run([*command, "--out", str(place / "both"), "--json"]) in (EXIT_OK, EXIT_PARTIAL)
    told = json.loads(capsys.readouterr().out)
    assert [share["name"] for share in told["generators"]] == ["tiny", "ion exchange"]
    assert [share["attempts"] for share in told["generators"]] == [20, 20]
    spec = read_campaign(place / "both" / "campaign.toml")
    assert isinstance(spec, CrystalCampaign)
    assert spec.generators == ("model", "exchange")
    if told["candidates"]:
        assert any("Stability was not judged" in words for words in told["warnings"])


@pytest.mark.parametrize(
    "more",
    [
        {"generators": ["substitution"]},
        {"generators": []},
        {"constraints": {"spacegroups": [231]}},
        {"constraints": {"elements": ["Na"], "contains": ["Cl"]}},
        {"budget": {"relax": 0}},
        {"potential": "emt"},
        {"hull": "missing.csv"},
        {"targets": ["phlogiston>=1"]},
    ],
)
def test_what_means_nothing_is_refused(place, more, tmp_path):
    with pytest.raises(UserError):
        design(campaign(asked(place) | more), tmp_path / "out")
    assert not (tmp_path / "out").exists()  # so that the command, put right, finds its place free


def test_options_for_crystals_are_refused_for_compositions(tmp_path, capsys):
    out = ["--out", str(tmp_path / "x")]
    assert run(["design", "materials", "--level", "composition", "--relax-budget", "3", *out]) == EXIT_USER_ERROR
    assert "--relax-budget: is for crystals" in capsys.readouterr().err
    assert run(["design", "materials", "--spacegroup", "Fm-3m", *out]) == EXIT_USER_ERROR
