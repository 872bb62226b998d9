"""A directed message-passing network on molecular graphs, as an encoder: one hidden vector per atom."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from sekkei.models.folder import CONFIG, WEIGHTS, checked_record, load_weights, read_shape, save_folder
from sekkei.models.tokens import PAD

FORMAT, KIND = 1, "dmpnn"
ELEMENTS = 119
"""Atomic numbers and, as 0, no atom."""

_USUAL_ATOMS = 20.0
_MOST = {"traits": 1000, "bonds": 1000, "width": 2048, "depth": 16}


@dataclass(frozen=True)
class DMPNNConfig:
    """Shape of the network.

    Attributes:
        traits: numbers that tell of an atom beside its element.
        bonds: kinds of bonds.
        width: size of the hidden vectors.
        depth: how many bonds far an atom sees.
        dropout: share of activations set to zero while training.
    """

    traits: int
    bonds: int
    width: int = 256
    depth: int = 5
    dropout: float = 0.05


class DMPNN(nn.Module):
    """D-MPNN (Yang et al., J. Chem. Inf. Model. 59, 3370, 2019, eqs. 2-7).

    Messages go along directed bonds and never straight back. Unlike there, every step has its own weights behind a
    normalisation, and half of what is known of an atom is multiplied by the size of the molecule, so that the mean over
    atoms tells sums and means.

    Attributes:
        pad: atomic number of what is no atom.
    """

    pad = PAD

    def __init__(self, config: DMPNNConfig) -> None:
        """Build an untrained network."""
        super().__init__()
        self.config = config
        width = config.width
        self.words = nn.Embedding(ELEMENTS, width)
        self.traits = nn.Embedding(config.traits, width)
        self.bonds = nn.Embedding(config.bonds, width)
        self.begin = nn.Linear(width, width)
        self.layer = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.Dropout(config.dropout))
            for _ in range(config.depth - 1)
        )
        self.end = nn.Linear(2 * width, width)

    @property
    def width(self) -> int:
        """Size of the hidden vectors."""
        return self.config.width

    def forward(self, elements: Tensor, traits: Tensor, ends: Tensor, bonds: Tensor) -> Tensor:
        """Understand molecules.

        Args:
            elements: (batch, longest) atomic numbers, 0 where there is no atom.
            traits: (atoms, traits of an atom) of all atoms of the batch, one molecule after the other.
            ends: (2 bonds, 2) from which of these atoms to which, each bond followed by itself in the other direction.
            bonds: (2 bonds,) their kinds.

        Returns:
            Hidden vectors (batch, longest, width), zero where there is no atom.
        """
        there = elements != self.pad
        atoms = self.words(elements[there]) + self.traits(traits).sum(dim=1)
        first, last = ends.unbind(dim=1)
        fixed = self.begin(atoms)[first] + self.bonds(bonds)
        state = functional.relu(fixed)
        for step in self.layer:
            back = state.reshape(-1, 2, self.width).flip(1).reshape(-1, self.width)
            state = functional.relu(fixed + step(_arriving(state, last, len(atoms))[first] - back))
        found = functional.relu(self.end(torch.cat([atoms, _arriving(state, last, len(atoms))], dim=1)))
        sizes = there.sum(dim=1, keepdim=True).expand_as(there)[there].to(found.dtype) / _USUAL_ATOMS
        half = self.width // 2
        found = torch.cat([found[:, :half], found[:, half:] * sizes[:, None]], dim=1)
        hidden = found.new_zeros(*elements.shape, self.width)
        hidden[there] = found
        return hidden

    def save(self, folder: Path, training: dict[str, Any], card: str) -> None:
        """Write a model folder: config, weights in half precision, record with hash, card."""
        config = {"format": FORMAT, "kind": KIND, **asdict(self.config)}
        save_folder(folder, config, self.state_dict(), training, card)

    @classmethod
    def from_pretrained(cls, folder: Path) -> DMPNN:
        """Read a model folder strictly.

        Raises:
            UserError: a file is missing, malformed or changed, or it is no D-MPNN.
        """
        checked_record(folder, (CONFIG, WEIGHTS))
        network = cls(read_shape(folder / CONFIG, (FORMAT, KIND), "D-MPNN", DMPNNConfig, _MOST))
        load_weights(network, folder / WEIGHTS)
        return network.eval()


def _arriving(state: Tensor, last: Tensor, atoms: int) -> Tensor:
    """(atoms, width) sums of what comes in along bonds (2 bonds, width) that end at ``last``."""
    return state.new_zeros(atoms, state.shape[1]).index_add(0, last, state)
