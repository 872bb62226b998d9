"""What every benchmark writes down beside its figures, and how the page of results is made from the raw output."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from sekkei.generate.model import Model

ROOT = Path(__file__).parents[1]
PACKAGES = ("torch", "transformers", "rdkit", "numpy", "fcd")


def sampling_options(about: str | None, n: int, of: str) -> argparse.ArgumentParser:
    """The options of every benchmark that samples a model: which one, how much of what, with which seeds, on what."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="moses", help="shipped model or model folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("-n", type=int, default=n, help=of)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=2, help="processes for the chemistry")
    parser.add_argument("--threads", type=int, default=2, help="threads for the network")
    return parser


def circumstances(model: Model | None = None) -> dict[str, Any]:
    """Machine, date, commit, versions and the model, all that a reader needs to repeat a run."""
    kept: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": git("rev-parse", "--short=12", "HEAD") + ("+changes" if git("status", "--porcelain", "-uno") else ""),
        "machine": f"{processor()}, {os.cpu_count()} cores, {memory()} GB",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "threads": torch.get_num_threads(),
        "command": command(),
    }
    if model is not None:
        kept["model"] = {"name": model.name, "hash": model.hash}
    return kept


def command() -> str:
    """What was typed; of absolute paths, which say nothing to a reader, the last name."""
    spec = sys.modules["__main__"].__spec__
    program = ["-m", spec.name] if spec else [os.path.relpath(sys.argv[0], ROOT)]
    words = (Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:])
    return shlex.join(["python", *program, *words])


def git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)  # noqa: S607
    return done.stdout.strip()


def processor() -> str:
    """Name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory() -> int:
    """Memory [GB]."""
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)


def save(folder: Path, name: str, result: dict[str, Any]) -> Path:
    """Write one raw result to ``folder/results/name.json``."""
    path = folder / "results" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(exchanged(result, to_file=True), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {os.path.relpath(path, ROOT)}")
    return path


def saved(folder: Path) -> list[dict[str, Any]]:
    """All raw results of a benchmark, by name."""
    paths = sorted((folder / "results").glob("*.json"))
    return [exchanged(json.loads(path.read_text(encoding="utf-8")), to_file=False) for path in paths]


def exchanged(value: Any, *, to_file: bool) -> Any:
    """NaN for null or null for NaN, at any depth: JSON has no NaN."""
    if isinstance(value, dict):
        return {name: exchanged(part, to_file=to_file) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [exchanged(part, to_file=to_file) for part in value]
    if to_file:
        return None if isinstance(value, float) and math.isnan(value) else value
    return math.nan if value is None else value


def write_page(folder: Path, title: str, parts: Sequence[str], name: str = "RESULTS.md") -> None:
    """Write a page; it is made from the raw results alone."""
    text = "\n\n".join([f"# {title}", *(part.strip() for part in parts)])
    (folder / name).write_text(text + "\n", encoding="utf-8")
    print(f"wrote {os.path.relpath(folder / name, ROOT)}")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float, digits: int = 4) -> str:
    """A figure for a table; a dash where it is not defined."""
    return "–" if math.isnan(value) else f"{value:.{digits}g}"


def with_spread(pair: Sequence[float], digits: int = 4) -> str:
    """Mean ± standard deviation."""
    mean, spread = pair
    return number(mean, digits) if math.isnan(spread) else f"{number(mean, digits)} ± {number(spread, 2)}"


def line_of(result: dict[str, Any]) -> str:
    """One sentence on where and when a result was measured."""
    where = result["circumstances"]
    model = where.get("model")
    about = f"Model `{model['name']}` ({model['hash']}). " if model else ""
    packages = ", ".join(f"{name} {release}" for name, release in where["packages"].items())
    seeds = f" Seeds {', '.join(map(str, result['seeds']))}." if "seeds" in result else ""
    made = f" `{where['command']}`" if "command" in where else ""
    made = f" {where['remark']}{made}" if "remark" in where else made
    return (
        f"{about}Measured {where['date']} at commit {where['commit']} on {where['machine']} "
        f"({where['threads']} threads; Python {where['python']}, {packages}).{seeds}{made}"
    )
