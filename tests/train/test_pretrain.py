"""Pre-training: the right tokens are hidden, views are views, a run learns, and goes on after a kill."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR
from sekkei.data.encode import IGNORED
from sekkei.data.encoders import Encoder, composition_sequences, load_encoder
from sekkei.data.views import Changes, changed
from sekkei.materials.formula import SYMBOLS, parse_formula
from sekkei.materials.traits import kinship
from sekkei.models.chemberta import ChemBERTa
from sekkei.models.matbert import CLS, FIRST, MASK, MatBERT, MatBERTConfig
from sekkei.models.tokens import PAD
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.enumerate import enumerated
from sekkei.train.loop import Plan
from sekkei.train.pretext import hide, info_nce
from sekkei.train.pretrain import course
from sekkei.train.pretrain_data import molecule_material, pretrain_materials, pretrain_molecules
from sekkei.train.recipes import Size

TINY = MatBERTConfig(width=32, layers=2, heads=2)
ELEMENTS = np.arange(FIRST, FIRST + 118)


def salts(path):
    """Alkali halides and alkaline-earth chalcogenides: what stands beside what can be learned."""
    pairs = [(a, x) for a in ("Li", "Na", "K", "Rb", "Cs") for x in ("F", "Cl", "Br", "I")]
    pairs += [(a, x) for a in ("Mg", "Ca", "Sr", "Ba") for x in ("O", "S", "Se", "Te")]
    path.write_text("\n".join(f"{a}{x}" for a, x in pairs), encoding="utf-8")
    return path


def test_of_the_chosen_tokens_80_10_10_are_masked_replaced_kept():
    tokens = np.full((4000, 12), PAD)
    tokens[:, 0] = CLS
    tokens[:, 1:11] = FIRST + 7
    shown, labels = hide(tokens, ELEMENTS, MASK, np.random.default_rng(0))
    chosen = labels != IGNORED
    assert not chosen[:, [0, 11]].any()  # neither start nor padding
    assert (labels[chosen] == tokens[chosen]).all()
    assert (shown[~chosen] == tokens[~chosen]).all()
    assert chosen[:, 1:11].mean() == pytest.approx(0.15 + 0.85**10 / 10, abs=0.01)  # and one where none was drawn
    shares = [(shown[chosen] == MASK).mean(), (shown[chosen] == FIRST + 7).mean()]
    assert shares == pytest.approx([0.8, 0.1 + 0.1 / 118], abs=0.01)
    assert (np.isin(shown[chosen], ELEMENTS) | (shown[chosen] == MASK)).all()


def test_every_composition_has_something_to_guess():
    tokens = np.array([[CLS, FIRST, PAD]] * 50)
    assert (hide(tokens, ELEMENTS, MASK, np.random.default_rng(0))[1] != IGNORED).sum(axis=1).tolist() == [1] * 50


def test_info_nce_is_small_for_partners_and_known_for_strangers():
    one = torch.eye(8)
    assert info_nce(one, one).item() == pytest.approx(np.log(1 + 14 * np.exp(-10.0)), rel=1e-3)
    alike = torch.ones(8, 1)
    assert info_nce(alike, alike).item() == pytest.approx(np.log(15))  # nothing to tell 15 candidates apart by


def test_a_view_of_a_composition_stays_a_composition_of_kin():
    items = [parse_formula(formula) for formula in ("LiFePO4", "NaCl", "Fe", "BaTiO3") * 200]
    tokens, shares = composition_sequences(items).arrays(np.arange(800))
    fresh, parts = changed(tokens, shares, Changes(0.1, 0.5, 0.5), np.random.default_rng(0))
    np.testing.assert_allclose(parts.sum(axis=1), 1.0, atol=1e-5)
    assert ((parts > 0) == (fresh >= FIRST)).all()
    assert (fresh[:, 0] == CLS).all()
    counts, before = (fresh >= FIRST).sum(axis=1), (tokens >= FIRST).sum(axis=1)
    assert (counts[before < 3] == before[before < 3]).all()
    assert 0.3 < (counts[before >= 3] < before[before >= 3]).mean() < 0.7
    assert all(len(set(row[row >= FIRST])) == n for row, n in zip(fresh, counts, strict=True))
    salt = fresh[1::4, 1:3]
    assert {SYMBOLS[token - FIRST] for token in salt[:, 0]} <= {"Li", "Na", "K", "Rb", "Cs", "Fr", "H"}
    same, _ = changed(tokens, shares, Changes(0.0, 0.0, 0.0), np.random.default_rng(0))
    assert (same == tokens).all()


def test_kin_are_of_one_group_and_the_nearest_likeliest():
    table = kinship(SYMBOLS)
    row = dict(zip(SYMBOLS, table[SYMBOLS.index("Li")], strict=True))
    assert row["Na"] > row["K"] > row["Rb"] > 0
    assert row["Mg"] == row["Li"] == 0
    sums = table.sum(axis=1)
    assert ((np.abs(sums - 1) < 1e-9) | (sums == 0)).all()


def test_enumerated_smiles_are_other_words_for_the_same_molecule(smiles):
    other = enumerated(smiles, seed=3)
    assert other == enumerated(smiles, seed=3)
    same = [
        MOLECULES.key(MOLECULES.parse(a)) == MOLECULES.key(MOLECULES.parse(b))
        for a, b in zip(smiles, other, strict=True)
    ]
    assert all(same)
    assert sum(a != b for a, b in zip(smiles, other, strict=True)) > len(smiles) / 2


def test_masked_elements_are_learned(tmp_path):
    source, log = salts(tmp_path / "salts.txt"), []
    plan = Plan(2_000, batch=32, warmup=10, rate=1e-2, log_every=20)
    pretrain_materials(str(source), ("masked",), tmp_path / "m", plan, config=TINY, say=log.append)
    entries = [json.loads(text) for text in (tmp_path / "m" / "log.jsonl").read_text().splitlines()]
    assert entries[-1]["nats"] < 0.8 * np.log(118)
    record = json.loads((tmp_path / "m" / "training.json").read_text())
    assert set(record["measured"]) == {"loss", "right"}
    assert record["tasks"] == ["masked"]
    assert "compositions" in log[-1]
    assert load_encoder(str(tmp_path / "m")).hash == record["hash"]


def test_a_killed_run_goes_on_to_the_same_encoder(tmp_path):
    source, tasks = str(salts(tmp_path / "salts.txt")), ("masked", "contrastive")
    plan = Plan(320, batch=16, warmup=5, log_every=10)
    pretrain_materials(source, tasks, tmp_path / "whole", plan, config=TINY, say=lambda _: None)

    class KilledError(Exception):
        pass

    def kill(text):
        if "nats" in text:
            raise KilledError

    every = Plan(320, batch=16, warmup=5, save_every=0.0, log_every=10)
    with pytest.raises(KilledError):
        pretrain_materials(source, tasks, tmp_path / "halved", every, config=TINY, say=kill)
    pretrain_materials(source, tasks, tmp_path / "halved", plan, resume=True, config=TINY, say=lambda _: None)
    whole, halved = (MatBERT.from_pretrained(tmp_path / name).state_dict() for name in ("whole", "halved"))
    for name, tensor in whole.items():
        torch.testing.assert_close(halved[name], tensor, atol=2e-3, rtol=0)


def test_molecules_with_both_tasks_make_a_folder_of_the_hubs_format(tmp_path, smiles):
    source = tmp_path / "mols.smi"
    source.write_text("\n".join(smiles), encoding="utf-8")
    size = Size(vocabulary=300, width=32, layers=2, heads=2)
    plan = Plan(160, batch=16, warmup=2, log_every=5)
    pretrain_molecules(str(source), ("masked", "contrastive"), tmp_path / "c", plan, size=size, say=lambda _: None)
    encoder = load_encoder(str(tmp_path / "c"))
    vectors = encoder.embed([MOLECULES.parse(text) for text in ("CCO", "c1ccccc1", "CCO")])
    assert vectors.shape == (3, 32)
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    texts = encoder.embed(["CCO", "garbage", "C" * 250])
    np.testing.assert_allclose(texts[0], vectors[0], atol=1e-6)
    assert np.isnan(texts[1]).all()
    long = "".join(random_letters(250))
    assert encoder.read([long])[0].kind == "too_long"
    assert np.isnan(encoder.embed([long])).all()


def random_letters(count):
    """A chain of atoms in no order, which no token of several atoms fits."""
    return np.random.default_rng(0).choice(["C", "N", "O", "S"], size=count).tolist()


def test_the_masked_task_shows_a_molecule_as_another_smiles_each_time(smiles):
    network = ChemBERTa.fresh(smiles, 300, 32, 1, 2)
    material = molecule_material(network, smiles, ())
    shown = course(network, material, np.arange(len(smiles)), ("masked",))

    def texts(seed):
        labels, tokens = shown.make(np.arange(len(smiles)), np.random.default_rng(seed))
        whole = torch.where(labels == IGNORED, tokens, labels)  # with what is hidden put back
        return network.tokenizer.batch_decode(whole, skip_special_tokens=True)

    one, other = texts(0), texts(1)
    assert one == texts(0)
    assert sum(a != b for a, b in zip(one, other, strict=True)) > len(smiles) / 2
    keys = [[MOLECULES.key(MOLECULES.parse(text)) for text in group] for group in (smiles, one, other)]
    assert keys[0] == keys[1] == keys[2]


def test_fine_tuning_shows_other_smiles_and_judges_by_the_canonical_one(smiles):
    torch.manual_seed(0)
    encoder = Encoder("x", "molecules", ChemBERTa.fresh(smiles, 300, 32, 1, 2), "", "")
    items = [MOLECULES.parse(text) for text in smiles]
    plain, rows = encoder.sequences(items), np.arange(len(items))
    shown = encoder.augmented(items, plain, 0)
    decode = encoder.network.tokenizer.batch_decode
    first, second, judged = (decode(data.batch(rows)[0], skip_special_tokens=True) for data in (shown, shown, plain))
    assert sum(a != b for a, b in zip(first, second, strict=True)) > len(smiles) / 2
    assert [MOLECULES.key(MOLECULES.parse(text)) for text in first] == [MOLECULES.key(item) for item in items]
    assert judged == [MOLECULES.text(item) for item in items]
    assert (shown.lengths == plain.lengths).all()


def test_a_corpus_is_large_enough_and_what_it_lacks_is_told(tmp_path, capsys):
    few, torn = tmp_path / "few.txt", tmp_path / "torn.txt"
    few.write_text("NaCl\nKCl\n", encoding="utf-8")
    assert run(["pretrain", "materials", "--data", str(few), "--out", str(tmp_path / "x")]) == EXIT_USER_ERROR
    assert "give 20 or more" in capsys.readouterr().err
    torn.write_text(salts(tmp_path / "salts.txt").read_text() + "Qq2\nnothing\n", encoding="utf-8")
    words = ["--data", str(torn), "--out", str(tmp_path / "m"), "--total", "16", "--batch", "8", "--blank", "--json"]
    assert run(["pretrain", "materials", *words]) == EXIT_PARTIAL
    printed = capsys.readouterr()
    assert json.loads(printed.out)["training"]["unread_rows"] == 2
    assert "2 rows of the file gave nothing" in printed.err


def test_the_commands_pretrain_and_embed(tmp_path, capsys):
    source, out = salts(tmp_path / "salts.txt"), tmp_path / "m"
    words = [
        "pretrain",
        "materials",
        "--data",
        str(source),
        "--out",
        str(out),
        "--total",
        "64",
        "--batch",
        "16",
        "--blank",
    ]
    assert run(words) == EXIT_OK
    assert run(words) == EXIT_USER_ERROR
    assert "--resume" in capsys.readouterr().err
    assert run([*words, "--resume", "--seed", "1"]) == EXIT_USER_ERROR  # another run than the one in the folder
    assert run(["pretrain", "materials", "--out", str(tmp_path / "x"), "--task", "maskd"]) == EXIT_USER_ERROR
    formulas = tmp_path / "f.txt"
    formulas.write_text("Fe2O3\nNaN\nQq2\nFe4O6\n", encoding="utf-8")
    assert run(["embed", "materials", str(formulas), "--model", str(out), "--out", str(tmp_path / "x.npy")]) == 3
    vectors = np.load(tmp_path / "x.npy", allow_pickle=False)
    assert vectors.shape == (4, 128)
    assert np.isnan(vectors[2]).all()
    np.testing.assert_array_equal(vectors[0], vectors[3])
    assert run(["embed", "materials", str(formulas), "--model", str(out), "--out", str(tmp_path / "x.parquet")]) == 3
    assert run(["embed", "molecules", str(formulas), "--model", str(out), "--out", str(tmp_path / "y.npy")]) == 2
    assert run(["embed", "materials", str(formulas), "--model", str(out), "--out", str(tmp_path / "y.csv")]) == 2
