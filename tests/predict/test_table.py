"""Predictions as a table: no row is left out, and what answers is told."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL
from sekkei.predict.shelf import load


def test_no_row_is_left_out_and_the_structure_stands_as_it_was_given(tmp_path):
    source, out = tmp_path / "mols.smi", tmp_path / "out.csv"
    source.write_text("OCC ethanol\n\ngarbage\n", encoding="utf-8")
    assert run(["predict", "molecules", str(source), "-p", "solubility", "--out", str(out)]) == EXIT_PARTIAL
    found = pd.read_csv(out, keep_default_na=False)
    assert found["line"].tolist() == [1, 2, 3]
    assert found["input"].tolist() == ["OCC", "", "garbage"]
    assert found["smiles"].tolist() == ["CCO", "", "garbage"]
    assert (found["problem"] != "").tolist() == [False, True, True]
    assert run(["embed", "molecules", str(source), "--out", str(tmp_path / "x.npy")]) == EXIT_PARTIAL
    assert np.isnan(np.load(tmp_path / "x.npy", allow_pickle=False)).all(axis=1).tolist() == [False, True, True]


def test_the_screen_shows_value_and_interval_in_one_column(tmp_path, capsys):
    (tmp_path / "mols.smi").write_text("CCO\n", encoding="utf-8")
    assert run(["predict", "molecules", str(tmp_path / "mols.smi"), "-p", "solubility"]) == EXIT_OK
    shown = capsys.readouterr().out
    assert " to " in shown
    assert "in_domain" not in shown


def test_trees_that_erred_less_answer_and_the_card_names_both(tmp_path, capsys):
    trained, answering = (load("molecules", "heat_capacity", as_trained=one) for one in (True, False))
    assert trained.beaten
    assert answering.version == trained.baseline.version
    assert answering.training["instead_of"] == trained.training["recipe"]
    assert run(["predict", "show", "molecules", "heat_capacity"]) == EXIT_OK
    shown = capsys.readouterr().out
    assert trained.version in shown
    assert answering.version in shown
    (tmp_path / "mols.smi").write_text("CCO\n", encoding="utf-8")
    values = []
    for more in ([], ["--as-trained"]):
        assert (
            run(["predict", "molecules", str(tmp_path / "mols.smi"), "-p", "heat_capacity", "--json", *more]) == EXIT_OK
        )
        values.append(json.loads(capsys.readouterr().out)[0])
    assert values[0]["heat_capacity [cal/mol/K]"] == values[1]["heat_capacity baseline"]
    assert values[0]["heat_capacity [cal/mol/K]"] != values[1]["heat_capacity [cal/mol/K]"]
