"""The documents say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sekkei.cli.main import run
from sekkei.molecules.evaluators import EVALUATORS
from sekkei.molecules.properties import PROPERTIES

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(path: Path) -> None:
    prose = re.sub(r"```.*?```|^ {4}.*?$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", prose)
    broken = [link for link in links if not (path.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_default_tolerances_are_documented(name: str) -> None:
    measure = PROPERTIES[name].measure
    assert f"| `{name}` | {measure.tolerance:g} | {measure.unit + ' ' if measure.unit else ''}|" in page(
        "reference/targets.md"
    )
    assert f"| `{name}` | {measure.unit + ' ' if measure.unit else ''}|" in page("reference/properties.md")


@pytest.mark.parametrize("name", sorted(set(EVALUATORS) - set(PROPERTIES)))
def test_further_evaluators_are_documented(name: str) -> None:
    unit = EVALUATORS[name].measures[0].unit
    assert f"| `{name}` | {unit + ' ' if unit else ''}|" in page("reference/properties.md")


def test_every_option_of_design_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["design", "molecules", "--help"]) == 0
    options = set(re.findall(r"^ {2}(?:-n|(--[a-z-]+))", capsys.readouterr().out, re.MULTILINE)) - {
        "",
        "--help",
        "--json",
    }
    missing = [option for option in options if f"`{option}" not in page("reference/cli.md")]
    assert not missing


def test_every_dependency_is_documented() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r'^ {4}"([a-z-]+)>=', project, re.MULTILINE)
    missing = [name for name in named if f"| {name} |" not in page("reference/dependencies.md")]
    assert len(named) > 10
    assert not missing
