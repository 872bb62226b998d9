"""Tables of users: a stray quotation mark never swallows the rows behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sekkei.core.errors import UserError
from sekkei.core.textfiles import table_of
from sekkei.materials.files import read_formulas
from sekkei.metrics.conditions import read_targets
from sekkei.metrics.evaluation import MEASURES
from sekkei.metrics.materials.samples import read_samples
from sekkei.molecules.files import read_molecules


@pytest.mark.parametrize("name", ["q.csv", "q.tsv"])
@pytest.mark.parametrize(
    ("reader", "rows"),
    [
        (read_molecules, ["id,smiles", "1,CCO", '2,"CCN', "3,CCC", "4,CCCC"]),
        (read_molecules, ["id,smiles", "1,CCO", '2,"CCN', "3,CCC", '4,"CCCC', "5,CC"]),
        (read_molecules, ["id,smiles", "1,CCO", '2,"CCN', "3,CCC", '4,CCCC"', "5,CC"]),
        (read_formulas, ["id,formula", "1,NaCl", '2,"KBr', "3,MgO"]),
        (read_samples, ["id,formula", "1,NaCl", '2,"KBr', "3,MgO"]),
        (read_samples, ["id,formula", "1,NaCl", '2,"KBr', '3,MgO"', "4,Si"]),
        (lambda path: read_targets(path, MEASURES, ("id",)), ["id,logp", "1,1.0", '2,"2.0', "3,3.0"]),
        (lambda path: read_targets(path, MEASURES, ("id",)), ["id,logp", "1,1.0", '2,"2.0', '3,3.0"']),
    ],
)
def test_a_stray_quotation_mark_is_named_with_its_line(
    tmp_path: Path, reader: Callable[[Path], object], rows: list[str], name: str
) -> None:
    path = tmp_path / name
    text = "\n".join(rows) + "\n"
    path.write_text(text if name.endswith("csv") else text.replace(",", "\t"), encoding="utf-8")
    with pytest.raises(UserError, match="line 3"):
        reader(path)


def test_quoted_cells_may_hold_marks_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('note, smiles \n"a ""b"", c\nd",CCO\n\n,"CC"\n', encoding="utf-8")
    fields, rows = table_of(path)
    assert fields == ["note", "smiles"]
    assert list(rows) == [(2, ['a "b", c\nd', "CCO"]), (5, ["", "CC"])]


def test_a_heading_with_a_stray_quotation_mark_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,"smiles\n1,CCO\n', encoding="utf-8")
    with pytest.raises(UserError, match="line 1"):
        table_of(path)
