"""The whole evaluation: agreement with the MOSES figures, and what bad input gives."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from rdkit import Chem

from sekkei.core.errors import UserError
from sekkei.metrics.compare import json_text, read_evaluation, side_by_side
from sekkei.metrics.definitions import DEFINITIONS
from sekkei.metrics.evaluation import Asked, evaluate
from sekkei.metrics.molecules import set_metrics
from sekkei.metrics.reference import reference_set
from sekkei.metrics.samples import examine, read_samples
from sekkei.molecules.filters import Filters

BROKEN = ["C1CC", "not a molecule", "C(C)(C)(C)(C)C"]
HELD_OUT = ["CCCO", "Cc1ccccc1", "CC(=O)Nc1ccccc1", "OC(=O)c1ccc(Cl)cc1", "c1ccc(-c2ccccc2)cc1", "CCN(CC)CC", "CCOC=O"]


def written(path: Path, texts: list[str]) -> Path:
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluation")


@pytest.fixture(scope="module")
def result(folder: Path, smiles: list[str]) -> dict:
    generated = written(folder / "gen.smi", [*smiles, *smiles[:5], "OCC", *BROKEN])
    reference = written(folder / "reference.smi", HELD_OUT)
    (folder / "targets.csv").write_text("logp,mw\n2.0,\n", encoding="utf-8")
    asked = Asked(generated, str(reference), str(reference), folder / "targets.csv", baselines=True)
    return evaluate(asked, workers=1)


def test_figures_are_those_of_the_moses_measures(result: dict, folder: Path) -> None:
    texts = read_samples(folder / "gen.smi").texts
    expected = set_metrics(texts, {"reference": reference_set(HELD_OUT)}, set(HELD_OUT), Filters(("[Xe]",)))
    found = {figure["name"]: figure["value"] for figure in result["figures"]}
    for name, value in expected.items():
        if name != "Filters":  # with patterns where MOSES is fetched, left out where it is not
            assert found[name] == pytest.approx(value, abs=1e-9), name


def test_every_figure_states_definition_source_settings_and_how_its_interval_was_made(result: dict) -> None:
    for figure in result["figures"]:
        definition = result["definitions"][figure["name"].partition("/")[0]]
        assert definition["title"]
        assert definition["source"]
        assert definition["settings"]
        assert figure["interval"]
        if not math.isnan(figure["low"]):
            assert figure["low"] - 1e-9 <= figure["value"] <= figure["high"] + 1e-9, figure
    assert set(result["definitions"]) <= set(DEFINITIONS)


def test_what_is_unreadable_is_counted_with_reasons_and_an_example(result: dict) -> None:
    unreadable = result["unreadable"]
    assert unreadable["count"] == len(BROKEN)
    assert sum(unreadable["reasons"].values()) == len(BROKEN)
    assert "C1CC" in unreadable["examples"]["ring_closure"]


def test_floor_and_baselines_stand_beside(result: dict) -> None:
    assert set(result["baselines"]) == {"floor", "resampling", "retrieval", "random"}
    assert result["baselines"]["random"]["valid"] == 1.0
    assert result["baselines"]["random"]["SNN/reference"] < result["baselines"]["floor"]["SNN/reference"]
    assert result["baselines"]["floor"]["Novelty"] == 0.0
    assert result["baselines"]["floor"]["unique"] == 1.0
    assert result["baselines"]["retrieval"]["MAD/logp"] < result["baselines"]["floor"]["MAD/logp"]


def test_an_overlap_with_the_reference_is_said(folder: Path) -> None:
    generated = written(folder / "copied.smi", HELD_OUT)
    told = evaluate(Asked(generated, str(folder / "reference.smi")), workers=1)
    assert any("100.0% of the different generated molecules lie in the reference" in one for one in told["warnings"])
    assert any("--train" in one for one in told["warnings"])


@pytest.mark.parametrize("texts", [BROKEN, ["CCO"], ["CCO", "C1CC", "CCN"]])
def test_few_or_no_molecules_give_words_and_no_crash(folder: Path, texts: list[str]) -> None:
    path = written(folder / "few.smi", texts)
    told = evaluate(Asked(path, str(folder / "reference.smi"), str(folder / "reference.smi")), workers=1)
    assert told["attempts"] == len(texts)
    assert told["warnings"]
    assert json.loads(json_text(told))["attempts"] == len(texts)


def test_a_broken_record_of_an_sdf_is_counted_with_its_reason(tmp_path: Path) -> None:
    block = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO"))
    (tmp_path / "a.sdf").write_text(f"{block}$$$$\nno block at all\n$$$$\n", encoding="utf-8")
    seen = examine(read_samples(tmp_path / "a.sdf"))
    assert seen.smiles == ["CCO", ""]
    assert seen.problems == {"syntax": 1}


def test_a_table_under_the_wrong_name_gets_a_hint(folder: Path) -> None:
    path = written(folder / "table.smi", ["CCO,1", "CCN,2"])
    told = evaluate(Asked(path, str(folder / "reference.smi")), workers=1)
    assert any("name the file .csv" in one for one in told["warnings"])


def test_texts_of_other_formats_are_named(folder: Path) -> None:
    texts = ["CCO", "[Na+].[Cl-]", "InChI=1S/CH4/h1H4", "[C][C][=O]", "CCO,1.5", "CCN,2.0"]
    warnings = evaluate(Asked(written(folder / "mixed.smi", texts), str(folder / "reference.smi")), workers=1)[
        "warnings"
    ]
    for words in ("1 of 6 texts look like InChI", "1 of 6 texts look like SELFIES", "2 of 6 texts look like rows"):
        assert any(words in one for one in warnings), words


def test_blank_attempts_are_counted_with_their_reason(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("\nCCO\nC1CC\n\n", encoding="utf-8")
    seen = examine(read_samples(tmp_path / "a.smi"))
    assert seen.smiles == ["", "CCO", "", ""]
    assert seen.problems["empty"] == 2
    assert seen.problems.total() == 3


def test_an_empty_file_and_baselines_without_training_are_refused(folder: Path) -> None:
    for text in ("", "\n\n"):
        (folder / "empty.smi").write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match="holds no molecules"):
            evaluate(Asked(folder / "empty.smi", str(folder / "reference.smi")), workers=1)
    with pytest.raises(UserError, match="--train"):
        evaluate(Asked(folder / "gen.smi", str(folder / "reference.smi"), baselines=True), workers=1)
    with pytest.raises(UserError, match="neither a file nor a model"):
        evaluate(Asked(folder / "gen.smi", "no-such-thing"), workers=1)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.json", '["CCO", "C1CC", 3]', ["CCO", "C1CC", ""]),
        ("b.json", '{"model": "x", "smiles": ["CCO"]}', ["CCO"]),
        ("c.json", '[{"SMILES": "CCO"}, {"name": "x"}]', ["CCO", ""]),
        ("d.jsonl", '{"smiles": "CCO"}\n{broken\n"CCN"\n', ["CCO", "", "CCN"]),
        ("e.csv", "id,smiles\n1,CCO\n2,\n", ["CCO", ""]),
        ("g.smi", "CCO first\n\nCCN\n\n", ["CCO", "", "CCN", ""]),
        ("i.smi", "\nCCO\n\nCCN\n\n\n", ["", "CCO", "", "CCN", "", ""]),
        ("j.csv", "smiles\nCCO\n\nCCN\n\n", ["CCO", "", "CCN", ""]),
        ("k.csv", "id,smiles\n1,CCO\n\n2,CCN\n", ["CCO", "CCN"]),
        ("l.smi", "CCO\nCCN\n", ["CCO", "CCN"]),
        ("h.txt", "smiles\nCCO\n", ["CCO"]),
        ("f.tsv", "smiles\tid\nCCO\t1\n", ["CCO"]),
    ],
)
def test_common_formats_keep_every_row(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert read_samples(path).texts == expected


@pytest.mark.parametrize(("text", "words"), [("{", "no JSON"), ('{"a": 1}', "no list"), ("[]", "no molecules")])
def test_json_without_molecules_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_samples(path)


def test_side_by_side_tells_what_differs(result: dict, folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "metrics.json").write_text(json_text(result), encoding="utf-8")
    first = read_evaluation(folder / "a")
    other = {**first, "attempts": 7, "settings": {**first["settings"], "reference": "another"}}
    other["figures"] = [one for one in first["figures"] if one["name"] != "valid"]
    both = side_by_side(["a", "b"], [first, other])
    assert both["figures"]["valid"][1] is None
    assert both["figures"]["SNN/reference"][0] == both["figures"]["SNN/reference"][1]
    assert any("reference differs" in one for one in both["differences"])
    assert any("attempts differs" in one for one in both["differences"])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"figures": [{"name": 1}], "settings": {}, "attempts": 1}'])
def test_what_is_no_evaluation_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "metrics.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="no evaluation"):
        read_evaluation(tmp_path)
