"""The recipe of a generator of crystals: what it is shown, what it learns, and what a folder of it holds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.data.crystals import TARGETS, crystals_of, known_crystals
from sekkei.data.encode import IGNORED
from sekkei.data.folder import find
from sekkei.generate.crystals import load
from sekkei.generate.sample import ruled_samples
from sekkei.materials.codecs.wyckoff import WyckoffCodec, read_symmetric
from sekkei.materials.known import KnownStructures
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.structures import MATCHERS
from sekkei.models.tokens import BOS, EOS
from sekkei.train.crystal_card import crystal_card
from sekkei.train.crystals import SIZE, new_network, token_traits, train_crystals
from sekkei.train.lines import lines_of
from sekkei.train.loop import Plan
from sekkei.train.recipes import Size

CODEC = WyckoffCodec()
TINY = Size(width=32, layers=1, heads=2, positions=128)


def test_equal_descriptions_are_the_same_crystal(crystal_file):
    known, matcher = crystals_of(crystal_file), MATCHERS["default"].matcher()
    assert len(known.texts) == 20
    assert known.held_out.sum() == 1
    assert np.isfinite(known.values).all(axis=1).sum() == 18
    several = [texts for texts in known.texts if len(texts) > 1]
    assert len(several) > 10
    for texts in several:
        first, *others = [read_symmetric(text).crystal().structure for text in texts]
        assert all(matcher.fit(first, other) for other in others)


def test_what_is_asked_for_is_read_and_not_learned(crystal_file):
    known = crystals_of(crystal_file)
    lines, rows = lines_of(known, CODEC, 120)
    chosen = np.tile(np.arange(len(rows)), 80)
    tokens, labels, values = lines.present(lines.encoded, chosen, np.random.default_rng(0))
    assert (tokens[:, 0] == BOS).all()
    asked = (tokens >= CODEC.first["asked"]).sum(dim=1)
    assert 0.3 < float((asked == 0).float().mean()) < 0.5
    shown = set()
    for row, ask, line, label in zip(chosen, asked.tolist(), tokens.tolist(), labels.tolist(), strict=True):
        assert label[:ask] == [IGNORED] * ask
        end = label.index(EOS)
        assert line[ask + 1 : end + 1] == label[ask:end]
        assert set(label[end + 1 :]) <= {IGNORED}
        text = CODEC.decode(line[: end + 1])
        assert text in known.texts[row]
        item = read_symmetric(text).composition
        behind = line[1 : ask + 1]
        assert behind in ([], CODEC.ask(item.amounts), CODEC.ask(item.amounts, exactly=False))
        shown.add(text)
    assert shown == {text for texts in known.texts for text in texts}
    assert values.shape == (len(chosen), len(TARGETS))


def test_the_recipe_learns_and_a_stopped_run_goes_on(crystal_file, tmp_path):
    said: list[str] = []
    first = Plan(total=80, batch=8, warmup=2, log_every=1)
    folder = train_crystals(str(crystal_file), tmp_path / "model", first, size=TINY, say=said.append)
    with pytest.raises(UserError, match="already holds a run"):
        train_crystals(str(crystal_file), folder, first, size=TINY)
    with pytest.raises(UserError, match="batch"):
        train_crystals(str(crystal_file), folder, Plan(total=80, batch=4), resume=True, size=TINY)
    longer = Plan(total=1200, batch=8, warmup=2, rate=1e-2, log_every=10)
    train_crystals(str(crystal_file), folder, longer, resume=True, size=TINY, say=said.append)
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [entry["step"] for entry in entries[:3]] == [1, 2, 3]
    assert entries[-1]["nats"] < 0.6 * entries[0]["nats"]
    model = load(str(folder))
    assert model.training["seen"] >= 1200
    assert model.training["level"] == "crystal"
    assert model.ranges["band_gap"] == pytest.approx((0.0, 8.5), abs=0.6)
    assert len(model.training["held_out_nats"]) == 2
    assert "crystals by their symmetry" in model.card
    assert "Materials Project" not in model.card
    items = [line.item for line in read_crystals(crystal_file)]
    kinds = [one.kind for one in KnownStructures(model.known).classify(items)]
    assert kinds.count("known") >= 0.9 * len(items)  # all but those held out


def test_the_run_teaches_what_the_masks_forbid_at_its_end(crystal_file, tmp_path):
    plan, said = Plan(total=80, batch=8, warmup=2), []
    folder = train_crystals(
        str(crystal_file), tmp_path / "ruled", plan, size=TINY, manners=Plan(12, batch=4, log_every=1),
        write_ruled=ruled_samples, say=said.append,
    )  # fmt: skip
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(entries) == 4
    assert all(0 < entry["nats"] < np.inf for entry in entries)
    assert "in 4 steps what its masks forbid" in load(str(folder)).training["recipe"]
    assert any("of 12 crystals beside rules" in text for text in said)


def test_the_network_has_at_most_three_million_parameters_and_no_sums(crystal_file):
    lines, rows = lines_of(crystals_of(crystal_file), CODEC, 120)
    network = new_network(lines.encoded, rows * 0, CODEC, SIZE, None)
    assert 2_000_000 < sum(p.numel() for p in network.parameters()) <= 3_000_000
    assert not hasattr(network, "shares")
    traits = token_traits(CODEC)
    lithium = CODEC.encode("229 Li:a | 3.50")[1]
    assert torch.equal(traits[lithium], -traits[CODEC.ask([("Li", 1)])[0]])


def test_unreadable_data_are_refused(tmp_path):
    with pytest.raises(UserError, match="neither mp nor mp-all nor a file"):
        train_crystals("mq", tmp_path / "a", Plan(total=8))
    (tmp_path / "bad.cif").write_text("data_x\n_cell_length_a 3\n_atom_site_label\nnonsense\n", encoding="utf-8")
    with pytest.raises(UserError, match="no crystal to learn from"):
        train_crystals(str(tmp_path / "bad.cif"), tmp_path / "b", Plan(total=8))


def test_without_the_tables_it_says_where_to_put_them(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("SEKKEI_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    assert find("crystals/mp20_structures.parquet") is None
    with pytest.raises(UserError, match="data folder"):
        known_crystals()


def test_the_card_tells_what_all_runs_together_have_seen():
    record = json.loads((zoo.FOLDER / "crystalgpt" / "training.json").read_text(encoding="utf-8"))
    several = (
        "b (0123), which had seen 1,500 structures in 0.50 h, from a (4567), which had seen 500 structures in 1.00 h, "
    )
    about = {**record, "seen": 24, "shown": 1000, "hours": 0.25, "all_hours": 1.75}
    words = re.sub(r"\s+", " ", crystal_card("c", {**about, "started_from": f"{several}from random weights"}))
    assert "2,024 crystals seen (2.0 epochs) in 1.75 h" in words
    assert "of these 24 in 0.25 h by the last" in words
    alone = crystal_card("c", {**about, "started_from": "random weights"})
    assert "24 crystals seen (0.0 epochs)" in alone
    assert "of several runs" not in alone
