"""D-MPNN: what it makes of a molecule does not depend on order, padding or company; its messages do not turn back."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sekkei.core.errors import UserError
from sekkei.data.encoders import Encoder, load_encoder
from sekkei.data.graphs import Graphs
from sekkei.models.adapters import adapt
from sekkei.models.dmpnn import DMPNN, DMPNNConfig
from sekkei.models.folder import save_record
from sekkei.models.heads import pooled
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.enumerate import enumerated
from sekkei.molecules.graphs import BONDS, TRAITS, graph
from sekkei.predict.embed import embedded
from sekkei.predict.lab import lab_tuning

TINY = DMPNNConfig(sum(TRAITS.values()), BONDS, width=32, depth=4, dropout=0.0)
SMILES = [
    "C",
    "CC(=O)Oc1ccccc1C(=O)O",
    "[Na+].[Cl-]",
    "C1CC1N",
    "O=S(=O)(c1ccccc1)N2CCOCC2",
    "[H][H]",
    "F[P-](F)(F)(F)(F)F",
]


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return DMPNN(TINY).eval()


def read(*smiles):
    return [MOLECULES.parse(text) for text in smiles]


@torch.inference_mode()
def vectors(network, *smiles):
    data = Graphs.of([graph(item) for item in read(*smiles)])
    return pooled(network, *data.batch(np.arange(len(data))))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_another_order_of_the_atoms_is_the_same_molecule(network, seed):
    torch.testing.assert_close(
        vectors(network, *enumerated(SMILES, seed)), vectors(network, *SMILES), atol=1e-4, rtol=1e-4
    )


def test_neither_padding_nor_company_matters(network):
    together = vectors(network, *SMILES)
    for row, one in enumerate(SMILES):
        torch.testing.assert_close(vectors(network, one)[0], together[row], atol=1e-5, rtol=1e-5)


def test_it_agrees_with_the_equations_written_bond_by_bond(network):
    item = read("CC(=O)N1CC1")[0]
    data = Graphs.of([graph(item)])
    elements, traits, ends, bonds = data.batch(np.array([0]))
    pairs = [tuple(pair) for pair in ends.tolist()]
    with torch.inference_mode():
        atoms = network.words(elements[0]) + network.traits(traits).sum(dim=1)
        fixed = {pair: network.begin(atoms[pair[0]]) + network.bonds(bonds[place]) for place, pair in enumerate(pairs)}
        state = {pair: fixed[pair].relu() for pair in pairs}
        for step in network.layer:
            message = {
                (v, w): sum((state[k, u] for k, u in pairs if u == v and k != w), torch.zeros(32)) for v, w in pairs
            }
            state = {pair: (fixed[pair] + step(message[pair])).relu() for pair in pairs}
        into = torch.stack([sum(state[k, u] for k, u in pairs if u == v) for v in range(len(atoms))])
        out = network.end(torch.cat([atoms, into], dim=1)).relu()
        out[:, 16:] *= len(atoms) / 20
        torch.testing.assert_close(network(elements, traits, ends, bonds)[0], out, atol=1e-5, rtol=1e-5)


def test_it_sees_as_many_bonds_far_as_it_is_deep(network):
    chains = [f"{'C' * reach}{end}" for reach in (4, 5) for end in ("F", "Cl")]
    data = Graphs.of([graph(item) for item in read(*chains)])
    with torch.inference_mode():
        first = network(*data.batch(np.arange(4)))[:, 0]  # the methyl carbon
    assert not torch.equal(first[0], first[1])
    # the sizes of the chains are alike in each pair, and the halogen of the second is out of sight
    assert torch.equal(first[2], first[3])


def test_every_trait_and_bond_has_a_number_of_its_own():
    made = [graph(item) for item in read(*SMILES, "C[N+](C)(C)C", "c1ccc2[nH]ccc2c1", "C#N", "C1CCCCCCCCC1")]
    first = np.cumsum([0, *TRAITS.values()])
    for one in made:
        assert (one.traits >= first[:-1]).all()
        assert (one.traits < first[1:]).all()
        assert (one.bonds < BONDS).all()
        assert (one.ends[::2] == one.ends[1::2, ::-1]).all()


def test_a_folder_is_read_back_and_a_changed_one_refused(network, tmp_path):
    network.save(tmp_path / "m", {"seen": 1, "domain": "molecules"}, "# card")
    again = load_encoder(str(tmp_path / "m"))
    items = read(*SMILES)
    assert (again.domain, again.card) == ("molecules", "# card")
    assert again.embed([]).shape == (0, 32)
    np.testing.assert_allclose(again.embed(items), vectors(network, *SMILES), atol=5e-3)
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    (tmp_path / "m" / "config.json").write_text(json.dumps(config | {"depth": 10_000}))
    with pytest.raises(UserError, match="hash"):
        load_encoder(str(tmp_path / "m"))


@pytest.mark.parametrize(
    "size",
    [{"width": 10**9}, {"depth": 0}, {"traits": "7"}, {"odd": 1}, {"width": True}, {"dropout": 5.0}, {"dropout": "x"},
     {"dropout": float("nan")}],
)  # fmt: skip
def test_a_folder_of_unreasonable_size_is_refused_before_it_is_built(network, tmp_path, size):
    folder = tmp_path / "m"
    network.save(folder, {"seen": 1}, "")
    config = json.loads((folder / "config.json").read_text()) | size
    (folder / "config.json").write_text(json.dumps(config))
    save_record(folder, {"seen": 1}, "")
    with pytest.raises(UserError, match=r"size|cannot be read"):
        load_encoder(str(folder))


def test_a_network_of_other_graphs_is_refused(tmp_path):
    DMPNN(replace(TINY, traits=5)).save(tmp_path / "m", {"seen": 1}, "")
    with pytest.raises(UserError, match="other graphs"):
        load_encoder(str(tmp_path / "m"))


def test_a_file_without_any_molecule_gives_rows_with_reasons():
    found = embedded("molecules", ["C1CC", "*C"], "dmpnn")
    assert np.isnan(found.vectors).all()
    assert all(found.problems)


@pytest.mark.parametrize("method", ["adapter", "lora"])
def test_what_needs_attention_is_refused_with_a_hint(network, method):
    encoder = Encoder("m", "molecules", network, "", "")
    with pytest.raises(UserError, match="attention"):
        adapt(encoder.network, method)
    with pytest.raises(UserError, match="attention"):
        lab_tuning("molecules", "dmpnn", method, "number", 4, None)
