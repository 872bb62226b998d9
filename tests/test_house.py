"""The rules of the house: sizes, floors and manners that no other tool checks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "sekkei"
MODULES = sorted(SOURCE.rglob("*.py"))
FOLDERS = ("src", "tests", "examples", "benchmarks")
ALL_PYTHON = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]

MOST_LINES_PER_FILE = 300
MOST_LINES_PER_FUNCTION = 40

# Package -> the only places under src/sekkei that may import it, at any depth of the code.
HOMES = {
    "torch": ("models", "data", "train", "generate", "predict", "metrics", "cli/doctor.py"),
    "transformers": ("models", "generate", "train"),
    "rdkit": ("molecules",),
    "selfies": ("molecules",),
    "pymatgen": ("materials",),
    "ase": ("materials", "predict/potentials.py", "predict/relaxation.py", "predict/sevennet.py"),
    "chgnet": ("predict/potentials.py",),
    "sevenn": ("predict/sevennet.py",),
    "smact": ("materials",),
    "spglib": ("materials",),
    "lightgbm": ("predict",),
    "distributed": ("metrics/parallel.py",),
    "mp_api": ("data/project.py",),
    "sqlite3": ("campaign/store.py",),
    "jinja2": ("report",),
    "plotly": ("report",),
    "typer": ("cli",),
    "rich": ("cli",),
    "pickle": (),
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", ALL_PYTHON, ids=name_of)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines < MOST_LINES_PER_FILE, f"{name_of(path)} has {lines} lines"


@pytest.mark.parametrize("path", ALL_PYTHON, ids=name_of)
def test_a_function_fits_a_screen(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {node.name: length(node) for node in functions if length(node) >= MOST_LINES_PER_FUNCTION}
    assert not long, f"{name_of(path)}: {long}"


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, its docstring and its parameters not counted: those are prose and data."""
    first = function.body[0]
    described = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body = function.body[1:] if described else function.body
    return body[-1].end_lineno - body[0].lineno + 2 if body else 1


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_source_has_no_marks_of_unfinished_work_and_no_paths_of_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    marks = re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", text)
    paths = re.findall(r"""["'](?:/home|/root|/work|/tmp|/Users|[A-Z]:\\\\)[^"']*""", text)
    assert not marks, marks
    assert not paths, paths


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_package_is_imported_only_where_it_is_at_home(path: Path) -> None:
    place = path.relative_to(SOURCE).as_posix()
    strangers = {
        name
        for name in imported(path)
        if name in HOMES and not any(place == home or place.startswith(f"{home}/") for home in HOMES[name])
    }
    assert not strangers, f"{place} imports {sorted(strangers)}"


def imported(path: Path) -> Iterator[str]:
    """Top-level names of everything a file imports, inside functions and by name too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module).split(".")[0]
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            constants = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            yield from (str(value).split(".")[0] for value in constants)


def test_relative_imports_are_not_used() -> None:
    relative = [
        name_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


def test_every_room_is_a_package_with_a_word_about_itself() -> None:
    rooms = [path for path in SOURCE.iterdir() if path.is_dir() and any(path.glob("*.py"))]
    silent = [room.name for room in rooms if not (room / "__init__.py").is_file() or not docstring(room)]
    assert not silent


def docstring(room: Path) -> str | None:
    return ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "code",
    [
        "import sekkei",
        "from sekkei.cli.main import run; assert run(['--help']) == 0",
        "from sekkei.cli.main import run; assert run(['design', 'molecules', '--help']) == 0",
        "from sekkei.cli.main import run; assert run(['version']) == 0",
    ],
)
def test_the_door_opens_without_the_heavy_furniture(code: str) -> None:
    ending = "; import sys, json; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code + ending], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert not loaded & {"torch", "transformers", "rdkit", "pandas"}
