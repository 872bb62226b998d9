from __future__ import annotations

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Measure, Problem
from sekkei.materials.datasets import TABLES, MaterialTable, material_table, read_compositions, read_structures

SMALL = MaterialTable("small", "test", 3, "here", "none", "small.parquet", measures={"y": Measure("gap", "eV")})


def test_a_table_is_read_with_its_gaps_and_sodium_nitride(tmp_path):
    path = tmp_path / "small.parquet"
    rows = {"formula": ["NaN", None, "Fe2O3", "Qq"], "y": [1.0, 2.0, None, 0.5], "split": ["train", "val", None, "val"]}
    pq.write_table(pa.table(rows), path)
    found = read_compositions(SMALL, path)
    assert found.texts == ["NaN", "", "Fe2O3", "Qq"]
    assert found.items[0].formula == "NaN"
    assert [item.kind for item in found.items if isinstance(item, Problem)] == ["empty", "element"]
    np.testing.assert_array_equal(found.values["gap"], [1.0, 2.0, np.nan, 0.5])
    assert found.split == ["train", "val", "", "val"]


def test_csv_keeps_the_text_nan(tmp_path):
    path = tmp_path / "small.csv.gz"
    path.write_bytes(gzip.compress(b"mp_id,formula\nmp-1,NaN\nmp-2,Fe2O3\n"))
    plain = MaterialTable("small", "test", 2, "here", "none", path.name)
    assert read_compositions(plain, path).texts == ["NaN", "Fe2O3"]


def test_wrong_tables_are_named(tmp_path):
    path = tmp_path / "small.parquet"
    pq.write_table(pa.table({"formula": ["Fe"], "z": [1.0]}), path)
    with pytest.raises(UserError, match="no column 'y'"):
        read_compositions(SMALL, path)
    with pytest.raises(UserError, match="cannot be read"):
        read_compositions(SMALL, tmp_path / "absent.parquet")
    path.write_bytes(b"nonsense")
    with pytest.raises(UserError, match="cannot be read"):
        read_compositions(SMALL, path)
    with pytest.raises(UserError, match="holds no structures"):
        read_structures(SMALL, path)
    with pytest.raises(UserError, match="did you mean 'mp20'"):
        material_table("mp-20")


@pytest.mark.parametrize("name", TABLES)
def test_real_tables_are_as_described(data_file, name):
    table = TABLES[name]
    path = data_file(table.file)
    if table.rows > 20_000:  # the larger ones only by their outline
        if path.suffix == ".parquet":
            outline = pq.ParquetFile(path)
            assert outline.metadata.num_rows == table.rows
            assert {table.formula, *table.measures} <= set(outline.schema_arrow.names)
        return
    found = read_compositions(table, path)
    assert len(found.items) == table.rows
    assert not any(isinstance(item, Problem) for item in found.items)
    for measure in table.measures.values():
        values = found.values[measure.name]
        assert np.nanmin(values) >= measure.low
        assert np.nanmax(values) <= measure.high
    if table.crystals:
        first = next(read_structures(table, path))
        assert first.item.composition == found.items[0]


def test_every_table_says_whose_it_is():
    assert all(table.title and table.source and table.licence for table in TABLES.values())
