"""The materials half as a user meets it: known answers, what is said, what bad input gives."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from sekkei.core.errors import UserError
from sekkei.metrics.compare import json_text
from sekkei.metrics.materials.definitions import DEFINITIONS
from sekkei.metrics.materials.evaluation import Asked, evaluate
from sekkei.metrics.materials.profiles import CONVENTIONS
from sekkei.report.evaluation import render


@pytest.fixture(scope="module")
def result(folder: Path) -> dict:
    (folder / "targets.csv").write_text("elements,spacegroup\n2,225\n", encoding="utf-8")
    return evaluate(
        Asked(
            folder / "gen.extxyz", folder / "known", targets=folder / "targets.csv", relaxed=folder / "relaxed.extxyz",
            hull="hull A", potential="potential B", baselines=True, set_size=7,
        ),
        workers=1,
    )  # fmt: skip


def values(told: dict) -> dict[str, float]:
    return {figure["name"]: figure["value"] for figure in told["figures"]}


def test_known_answers_of_crystals(result: dict) -> None:
    found = values(result)
    assert found["unreadable"] == 0.0
    assert found["struct_valid/cdvae"] == 1.0  # 0.6 Angstrom: close, but not below 0.5
    assert found["struct_valid/lemat"] == pytest.approx(6 / 7)
    assert found["comp_valid/cdvae"] == 1.0
    assert found["unique_formula"] == pytest.approx(4 / 7)
    assert found["unique"] == pytest.approx(5 / 7)  # volumes are scaled, so the squeezed NaCl is NaCl
    assert found["novel_formula"] == pytest.approx(3 / 4)
    assert found["novel"] == pytest.approx(4 / 5)
    assert found["unique_novel"] == pytest.approx(4 / 7)
    assert found["in_reference"] == pytest.approx(1 / 5)
    assert [found[f"class/{kind}"] for kind in ("known", "polymorph", "ion_substitution", "same_prototype", "new")] == [
        pytest.approx(share / 5) for share in (1, 1, 1, 2, 0)
    ]
    assert found["P1"] == 0.0


def test_energies_of_the_file_give_sun_within_thresholds(result: dict, folder: Path) -> None:
    found = values(result)
    assert found["stable"] == pytest.approx(3 / 7)
    assert found["SUN"] == pytest.approx(1 / 7)  # KCl
    assert found["MSUN"] == pytest.approx(3 / 7)  # and the polymorph, and NiAl
    assert result["settings"]["hull"] == "hull A"
    assert result["settings"]["potential"] == "potential B"
    other = values(evaluate(Asked(folder / "gen.extxyz", folder / "known", profile="mattergen", set_size=2), workers=1))
    assert other["SUN"] == pytest.approx(3 / 7)
    assert "MSUN" not in other


def test_what_is_not_relaxed_further_has_no_displacement(result: dict) -> None:
    found = values(result)
    assert found["match_relaxed"] == 1.0
    assert found["RMSD"] == pytest.approx(0.0, abs=1e-5)


def test_targets_of_crystals(result: dict) -> None:
    found = values(result)
    assert found["hit/elements"] == pytest.approx(6 / 7)
    assert found["hit/spacegroup"] == pytest.approx(4 / 7)
    assert found["hit_attempts/all"] == pytest.approx(4 / 7)


def test_every_figure_states_definition_source_settings_and_interval(result: dict) -> None:
    for figure in result["figures"]:
        definition = result["definitions"][figure["name"].partition("/")[0]]
        assert definition["title"]
        assert definition["source"]
        assert definition["settings"]
        assert figure["interval"]
        if not math.isnan(figure["low"]):
            assert figure["low"] - 1e-9 <= figure["value"] <= figure["high"] + 1e-9, figure
    assert set(result["definitions"]) <= set(DEFINITIONS)


def test_the_reference_and_the_baselines_stand_beside(result: dict) -> None:
    beside = result["baselines"]
    assert set(beside) == {"reference", "floor", "resampling", "retrieval", "random", "ion_substitution"}
    assert beside["reference"]["comp_valid/cdvae"] == 1.0
    assert beside["floor"]["novel"] == 0.0
    assert beside["floor"]["unique"] == 1.0
    assert beside["floor"]["cov_precision"] == 1.0
    assert beside["floor"]["amsd_precision"] == pytest.approx(0.0, abs=1e-6)
    assert beside["retrieval"]["hit/all"] == 1.0
    assert beside["ion_substitution"]["novel_formula"] > 0.0
    assert "struct_valid/cdvae" not in beside["random"]


def test_page_and_json_hold_all_of_it(result: dict) -> None:
    assert json.loads(json_text(result))["domain"] == "materials"
    page = render(result)
    assert all(f">{name}" in page for name in ("SUN", "cov_recall", "novel_prototype"))
    assert "are no material." in page


def test_compositions_alone(folder: Path) -> None:
    (folder / "gaps.csv").write_text("gap\n>=7\n", encoding="utf-8")
    told = evaluate(Asked(folder / "gen.csv", folder / "known.csv", targets=folder / "gaps.csv"), workers=1)
    found = values(told)
    assert told["settings"]["level"] == "composition"
    assert told["unreadable"]["reasons"] == {"element": 1, "empty": 1}
    assert found["unique_formula"] == pytest.approx(4 / 5)
    assert found["novel_formula"] == pytest.approx(3 / 4)
    assert found["comp_valid/cdvae"] == pytest.approx(4 / 7)
    assert found["SUN"] == 0.0
    assert found["MSUN"] == pytest.approx(1 / 7)
    assert found["hit/gap"] == pytest.approx(3 / 5)
    assert "unique" not in found
    assert "cov_recall/composition" in found
    assert any("2 attempts have no e_above_hull" in one for one in told["warnings"])
    assert any("not named" in one for one in told["warnings"])


def test_baselines_meet_targets_on_columns_of_the_training_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text("formula,gap\nNaCl,8\nMgO,7\nSi,1\n", encoding="utf-8")
    (tmp_path / "gaps.csv").write_text("gap\n0.9..1.1\n", encoding="utf-8")
    asked = Asked(folder / "gen.csv", tmp_path / "known.csv", targets=tmp_path / "gaps.csv", baselines=True)
    beside = evaluate(asked, workers=1)["baselines"]
    assert beside["retrieval"]["hit/gap"] == 1.0  # Si for every attempt
    assert beside["floor"]["hit/gap"] == pytest.approx(1 / 3)
    assert math.isnan(beside["random"]["hit/gap"])  # nobody predicted its gap


def test_formation_energies_on_both_sides_are_compared(tmp_path: Path) -> None:
    (tmp_path / "gen.csv").write_text("formula,formation_energy [eV/atom]\nNaCl,-1\nKBr,-2\n", encoding="utf-8")
    (tmp_path / "known.csv").write_text("formula,formation_energy\nLiF,-3\nMgO,-4\n", encoding="utf-8")
    found = values(evaluate(Asked(tmp_path / "gen.csv", tmp_path / "known.csv"), workers=1))
    assert found["wdist_energy"] == pytest.approx(2.0)


def test_no_energies_is_said_plainly(folder: Path) -> None:
    told = evaluate(Asked(folder / "known", folder / "known", set_size=2), workers=1)
    assert any("Not measured: stability" in one for one in told["warnings"])
    assert any("lie in the reference itself" in one for one in told["warnings"])
    assert any("--train" in one for one in told["warnings"])
    assert "SUN" not in values(told)


def test_training_apart_from_the_reference(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("formula\nKCl\nCaSnS3\n", encoding="utf-8")
    found = values(evaluate(Asked(folder / "gen.csv", folder / "known.csv", tmp_path / "train.csv"), workers=1))
    assert found["novel_formula"] == pytest.approx(3 / 4)
    assert found["in_reference"] == pytest.approx(1 / 4)


@pytest.mark.parametrize("name", sorted(CONVENTIONS))
def test_each_profile_says_what_it_is_and_where_it_departs(folder: Path, name: str) -> None:
    told = evaluate(Asked(folder / "gen.csv", folder / "known.csv", profile=name), workers=1)
    assert told["settings"]["profile"] == CONVENTIONS[name].words
    assert CONVENTIONS[name].departs in ["", *told["warnings"]]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"profile": "cdvea"}, "did you mean 'cdvae'"),
        ({"cutoffs": "mp"}, "cut-offs"),
        ({"set_size": 1}, "--set-size"),
        ({"relaxed": "known"}, "holds 6 crystals for 7 samples"),
    ],
)
def test_what_cannot_be_is_refused_in_words(folder: Path, asked: dict, words: str) -> None:
    if "relaxed" in asked:
        asked = {"relaxed": folder / asked["relaxed"], "set_size": 2}
    with pytest.raises(UserError, match=words):
        evaluate(Asked(folder / "gen.extxyz", folder / "known", **asked), workers=1)


def test_bad_input_gives_words_and_loses_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    (tmp_path / "none.csv").write_text("formula\n", encoding="utf-8")
    for name in ("empty.csv", "none.csv", "absent.csv"):
        with pytest.raises(UserError):
            evaluate(Asked(tmp_path / name, folder / "known.csv"), workers=1)
    (tmp_path / "bad.csv").write_text("formula\nXx\n(FeO\n+\n", encoding="utf-8")
    told = evaluate(Asked(tmp_path / "bad.csv", folder / "known.csv"), workers=1)
    assert told["unreadable"]["count"] == 3
    assert "Not one sample is a material" in told["warnings"][0]
    with pytest.raises(UserError, match="0 readable materials"):
        evaluate(Asked(folder / "gen.csv", tmp_path / "bad.csv"), workers=1)
    (tmp_path / "three.csv").write_text("formula\nNaCl\nNaCl\nKBr\n", encoding="utf-8")
    told = evaluate(Asked(tmp_path / "three.csv", folder / "known.csv", baselines=True), workers=1)
    assert values(told)["unique_formula"] == pytest.approx(2 / 3)


def test_a_folder_of_mixed_and_broken_files_counts_each(folder: Path, tmp_path: Path) -> None:
    for path in (folder / "known").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.cif").write_text("data_x\n_cell_length_a 4\n", encoding="utf-8")
    (tmp_path / "zero.cif").write_bytes(b"")
    (tmp_path / "binary.cif").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "more.extxyz").write_bytes((folder / "gen.extxyz").read_bytes())
    (tmp_path / "notes.md").write_text("not a structure", encoding="utf-8")
    told = evaluate(Asked(tmp_path, folder / "known", set_size=2), workers=1)
    assert any("subfolders (0) and files that are named like no structure (1)" in one for one in told["warnings"])
    assert told["attempts"] == 6 + 7 + told["unreadable"]["count"]
    assert told["unreadable"]["count"] >= 2
    assert "syntax" in told["unreadable"]["reasons"]
    assert any("broken" in one or "x:" in one for one in told["unreadable"]["examples"].values())


def test_what_relaxes_into_a_known_crystal_is_no_discovery(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "relaxed.extxyz").read_text(encoding="utf-8").splitlines()
    frames, place = [], 0
    while place < len(lines):
        end = place + int(lines[place]) + 2
        frames.append(lines[place:end])
        place = end
    frames[3] = frames[0]  # what looked like KCl has become NaCl
    (tmp_path / "relaxed.extxyz").write_text("\n".join(line for one in frames for line in one) + "\n", encoding="utf-8")
    asked = Asked(folder / "gen.extxyz", folder / "known", relaxed=tmp_path / "relaxed.extxyz", set_size=2)
    assert values(evaluate(asked, workers=1))["SUN"] == 0.0


def test_a_number_beside_something_unreadable_meets_no_target(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "gen.csv").write_text("formula,gap\nNaCl,9\nXx2,1\n", encoding="utf-8")
    (tmp_path / "targets.csv").write_text("gap\n0.9..1.1\n", encoding="utf-8")
    asked = Asked(tmp_path / "gen.csv", folder / "known.csv", targets=tmp_path / "targets.csv")
    assert values(evaluate(asked, workers=1))["hit_attempts/all"] == 0.0


def test_a_few_attempts_have_no_interval_from_groups(folder: Path) -> None:
    told = evaluate(Asked(folder / "gen.csv", folder / "known.csv"), workers=1)
    recall = next(figure for figure in told["figures"] if figure["name"] == "cov_recall/composition")
    assert "too few samples" in recall["interval"]
