"""Campaign files: what goes in comes out, and every slip is one clear line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekkei.campaign.spec import BUDGET_PER_CANDIDATE, MIN_BUDGET, campaign, read_campaign
from sekkei.campaign.toml import dumps
from sekkei.core.errors import UserError
from sekkei.molecules.stability import MAX_STRAIN

FULL = {
    "model": "moses",
    "targets": ["logp=1.5±0.5", "min:sa@2"],
    "n": 7,
    "seed": 2**63 - 1,
    "extrapolate": True,
    "evaluators": ["my.scores:f"],
    "constraints": {"require": ['[#7]\\"', "c1ccccc1"], "elements": ["C", "N"], "similar_to": "CCO"},
    "limits": {"max_sa": 4, "alerts": "flag", "max_strain": 1e-5, "novel": False},
    "sampling": {"temperature": 0.8, "top_k": 5, "top_p": 0.9, "guidance": 1.5},
    "budget": {"max_generated": 500, "batch": 100},
}


def test_a_written_campaign_reads_back_as_itself(tmp_path: Path) -> None:
    path = tmp_path / "campaign.toml"
    for asked in (campaign(FULL), campaign({}), campaign({}).resolved()):
        path.write_text(asked.toml(), encoding="utf-8")
        assert read_campaign(path) == asked


def test_defaults() -> None:
    asked = campaign({"n": 100}).resolved()
    assert (asked.limits.max_sa, asked.limits.alerts, asked.limits.max_strain) == (4.5, "reject", MAX_STRAIN)
    assert asked.budget.max_generated == max(MIN_BUDGET, 100 * BUDGET_PER_CANDIDATE) == 40_000


@pytest.mark.parametrize(
    ("entries", "where", "says"),
    [
        ({"n": 0}, "n", "greater than or equal to 1, not 0"),
        ({"n": 100_001}, "n", "less than or equal to 100000"),
        ({"n": "5"}, "n", "valid integer"),
        ({"n": True}, "n", "valid integer"),
        ({"seed": -1}, "seed", "greater"),
        ({"domain": "proteins"}, "domain", "'molecules'"),
        ({"limits": {"max_sa": 11}}, "limits.max_sa", "less than or equal to 10"),
        ({"limits": {"max_sa": float("nan")}}, "limits.max_sa", "finite"),
        ({"limits": {"alerts": "ignore"}}, "limits.alerts", "'reject' or 'flag'"),
        ({"limits": {"maxsa": 3}}, "limits", "did you mean 'max_sa'"),
        ({"target": ["logp=1"]}, "", "did you mean 'targets'"),
        ({"targets": [3]}, "targets[0]", "valid string"),
        ({"targets": ["logp=1"] * 101}, "targets", "100"),
        ({"budget": {"batch": 0}}, "budget.batch", "greater"),
        ({"sampling": {"temperature": 0}}, "sampling.temperature", "greater than 0"),
        ({"domain": "materials", "level": "composition", "budget": {"relax": 5}}, "budget.relax", "is for crystals"),
        ({"domain": "materials", "level": "composition", "hull": "mp"}, "hull", "is for crystals"),
        ({"domain": "materials", "level": "composition", "buget": {}}, "buget", "did you mean 'budget'"),
    ],
)
def test_a_slip_is_one_line_with_its_place(entries: dict, where: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        campaign(entries)
    assert caught.value.where.startswith(where)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_slips_are_counted() -> None:
    with pytest.raises(UserError, match="and 1 more"):
        campaign({"n": 0, "seed": -1})


@pytest.mark.parametrize("text", ["n = ", "n = 5\nn = 6", "\x00"])
def test_malformed_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"broken\.toml: is no TOML"):
        read_campaign(path)


def test_missing_binary_and_huge_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge").write_bytes(b"#" * 1_000_001)
    for name, says in (("none", "no such file"), ("binary", "no TOML"), ("huge", "too large")):
        with pytest.raises(UserError, match=says):
            read_campaign(tmp_path / name)


PLAIN = st.one_of(st.text(st.characters(codec="utf-8")), st.booleans(), st.integers(-(2**63), 2**63 - 1))
VALUES = st.one_of(PLAIN, st.floats(allow_nan=False), st.lists(st.text(st.characters(codec="utf-8"))))
KEYS = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


@given(st.dictionaries(KEYS, st.one_of(VALUES, st.dictionaries(KEYS, VALUES))))
def test_any_table_survives_toml(table: dict) -> None:
    assert tomllib.loads(dumps(table)) == table
