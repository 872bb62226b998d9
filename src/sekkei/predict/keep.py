"""A predictor as a folder: predictor.json, reach.npz, README.md (the card), and what was learned.

That is the trees as compressed text, or the weights of networks beside those of the base, which is named by its hash,
or both; where there are networks, the folder ``baseline`` in it holds trees that learned from the same objects.

Nothing is ever unpickled; the arrays are read with ``allow_pickle=False``.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from sekkei.core.errors import UserError
from sekkei.core.hashes import read_bounded
from sekkei.core.types import Measure
from sekkei.data.encoders import Encoder, load_encoder, shipped_encoders
from sekkei.models.adapters import METHODS
from sekkei.predict.blend import Blend
from sekkei.predict.calibrate import Classes, Margin
from sekkei.predict.describe import describer
from sekkei.predict.forest import Forest
from sekkei.predict.networks import KINDS, Networks, fill, fresh
from sekkei.predict.predictor import Brain, Mind, Predictor
from sekkei.predict.reach import Reach
from sekkei.predict.trees import Trees

FORMAT = 3
FACTS = "predictor.json"
CARD = "README.md"
_BASELINE = "baseline"
_KINDS = (_BASELINE, "neural", "blend")
_TREES = ("value", "gate", "spread")
_WEIGHTS = "weights.safetensors"
_FILES = (*(f"{name}.txt.xz" for name in _TREES), "reach.npz", _WEIGHTS)
_ARRAYS = {"seen": "i4", "bounds": "f8", "centre": "f4", "axes": "f4", "landmarks": "f2", "limit": "f8",
           "least": "i4"}  # fmt: skip
_MOST_NUMBERS = 50_000_000
_MOST_MEMBERS, _MOST_RANK = 100, 1024
_BOUNDLESS = {"factor": float("inf"), "least": float("-inf"), "most": float("inf")}
_AGAIN = "copy or train it again"


def save_predictor(folder: Path, predictor: Predictor) -> str:
    """Write a predictor's folder.

    Returns:
        The version of what was written: 12 hex digits of the SHA-256 of its files, the card aside.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*_FILES, FACTS):
        (folder / name).unlink(missing_ok=True)  # what another kind of predictor has left there
    brain = predictor.brain
    learned = _save_mind(folder, brain.mind)
    beside = save_predictor(folder / _BASELINE, predictor.baseline) if predictor.baseline else None
    (folder / "reach.npz").write_bytes(_reach_bytes(predictor.reach))
    facts: dict[str, Any] = {
        "format": FORMAT,
        **learned,
        "baseline": beside,
        "domain": predictor.domain,
        "features": features_hash(predictor.domain),
        "measure": {k: _open_end(v) for k, v in asdict(predictor.measure).items()},
        "margin": {
            "kind": type(brain.margin).__name__.lower(),
            **{k: _open_end(v) for k, v in asdict(brain.margin).items()},
        },
        "training": dict(predictor.training),
    }
    body = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    version = _version(folder, body)
    text = json.dumps({**facts, "hash": version}, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")
    (folder / CARD).write_text(predictor.card, encoding="utf-8")
    return version


def load_predictor(folder: Path) -> Predictor:
    """Read a predictor's folder strictly.

    Raises:
        UserError: a file is missing, malformed or changed, or the features are those of another version of Sekkei.
    """
    facts = _facts(folder / FACTS)
    recorded = facts.pop("hash", None)
    found = _version(folder, json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False))
    if recorded != found:
        what = f"the files have hash {found} but {FACTS} says {recorded}"
        raise UserError(what, str(folder), f"the folder was changed or damaged: {_AGAIN}")
    try:
        domain, raw = str(facts["domain"]), dict(facts["measure"])
        if facts["features"] != features_hash(domain):
            raise UserError("was trained on other features than this version has", str(folder), "train it again")
        measure = Measure(**{k: _end(k, v) for k, v in raw.items()})
        mind = _mind(folder, facts)
        brain = Brain(mind, _margin(facts["margin"]), measure.low, measure.high)
        reach, training, beside = _read_reach(folder / "reach.npz"), facts["training"], facts["baseline"]
        _ = training["held_out"]["mae" if isinstance(brain.margin, Margin) else "auc"]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"cannot be read: {error!r}", str(folder), _AGAIN) from error
    card = (folder / CARD).read_text(encoding="utf-8") if (folder / CARD).is_file() else ""
    baseline = _baseline(folder / _BASELINE, str(beside), domain, measure) if beside else None
    return Predictor(describer(domain), measure, brain, reach, training, found, card, baseline)


def _baseline(folder: Path, version: str, domain: str, measure: Measure) -> Predictor:
    """The trees beside an encoder, which answer where they erred less.

    Raises:
        UserError: they are missing, changed, or predict something else.
    """
    found = load_predictor(folder)
    if found.version != version:
        raise UserError(f"has hash {found.version}, not {version} as it should", str(folder), _AGAIN)
    if (found.domain, found.measure) != (domain, measure):
        raise UserError(f"predicts {found.name}, not what the encoder beside it does", str(folder), _AGAIN)
    return found


def features_hash(domain: str) -> str:
    """8 hex digits that change when the features of a domain are named otherwise."""
    return hashlib.sha256("\n".join(describer(domain).names).encode()).hexdigest()[:8]


def _version(folder: Path, body: str) -> str:
    digest = hashlib.sha256(body.encode())
    for name in _FILES:
        if (folder / name).is_file():
            digest.update(name.encode() + read_bounded(folder / name))
    return digest.hexdigest()[:12]


def _facts(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UserError(f"{FACTS} is missing", str(path.parent), "a predictor's folder is what training one writes")
    try:
        facts = json.loads(read_bounded(path).decode())
    except (ValueError, RecursionError) as error:
        raise UserError(f"cannot be read: {error}", str(path), _AGAIN) from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT or facts.get("kind") not in _KINDS:
        raise UserError(f"is not a format-{FORMAT} predictor", str(path), "train it again with this version")
    return facts


def _save_mind(folder: Path, mind: Mind) -> dict[str, Any]:
    """Write what was learned; what must be said about it goes into predictor.json."""
    if isinstance(mind, Blend):
        return {"kind": "blend", **_save_trees(folder, mind.trees), "weight": mind.weight,
                "network": _save_networks(folder, mind.networks)}  # fmt: skip
    if isinstance(mind, Networks):
        return {"kind": "neural", "network": _save_networks(folder, mind)}
    return {"kind": _BASELINE, **_save_trees(folder, cast("Trees", mind))}


def _save_trees(folder: Path, trees: Trees) -> dict[str, Any]:
    for name in _TREES:
        forest: Forest | None = getattr(trees, name)
        if forest is not None:
            (folder / f"{name}.txt.xz").write_bytes(forest.packed())
    return {} if trees.gate is None else {"gate_width": trees.width}


def _save_networks(folder: Path, mind: Networks) -> dict[str, Any]:
    weights = {f"{place}.{k}": v.contiguous() for place, state in enumerate(mind.states) for k, v in state.items()}
    save_file(weights, folder / _WEIGHTS)
    base, name = mind.encoder, mind.encoder.name
    where = str(Path(name).resolve()) if name not in shipped_encoders() and Path(name).is_dir() else name
    return {
        "base": where, "base_hash": base.hash, "method": mind.method, "rank": mind.rank, "task": mind.task,
        "members": len(mind.states), "steady": mind.steady, **({"gate": "median"} if mind.task == "gated" else {}),
    }  # fmt: skip


def _mind(folder: Path, facts: dict[str, Any]) -> Mind:
    if facts["kind"] == _BASELINE:
        return _trees(folder, facts)
    networks = _networks(folder, facts["network"])
    if facts["kind"] == "neural":
        return networks
    weight = float(facts["weight"])
    if not 0.0 <= weight <= 1.0:
        raise UserError(f"gives networks a weight of {weight:g}", str(folder), _AGAIN)
    return Blend(_trees(folder, facts), networks, weight)


def _trees(folder: Path, facts: dict[str, Any]) -> Trees:
    value = _forest(folder / "value.txt.xz")
    if value is None:
        raise UserError("value.txt.xz is missing", str(folder), _AGAIN)
    gate, spread = _forest(folder / "gate.txt.xz"), _forest(folder / "spread.txt.xz")
    _check_gate(folder, "gate_width" in facts, gate is not None)
    width = float(facts.get("gate_width", 0.0))
    if not 0.0 <= width < float("inf"):
        raise UserError(f"has a gate of width {width:g}", str(folder), _AGAIN)
    return Trees(value, gate, spread, width)


def _check_gate(folder: Path, told: bool, there: bool) -> None:
    if told != there:
        what = "its answers that are often zero come from an older version, which decided them otherwise"
        raise UserError(what, str(folder), "train it again with this version")


def _networks(folder: Path, facts: dict[str, Any]) -> Networks:
    """Networks on their base.

    Raises:
        UserError: the base is not there or another one, or a weight does not fit.
    """
    encoder, method, task = _base(str(facts["base"]), folder), facts["method"], facts["task"]
    if encoder.hash != facts["base_hash"]:
        what = f"was fine-tuned on the encoder {facts['base_hash']}, but {facts['base']} is {encoder.hash}"
        raise UserError(what, str(folder), "put the right encoder there, or fine-tune again on this one")
    members, rank = int(facts["members"]), int(facts["rank"])
    if method not in METHODS or task not in KINDS or not 1 <= members <= _MOST_MEMBERS or not 1 <= rank <= _MOST_RANK:
        raise UserError("describes networks of an unknown kind", str(folder), _AGAIN)
    try:
        weights = load(read_bounded(folder / _WEIGHTS))
    except SafetensorError as error:
        raise UserError(f"cannot be read: {error}", str(folder / _WEIGHTS), _AGAIN) from error
    _check_gate(folder, "gate" in facts, task == "gated")
    states: list[dict[str, Any]] = [{} for _ in range(members)]
    for name, tensor in weights.items():
        place, _, rest = name.partition(".")
        states[int(place)][rest] = tensor
    found = Networks(encoder, method, rank, task, tuple(states), bool(facts["steady"]))
    net = fresh(encoder, method, rank, task)
    for state in states:
        fill(net, state)  # a weight that does not fit is told now, not when something is predicted
    return found


def _base(name: str, folder: Path) -> Encoder:
    try:
        return load_encoder(name)
    except UserError as error:
        hint = "put the encoder back in its place, or fine-tune again"
        raise UserError(f"was fine-tuned on the encoder {name}: {error.what}", str(folder), hint) from error


def _forest(path: Path) -> Forest | None:
    return Forest.unpacked(read_bounded(path)) if path.is_file() else None


def _margin(facts: dict[str, Any]) -> Margin | Classes:
    kinds: dict[str, type[Margin | Classes]] = {"margin": Margin, "classes": Classes}
    parts = {k: _BOUNDLESS[k] if v is None else float(v) for k, v in facts.items() if k != "kind"}
    return kinds[facts["kind"]](**parts)


def _reach_bytes(reach: Reach) -> bytes:
    bounds = np.array([(column, *ends) for column, ends in sorted(reach.bounds.items())]).reshape(-1, 3)
    parts = {"seen": reach.seen, "bounds": bounds, "centre": reach.centre, "axes": reach.axes}
    parts |= {"landmarks": reach.landmarks, "limit": np.array([reach.limit]), "least": np.array([reach.least])}
    stream = io.BytesIO()
    arrays: dict[str, Any] = {name: part.astype(_ARRAYS[name]) for name, part in parts.items()}
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def _read_reach(path: Path) -> Reach:
    with np.load(io.BytesIO(read_bounded(path)), allow_pickle=False) as file:
        sizes = [file.zip.getinfo(f"{name}.npy").file_size for name in _ARRAYS]
        if sum(sizes) > _MOST_NUMBERS:
            raise UserError("is unreasonably large", str(path), _AGAIN)
        parts = {name: file[name].astype(np.float64) for name in _ARRAYS}
    bounds = {int(column): (float(low), float(high)) for column, low, high in parts["bounds"]}
    seen = parts["seen"].astype(np.int64)
    limit, least = float(parts["limit"][0]), int(parts["least"][0])
    return Reach(seen, bounds, parts["centre"], parts["axes"], parts["landmarks"], limit, least)


def _open_end(value: object) -> object:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _end(name: str, value: Any) -> Any:
    if value is None and name in ("low", "high"):
        return float("-inf") if name == "low" else float("inf")
    return value
