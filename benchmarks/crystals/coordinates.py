"""Free coordinates as fine bins or as a mixture: which tells those of held-out crystals better, all else being equal?

Two networks of the shape and recipe of ``crystalgpt`` learn the same crystals in the same order from random weights.
One has a logit for each bin: a hundred, then ten within each. The other's bins get their probabilities from a mixture
of wrapped normals (Bishop 1994), whose weights, means and widths the network says; all other tokens are alike, so the
likelihoods of both are of the same events. Shorter than the training of ``crystalgpt``. A stopped run goes on.

python -m benchmarks.crystals.coordinates --heads bins mixture --work build/coordinates
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.record import circumstances, line_of, number, save, saved, table, write_page
from torch import Tensor, nn

from sekkei.data.crystals import TARGETS, known_crystals
from sekkei.materials.codecs.wyckoff import WyckoffCodec
from sekkei.models.causal import CausalConfig, ConditionalGPT, Entering
from sekkei.train.course import next_tokens
from sekkei.train.crystals import DROPOUT, MEASURED, SIZE, new_network
from sekkei.train.lines import Lines, lines_of, longest_line
from sekkei.train.log import json_lines, line
from sekkei.train.loop import Plan, train
from sekkei.train.objectives import token_losses

HERE = Path(__file__).parent / "coordinates"
HEADS = ("bins", "mixture")
PARTS = 16
"""Wrapped normals of the mixture."""

LEVELS, WITHIN = 1000, 10
NARROW = 0.5 / LEVELS
"""Least width: half a level, so that a single level can be said."""


class Mixture(ConditionalGPT):
    """The network whose coordinates are told by a mixture of wrapped normals."""

    def __init__(self, config: CausalConfig) -> None:
        super().__init__(config)
        codec = WyckoffCodec()
        self.coarse, self.fine = codec.first["coarse"], codec.first["fine"]
        self.mixture = nn.Linear(config.width, 3 * PARTS)
        with torch.no_grad():  # evenly over the cell, each as wide as its share
            self.mixture.weight *= 0.1
            self.mixture.bias.copy_(torch.cat([
                torch.zeros(PARTS), (torch.arange(PARTS) + 0.5) / PARTS, torch.full((PARTS,), math.log(0.5 / PARTS))
            ]))  # fmt: skip

    def forward(self, tokens: Tensor, values: Tensor) -> Tensor:
        entering: Entering = self.embed(tokens, self.condition(values))
        hidden = self.gpt.transformer(inputs_embeds=entering.vectors, use_cache=False).last_hidden_state
        logits: Tensor = self.gpt.lm_head(hidden)
        written = (tokens >= self.coarse) & (tokens < self.coarse + LEVELS // WITHIN)
        rows, places = written.nonzero(as_tuple=True)
        levels = self.levels(hidden[rows, places - 1]).view(-1, LEVELS // WITHIN, WITHIN)
        chosen = levels[torch.arange(len(rows)), tokens[rows, places] - self.coarse]
        logits = _told(logits, rows, places - 1, self.coarse, levels.logsumexp(dim=2))
        return _told(logits, rows, places, self.fine, chosen.log_softmax(dim=1))

    def levels(self, hidden: Tensor) -> Tensor:
        """Log-probability of each level (n, LEVELS) from hidden vectors (n, width)."""
        weights, means, widths = self.mixture(hidden).float().split(PARTS, dim=1)
        apart = torch.arange(LEVELS) / LEVELS - means[..., None]  # (n, PARTS, LEVELS)
        apart = apart - apart.round()
        wide = widths.exp()[..., None] + NARROW
        shares = weights.log_softmax(dim=1)[..., None] - 0.5 * (apart / wide) ** 2 - wide.log()
        return shares.logsumexp(dim=1).log_softmax(dim=1)


def _told(logits: Tensor, rows: Tensor, places: Tensor, first: int, shares: Tensor) -> Tensor:
    """Logits in which tokens of one kind keep their joint probability and share it out anew."""
    kind = slice(first, first + shares.shape[1])
    here = logits[rows, places]
    together = here[:, kind].logsumexp(dim=1, keepdim=True)
    anew = torch.cat([here[:, : kind.start], together + shares.to(here.dtype), here[:, kind.stop :]], dim=1)
    return logits.index_put((rows, places), anew)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=list(HEADS))
    parser.add_argument("--total", type=int, default=120_000, help="crystals to see")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("build/coordinates"), help="keeps the runs")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for results and page")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    asked = options()
    torch.set_num_threads(asked.threads)
    known, codec = known_crystals(lambda done, of: print(f"taken apart {done:,} of {of:,}", flush=True)), WyckoffCodec()
    lines, fits = lines_of(known, codec, longest_line(SIZE.positions))
    kept = known.held_out[fits]
    rows, held_out = np.flatnonzero(~kept), np.flatnonzero(kept)
    judged = np.sort(np.random.default_rng(0).permutation(held_out)[:MEASURED])
    plan = Plan(asked.total, batch=asked.batch, seed=asked.seed)
    for head in asked.heads:
        torch.manual_seed(asked.seed)
        network = new_network(lines.encoded, rows, codec, SIZE, None)
        if head == "mixture":
            network = _with_mixture(network, asked.seed)
        network.drop(DROPOUT)
        folder = asked.work / f"{head}-{asked.seed}"
        log = json_lines(folder / "log.jsonl", lambda entry: print(line(entry, plan.total, "crystals"), flush=True))
        progress = train(network, next_tokens(lines.encoded, rows, lines.present), plan, folder / "state.pt", log)
        result = {
            "head": head, "seen": progress.seen, "steps": progress.step, "minutes": progress.seconds / 60,
            "seeds": [asked.seed], "shown": len(rows), "parameters": sum(p.numel() for p in network.parameters()),
            "circumstances": circumstances(), **measured(network.eval(), lines, judged, codec),
        }  # fmt: skip
        save(asked.out, f"{head}-{asked.total}-seed{asked.seed}", result)
        write(asked.out)


def _with_mixture(network: ConditionalGPT, seed: int) -> Mixture:
    """The same weights, and a mixture beside them."""
    torch.manual_seed(seed)
    found = Mixture(replace(network.config))
    found.load_state_dict(network.state_dict(), strict=False)
    return found


@torch.inference_mode()
def measured(network: ConditionalGPT, lines: Lines, judged: Any, codec: WyckoffCodec) -> dict[str, Any]:
    """Nats of the coordinates and of all else of held-out crystals behind their compositions."""
    first, last = codec.first["coarse"], codec.first["fine"] + WITHIN
    free, rest, coordinates = 0.0, 0.0, 0
    for start in range(0, len(judged), 100):
        tokens, labels = lines.behind_composition(judged[start : start + 100])
        losses = token_losses(network, tokens, labels, torch.full((len(tokens), len(TARGETS)), torch.nan))
        of_levels = (labels >= first) & (labels < last)
        free += float(losses[of_levels].sum())
        rest += float(losses[~of_levels].sum())
        coordinates += int(of_levels.sum()) // 2
    return {
        "judged": len(judged), "coordinates": coordinates, "nats per coordinate": free / coordinates,
        "nats of the rest": rest / len(judged), "nats per crystal": (free + rest) / len(judged),
    }  # fmt: skip


def write(folder: Path) -> None:
    """Write RESULTS.md of everything that was measured."""
    found = saved(folder)
    names = ("nats per coordinate", "nats of the rest", "nats per crystal")
    rows = [[one["head"], f"{one['seen']:,}", str(one["seeds"][0]), f"{one['parameters']:,}", f"{one['minutes']:.0f}",
             *(number(one[name]) for name in names)] for one in found]  # fmt: skip
    page = table(["coordinates as", "crystals seen", "seed", "parameters", "minutes", *names], rows)
    about = f"Negative log-likelihood of {found[0]['judged']:,} held-out crystals behind their compositions."
    write_page(folder, "Coordinates as bins or as a mixture", [__doc__ or "", about, page, *map(line_of, found)])


if __name__ == "__main__":
    main()
