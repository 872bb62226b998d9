"""MatBERT: BERT on compositions, each token an element with its share of the atoms, in no order."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from sekkei.core.errors import UserError
from sekkei.models.folder import CONFIG, WEIGHTS, checked_record, load_weights, read_shape, save_folder
from sekkei.models.tokens import PAD

CLS, MASK, FIRST = 1, 2, 3
"""Start and mask; the element of atomic number Z is token ``FIRST + Z - 1``, so that no special token is an element."""

VOCABULARY = FIRST + 118

FORMAT, KIND = 1, "matbert"
_SMALLEST = 1e-6
_WAVES = 6
_FEATURES = 3 + 4 * _WAVES
_MOST = {"width": 1024, "layers": 24, "heads": 1024, "traits": 1000}


@dataclass(frozen=True)
class MatBERTConfig:
    """Shape of the network.

    Attributes:
        width: size of the hidden vectors.
        layers: number of transformer blocks.
        heads: attention heads in each block.
        traits: numbers that are known of each element before training; 0 where it must find out everything by itself.
        dropout: share of activations set to zero while training.
    """

    width: int = 128
    layers: int = 4
    heads: int = 4
    traits: int = 0
    dropout: float = 0.1


class MatBERT(nn.Module):
    """BERT (Devlin et al. 2018, arXiv:1810.04805) on element tokens with continuous shares, without positions.

    Every token has the same position, so the order in which elements are given cannot matter. A share enters by
    smooth features, on a linear and on a logarithmic scale as in CrabNet (Wang et al., npj Comput. Mater. 7, 77, 2021):
    a dopant of 0.1 % and one of 1 % differ as clearly as 10 % and 100 %.

    Attributes:
        pad: number of the padding token.
        mask: number of the mask token.
        ordinary: numbers of all tokens that stand for an element.
    """

    pad = PAD
    mask = MASK

    def __init__(self, config: MatBERTConfig, traits: Tensor | None = None) -> None:
        """Build an untrained network.

        Args:
            config: its shape.
            traits: (118, config.traits) numbers of the elements by atomic number, of the size of 1.
        """
        super().__init__()
        self.config = config
        self.bert = BertModel(
            BertConfig(
                vocab_size=VOCABULARY,
                hidden_size=config.width,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                intermediate_size=4 * config.width,
                hidden_dropout_prob=config.dropout,
                attention_probs_dropout_prob=config.dropout,
                max_position_embeddings=1,
                type_vocab_size=1,
                pad_token_id=PAD,
            ),
            add_pooling_layer=False,
        )
        self.shares = nn.Linear(_FEATURES, config.width)
        self.described = nn.Linear(config.traits, config.width, bias=False) if config.traits else None
        table = torch.zeros(VOCABULARY, config.traits)
        if traits is not None:
            table[FIRST:] = traits
        self.register_buffer("traits", table)
        self.traits: Tensor

    @property
    def width(self) -> int:
        """Size of the hidden vectors."""
        return self.config.width

    @property
    def ordinary(self) -> Tensor:
        """(118,) the element tokens."""
        return torch.arange(FIRST, VOCABULARY)

    @property
    def words(self) -> nn.Embedding:
        """The learned vectors of the tokens (VOCABULARY, width)."""
        embedding: nn.Embedding = self.bert.get_input_embeddings()  # type: ignore[no-untyped-call]
        return embedding

    def forward(self, tokens: Tensor, shares: Tensor) -> Tensor:
        """Understand compositions.

        Args:
            tokens: (batch, length), ``CLS`` first, ``PAD`` wherever there is no element.
            shares: (batch, length) atomic fractions, 0 for what is no element.

        Returns:
            Hidden vectors (batch, length, width).
        """
        vectors = self.words(tokens) + self.shares(share_features(shares))
        if self.described is not None:
            vectors = vectors + self.described(self.traits[tokens])
        out = self.bert(
            inputs_embeds=vectors, attention_mask=(tokens != PAD).long(), position_ids=torch.zeros_like(tokens)
        )
        hidden: Tensor = out.last_hidden_state
        return hidden

    def save(self, folder: Path, training: dict[str, Any], card: str) -> None:
        """Write a model folder: config, weights in half precision, record with hash, card."""
        config = {"format": FORMAT, "kind": KIND, **asdict(self.config)}
        save_folder(folder, config, self.state_dict(), training, card)

    @classmethod
    def from_pretrained(cls, folder: Path) -> MatBERT:
        """Read a model folder strictly.

        Raises:
            UserError: a file is missing, malformed or changed, or it is no MatBERT.
        """
        checked_record(folder, (CONFIG, WEIGHTS))
        config = read_shape(folder / CONFIG, (FORMAT, KIND), "MatBERT", MatBERTConfig, _MOST)
        if config.width % config.heads:
            raise UserError("has a width that its heads do not divide", str(folder / CONFIG))
        network = cls(config)
        load_weights(network, folder / WEIGHTS)
        return network.eval()


def share_features(shares: Tensor) -> Tensor:
    """Smooth features of fractions from 0 to 1, (...) to (..., 27)."""
    x = shares[..., None].clamp(0.0, 1.0)
    decades = x.clamp_min(_SMALLEST).log10() / -math.log10(_SMALLEST)  # -1 to 0
    waves = math.pi * 2.0 ** torch.arange(_WAVES, device=x.device)
    angles = torch.cat([x * waves, decades * waves], dim=-1)
    return torch.cat([x, x.sqrt(), decades, angles.sin(), angles.cos()], dim=-1)
