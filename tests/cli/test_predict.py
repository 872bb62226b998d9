from __future__ import annotations

import csv
import json

import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_formula_keeps_its_row_with_interval_domain_or_reason(tmp_path, capsys):
    source, out = tmp_path / "formulas.csv", tmp_path / "out.csv"
    source.write_text("formula\nNaCl\nQq2O\nNaN\nRfO2\n", encoding="utf-8")
    named = ["-p", "is_metal", "-p", "band_gap"]  # as good as is_metal,band_gap
    assert run(["predict", "materials", str(source), *named, "--out", str(out)]) == EXIT_PARTIAL
    rows = table(out)
    assert [row["formula"] for row in rows] == ["NaCl", "Qq2O", "NaN", "O2Rf"]
    assert float(rows[0]["band_gap low"]) < float(rows[0]["band_gap [eV]"]) < float(rows[0]["band_gap high"])
    assert rows[0]["band_gap in_domain"] in {"yes", "no"}
    assert float(rows[2]["is_metal"]) >= 0  # sodium nitride, no missing value
    assert [bool(row["problem"]) for row in rows] == [False, True, False, True]
    assert (rows[1]["band_gap [eV]"], rows[1]["band_gap in_domain"]) == ("", "")
    assert "2 of 4 rows have a problem" in capsys.readouterr().err


def test_molecules_as_json_name_what_lies_outside_the_domain(tmp_path, capsys):
    source = tmp_path / "mols.smi"
    source.write_text("CC1CCC(O)C1=O ring\nCCCCCCCCCCCCCCCC(=O)OCC large\n", encoding="utf-8")
    assert run(["predict", "molecules", str(source), "-p", "gap", "--json"]) == EXIT_OK
    small, large = json.loads(capsys.readouterr().out)
    assert (small["name"], small["gap in_domain"]) == ("ring", "yes")
    assert large["gap in_domain"] == "no"
    assert "heavy atoms" in large["gap note"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["materials", "formulas.txt", "-p", "bandgap"], ["bandgap", "did you mean 'band_gap'"]),
        (["materials", "formulas.txt", "-p", ","], ["no property is named"]),
        (["materials", "absent.txt", "-p", "band_gap"], ["absent.txt"]),
    ],
)
def test_refusals_say_what_and_where(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "formulas.txt").write_text("NaCl\n", encoding="utf-8")
    assert run(["predict", *arguments]) == EXIT_USER_ERROR
    printed = capsys.readouterr().err
    assert all(word in printed for word in words)


def test_what_can_be_predicted_is_listed_with_its_errors(capsys):
    assert run(["predict", "list", "--json"]) == EXIT_OK
    listed = {(row["domain"], row["property"]): row for row in json.loads(capsys.readouterr().out)}
    assert listed["materials", "band_gap"]["unit"] == "eV"
    assert listed["molecules", "solubility"]["held_out"]["coverage"] > 0.8
    assert run(["predict", "show", "materials", "band_gap"]) == EXIT_OK
    assert "## Limits" in capsys.readouterr().out
