"""A user's own evaluators by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sekkei.core.errors import UserError
from sekkei.core.plugins import is_plugin, load_evaluator

MODULE = '''
from sekkei.core.evaluators import evaluator

@evaluator("length", "characters", version="7")
def length(text):
    return len(text)

def vowels(text):
    """Vowels in a text."""
    return sum(letter in "aeiou" for letter in text)

class Judge:
    name = "judge"

number = 3
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "own_scores.py").write_text(MODULE)
    (tmp_path / "own_broken.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_decorated_and_a_plain_function_of_this_folder(folder: Path) -> None:
    length, vowels = load_evaluator("own_scores:length"), load_evaluator("own_scores:vowels")
    assert (length.name, length.version, length.measures[0].unit) == ("length", "7", "characters")
    assert vowels.measures[0].title == "Vowels in a text"
    assert len(vowels.version) == 8
    assert np.array_equal(vowels(["audio", "xyz"])[0].values, [4.0, 0.0])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("own_scores:lenght", "did you mean 'length'"),
        ("own_scores:number", "neither a function nor an evaluator"),
        ("own_scores:Judge", "neither a function nor an evaluator"),
        ("own_scores:", "write package.module:object"),
        ("no_such_module:f", "no module named 'no_such_module'"),
        ("own_broken:f", "ZeroDivisionError"),
    ],
)
def test_a_wrong_name_is_one_line(folder: Path, name: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        load_evaluator(name, "evaluators[1]")
    assert caught.value.where == f"evaluators[1] '{name}'"


def test_only_a_colon_makes_a_plugin() -> None:
    assert is_plugin("a.b:c")
    assert not is_plugin("qed")
