"""The domain of a command that does not name it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekkei.core.errors import UserError
from sekkei.data.domains import domain_meant
from sekkei.models.matbert import MatBERT, MatBERTConfig


def table(path, *headings):
    path.write_text(",".join(headings) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("model", "domain"),
    [
        ("matbert", "materials"),
        ("chemberta", "molecules"),
        ("matgpt", "materials"),
        ("crystalgpt", "materials"),
        ("druglike", "molecules"),
        ("seyonec/ChemBERTa-zinc-base-v1", "molecules"),
    ],
)
def test_a_model_tells_its_domain(model, domain, tmp_path):
    assert domain_meant(model, None) == domain
    assert domain_meant(model, table(tmp_path / "t.csv", "x", "y")) == domain


def test_a_folder_tells_its_domain(tmp_path):
    MatBERT(MatBERTConfig(width=8, layers=1, heads=1)).save(tmp_path / "m", {}, "")
    assert domain_meant(str(tmp_path / "m"), None) == "materials"


def test_the_heading_of_the_structures_tells_the_domain(tmp_path):
    assert domain_meant(None, table(tmp_path / "a.csv", "id", "Formula", "hardness")) == "materials"
    assert domain_meant(None, table(tmp_path / "b.tsv", "SMILES\tactivity")) == "molecules"
    pq.write_table(pa.table({"composition": ["NaCl"], "y": [1.0]}), tmp_path / "c.parquet")
    assert domain_meant(None, tmp_path / "c.parquet") == "materials"
    both = table(tmp_path / "d.csv", "formula", "smiles", "y")
    assert domain_meant(None, both, "smiles") == "molecules"


def test_where_nothing_tells_the_error_names_both(tmp_path):
    both, neither = table(tmp_path / "d.csv", "formula", "smiles"), table(tmp_path / "e.csv", "x", "y")
    for data in (None, both, neither):
        with pytest.raises(UserError, match="neither --model nor the heading") as caught:
            domain_meant(None, data)
        assert "materials or molecules" in str(caught.value)
    with pytest.raises(UserError, match="neither"):
        domain_meant("./nowhere", neither)
    with pytest.raises(UserError, match=r"nothing\.csv"):
        domain_meant(None, tmp_path / "nothing.csv")
