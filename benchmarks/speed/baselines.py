"""The shapes of two published generators, with random weights, for the time a molecule costs.

A network that was not trained does not know when to stop, so every sequence is as long as the SMILES of a molecule
drawn from MOSES. All a baseline writes is counted as a valid, unique molecule, which favours it.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

VOCABULARY = 36


class CharacterLSTM(nn.Module):
    """The prior of REINVENT (Olivecrona et al. 2017; version 4: Loeffler et al. 2024): embedding 256, LSTM 3 x 512."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 256)
        self.recur = nn.LSTM(256, 512, num_layers=3, batch_first=True)
        self.out = nn.Linear(512, VOCABULARY)

    @torch.inference_mode()
    def sample(self, lengths: torch.Tensor) -> torch.Tensor:
        """One batch, character by character until the longest has ended, as REINVENT does. (n,) -> (n, longest)."""
        token, state, chosen = torch.zeros(len(lengths), 1, dtype=torch.long), None, []
        for _ in range(int(lengths.max())):
            hidden, state = self.recur(self.embed(token), state)
            token = torch.multinomial(self.out(hidden[:, 0]).softmax(dim=-1), 1)
            chosen.append(token)
        return torch.cat(chosen, dim=1)


def sample_reinvent(lengths: np.ndarray, batch: int) -> int:
    network = CharacterLSTM().eval()
    return sum(len(network.sample(part)) for part in torch.from_numpy(lengths).split(batch))


def sample_molgpt(lengths: np.ndarray, batch: int) -> int:
    """MolGPT (Bagal et al. 2022): 8 layers, 8 heads, width 256, through the public ``generate`` with its cache."""
    config = GPT2Config(
        vocab_size=94, n_positions=128, n_embd=256, n_layer=8, n_head=8, bos_token_id=0, eos_token_id=0, pad_token_id=1
    )
    network, done = GPT2LMHeadModel(config).eval(), 0
    for part in torch.from_numpy(lengths).split(batch):
        steps = int(part.max())
        start = torch.zeros(len(part), 1, dtype=torch.long)
        choice = {"do_sample": True, "top_k": 0, "min_new_tokens": steps, "max_new_tokens": steps}
        with torch.inference_mode():
            done += len(network.generate(start, attention_mask=torch.ones_like(start), **choice))
    return done


SHAPES = {"reinvent": sample_reinvent, "molgpt": sample_molgpt}


def main() -> None:
    """Sample in this process and print the seconds that sampling took; the caller takes the time of the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("lengths", help="npy file of sequence lengths")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    lengths = np.load(asked.lengths)
    started = time.perf_counter()
    count = SHAPES[asked.shape](lengths, asked.batch)
    print(f"{count} {time.perf_counter() - started:.3f}")


if __name__ == "__main__":
    main()
