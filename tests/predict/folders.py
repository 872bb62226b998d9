"""Folders of predictors that were changed behind their back."""

from __future__ import annotations

import json

from sekkei.predict import keep


def rewritten(folder, change):
    """A predictor's folder with other facts and the hash that belongs to them."""
    facts = json.loads((folder / "predictor.json").read_text(encoding="utf-8"))
    del facts["hash"]
    change(facts)
    body = json.dumps(facts, indent=1, ensure_ascii=False)
    version = keep._version(folder, body)
    (folder / "predictor.json").write_text(json.dumps({**facts, "hash": version}), encoding="utf-8")
