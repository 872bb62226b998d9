"""Evaluations side by side: the same figures, each with its interval, and what keeps them from being comparable."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sekkei.core.errors import UserError

METRICS = "metrics.json"
_LARGEST = 100_000_000
_SAME = (
    "level", "profile", "reference", "training", "set size", "cut-offs", "hull", "potential", "GuacaMol reference",
    "targets",
)  # fmt: skip
_ADVICE = "give folders that `sekkei evaluate ... --out` wrote"


def json_text(result: Mapping[str, Any]) -> str:
    """The content of ``metrics.json``: strict JSON, null for numbers that JSON lacks."""
    return json.dumps(_strict(result), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def read_evaluation(folder: Path) -> dict[str, Any]:
    """The content of an evaluation's ``metrics.json``; null figures become NaN.

    Raises:
        UserError: it is missing, damaged or no evaluation.
    """
    path = folder / METRICS if folder.is_dir() else folder
    try:
        if path.stat().st_size > _LARGEST:
            raise UserError(f"is larger than {_LARGEST} bytes", str(path), _ADVICE)
        content = json.loads(path.read_text(encoding="utf-8"))
        for figure in content["figures"]:
            for key in ("value", "low", "high"):
                figure[key] = float("nan") if figure[key] is None else float(figure[key])
            figure["name"] = str(figure["name"])
        content["settings"] = dict(content["settings"])
        content["attempts"] = int(content["attempts"])
        content["domain"] = str(content["domain"])
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", str(path), _ADVICE) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError("is no evaluation of Sekkei", str(path), _ADVICE) from error
    return dict(content)


def side_by_side(labels: Sequence[str], results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Figures by name, in the order of the first evaluation that has them.

    Args:
        labels: m names.
        results: m evaluations.

    Returns:
        ``labels``, ``differences`` (settings that differ, in words), and ``figures``: for each name m entries of value,
        low and high, None where an evaluation lacks the figure.

    Raises:
        UserError: two evaluations share a label, there are fewer than two, or molecules stand beside materials.
    """
    if len(results) < 2 or len(set(labels)) < len(labels):
        raise UserError("needs two or more different evaluations", "compare", _ADVICE)
    domains = {str(result["domain"]) for result in results}
    if len(domains) > 1:
        raise UserError(f"are of different domains: {', '.join(sorted(domains))}", "compare", "compare like with like")
    names = list(dict.fromkeys(figure["name"] for result in results for figure in result["figures"]))
    tables = [{figure["name"]: figure for figure in result["figures"]} for result in results]
    figures = {
        name: [
            {key: table[name][key] for key in ("value", "low", "high")} if name in table else None for table in tables
        ]
        for name in names
    }
    return {"labels": list(labels), "differences": _differences(labels, results), "figures": figures}


def _strict(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _strict(part) for key, part in value.items()}
    return [_strict(part) for part in value] if isinstance(value, list) else value


def _differences(labels: Sequence[str], results: Sequence[Mapping[str, Any]]) -> list[str]:
    out = []
    for key in _SAME:
        found = [str(result["settings"].get(key, "none")) for result in results]
        if len(set(found)) > 1:
            told = "; ".join(f"{label}: {value}" for label, value in zip(labels, found, strict=True))
            out.append(f"{key} differs ({told})")
    sizes = [result["attempts"] for result in results]
    if len(set(sizes)) > 1:
        told = ", ".join(f"{label} {size:,}" for label, size in zip(labels, sizes, strict=True))
        out.append(f"the number of attempts differs ({told}): figures of uniqueness and coverage depend on it")
    return out
