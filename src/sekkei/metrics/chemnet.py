"""Activations of ChemNet, whose distribution the Frechet ChemNet Distance compares.

The network and its weights are those of the ``fcd`` package (Preuer et al., JCIM 58, 1736, 2018): two strided
convolutions over 350 characters, a recurrent layer read from the end, a second read from the start, whose last
state (512 numbers) is the activation. The padding after a molecule's last character is the same for all
molecules, so what the first recurrent layer makes of it is computed once; the tests hold the result to the
package's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import fcd
import numpy as np
import torch
from fcd.utils import get_one_hot
from numpy.typing import NDArray
from torch import Tensor, nn

from sekkei.metrics.distances import Gaussian, frechet, gaussian_of

LENGTH = 350
SYMBOLS = 35
_STRIDE = 4  # two convolutions of stride 2
_REACH = 2  # positions beyond the last character that its convolutions still touch


def activations(smiles: Sequence[str], batch: int = 256) -> NDArray[np.float32]:
    """ChemNet activations.

    Args:
        smiles: n SMILES of at most 349 characters; longer ones are cut, as ChemNet sees 350 places.
        batch: molecules computed together.

    Returns:
        (n, 512).
    """
    out = np.empty((len(smiles), 512), dtype=np.float32)
    order = np.argsort([len(text) for text in smiles], kind="stable")
    for start in range(0, len(smiles), batch):
        rows = order[start : start + batch]
        out[rows] = _activate([smiles[row] for row in rows])
    return out


def describe(smiles: Sequence[str]) -> Gaussian:
    """Mean and covariance of the activations of at least two SMILES."""
    return gaussian_of(activations(smiles))


def fcd_score(smiles: Sequence[str], reference: Gaussian) -> float:
    """Frechet ChemNet Distance (squared, as published) between SMILES and a reference; NaN below two SMILES."""
    return frechet(describe(smiles), reference) if len(smiles) > 1 else float("nan")


@dataclass(frozen=True)
class _ChemNet:
    convolve: nn.Module
    from_end: nn.LSTM
    from_start: nn.LSTM
    places: int  # what the convolutions leave of 350 characters


@torch.inference_mode()
def _activate(smiles: list[str]) -> NDArray[np.float32]:
    net = _network()
    longest = max(len(text) for text in smiles) + 1  # ChemNet sees a full stop as the end
    places = min(-(-longest // _STRIDE) + _REACH, net.places)
    characters = min((places + _REACH) * _STRIDE, LENGTH)
    seen = torch.from_numpy(np.stack([_one_hot(text, characters) for text in smiles]))
    features = net.convolve(seen.transpose(1, 2))[:, :places]
    padding, (hidden, cell) = _padding(net.places - places)
    begin = (hidden.repeat(1, len(smiles), 1), cell.repeat(1, len(smiles), 1))
    read, _ = net.from_end(features.flip(1), begin)
    _, after_text = net.from_start(read.flip(1))
    return np.asarray(_run_on(net.from_start, padding, after_text), dtype=np.float32)


def _one_hot(text: str, length: int) -> NDArray[np.float32]:
    table = get_one_hot(text[: LENGTH - 1], pad_len=LENGTH)[:length]
    return np.asarray(table / SYMBOLS, dtype=np.float32)


def _run_on(layer: nn.LSTM, inputs: Tensor, state: tuple[Tensor, Tensor]) -> Tensor:
    """Last hidden state (n, 512) after the same inputs (t, 128) for all n sequences."""
    into, across, bias_in, bias_across = (cast("Tensor", part) for part in layer.all_weights[0])
    hidden, cell = state[0][0], state[1][0]
    weights = across.T.contiguous()
    size = layer.hidden_size
    for row in inputs @ into.T + bias_in + bias_across:
        gates = torch.addmm(row, hidden, weights)
        gates[:, : 2 * size].sigmoid_()
        gates[:, 2 * size : 3 * size].tanh_()
        gates[:, 3 * size :].sigmoid_()
        new, forget, candidate, show = gates.chunk(4, dim=1)
        cell = forget * cell + new * candidate
        hidden = show * cell.tanh()
    return hidden


@cache
def _padding(places: int) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """What the first layer puts out over that many padded places, in reading order, and the state it is left in."""
    layer = _network().from_end
    start = torch.zeros(1, 1, layer.hidden_size)
    if places == 0:
        return torch.empty(0, layer.hidden_size), (start, start)
    with torch.inference_mode():
        out, state = layer(torch.zeros(1, places, layer.input_size))
    return out[0].flip(0), state


@cache
def _network() -> _ChemNet:
    layers = cast("nn.Sequential", fcd.load_ref_model())
    convolve = layers[:7]
    with torch.inference_mode():
        places = int(convolve(torch.zeros(1, SYMBOLS, LENGTH)).shape[1])
    return _ChemNet(convolve, cast("nn.LSTM", layers[8]), cast("nn.LSTM", layers[11]), places)
