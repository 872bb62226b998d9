"""ChemBERTa: RoBERTa on SMILES, in the folder format of the Hugging Face hub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from safetensors import SafetensorError
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from transformers import AutoTokenizer, PreTrainedTokenizerFast, RobertaConfig, RobertaModel
from transformers.utils import logging

from sekkei.core.errors import UserError
from sekkei.models.folder import halves, read_json, save_record

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
"""RoBERTa's special tokens in its order; a tokenizer from the hub may have them elsewhere."""

POSITIONS = 128
"""Longest sequence of a new network [tokens]; about 9 in 10,000 drug-like SMILES would be longer in characters."""

_HUB_FILES = (
    "config.json",
    "*.safetensors",
    "pytorch_model.bin",
    "tokenizer*",
    "vocab.*",
    "merges.txt",
    "*_tokens*.json",
)
_PRINTABLE = [chr(number) for number in range(33, 127)]
_MOST_CONFIG = {"hidden_size": 4096, "num_hidden_layers": 48, "vocab_size": 1_000_000, "intermediate_size": 65_536,
                "max_position_embeddings": 100_000}  # fmt: skip


class ChemBERTa(nn.Module):
    """RoBERTa (Liu et al. 2019, arXiv:1907.11692) on SMILES (Chithrananda et al. 2020, arXiv:2010.09885).

    Attributes:
        roberta: the network.
        tokenizer: from SMILES to tokens.
        pad: number of the padding token.
        mask: number of the mask token.
    """

    def __init__(self, roberta: RobertaModel, tokenizer: PreTrainedTokenizerFast) -> None:
        """Join a network with the tokenizer it was trained with.

        Raises:
            UserError: the tokenizer has no padding or mask token, or more tokens than the network.
        """
        super().__init__()
        self.roberta = roberta
        self.tokenizer = tokenizer
        if tokenizer.pad_token_id is None or tokenizer.mask_token_id is None:
            raise UserError("the tokenizer has no padding or mask token", "tokenizer", "it is not one of a RoBERTa")
        if len(tokenizer) > roberta.config.vocab_size:
            what = f"the tokenizer has {len(tokenizer)} tokens, the network {roberta.config.vocab_size}"
            raise UserError(what, "tokenizer", "the two belong to different models")
        self.pad, self.mask = int(tokenizer.pad_token_id), int(tokenizer.mask_token_id)

    @property
    def width(self) -> int:
        """Size of the hidden vectors."""
        return int(self.roberta.config.hidden_size)

    @property
    def ordinary(self) -> Tensor:
        """Numbers of the tokens that are not special."""
        special = set(self.tokenizer.all_special_ids)
        return torch.tensor([number for number in range(len(self.tokenizer)) if number not in special])

    @property
    def words(self) -> nn.Embedding:
        """The learned vectors of the tokens (vocabulary, width)."""
        embedding: nn.Embedding = self.roberta.get_input_embeddings()  # type: ignore[no-untyped-call]
        return embedding

    @property
    def longest(self) -> int:
        """Most tokens of a sequence; RoBERTa counts its positions from the padding token on."""
        return int(self.roberta.config.max_position_embeddings) - self.pad - 1

    def tokens(self, smiles: Sequence[str]) -> list[list[int]]:
        """Token numbers of SMILES, start and end included; what is longer than the network reads is cut off."""
        if not smiles:
            return []
        found: list[list[int]] = self.tokenizer(list(smiles), truncation=True, max_length=self.longest)["input_ids"]
        return found

    def sizes(self, smiles: Sequence[str]) -> list[int]:
        """How many tokens each SMILES is, start and end included, cut off or not."""
        return [len(one) for one in self.tokenizer(list(smiles), verbose=False)["input_ids"]] if smiles else []

    def forward(self, tokens: Tensor) -> Tensor:
        """Understand SMILES: (batch, length) tokens, padded with ``pad``, to hidden vectors (batch, length, width)."""
        out = self.roberta(input_ids=tokens, attention_mask=(tokens != self.pad).long())
        hidden: Tensor = out.last_hidden_state
        return hidden

    def save(self, folder: Path, training: dict[str, Any], card: str) -> None:
        """Write a folder that ``transformers`` reads too, weights in half precision, and record and card beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        _quiet()
        self.roberta.save_pretrained(folder, state_dict=halves(self.roberta.state_dict()))
        self.tokenizer.save_pretrained(folder)
        save_record(folder, training, card)

    @classmethod
    def from_pretrained(cls, name: str) -> ChemBERTa:
        """Load a folder in the hub's format, or a model of the hub by its name.

        Args:
            name: a path, or such as ``seyonec/ChemBERTa-zinc-base-v1``, which is downloaded once. Weights are read
                from safetensors, or from a torch file without executing what it holds (``weights_only``).

        Raises:
            UserError: there is no such model, it is no RoBERTa, or a file is damaged.
        """
        _quiet()
        folder = _folder_of(name)
        _check_config(folder / "config.json")
        if (folder / "adapter_config.json").exists():  # transformers would load the base that it names
            raise UserError("holds an adapter", name, "give the folder of the encoder itself")
        try:
            loaded: Any = RobertaModel.from_pretrained(
                folder, add_pooling_layer=False, dtype=torch.float32, weights_only=True, output_loading_info=True
            )
            tokenizer: Any = AutoTokenizer.from_pretrained(folder, use_fast=True)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise _not_loaded(name, error) from error
        roberta, report = loaded
        if report["missing_keys"] or report.get("mismatched_keys"):
            lost = ", ".join(sorted(map(str, report["missing_keys"]))[:5]) or "weights of another shape"
            raise UserError(f"the weights do not belong to this network: {lost}", name, "copy the model again")
        return cls(roberta, tokenizer).eval()

    @classmethod
    def fresh(cls, smiles: Sequence[str], vocabulary: int, width: int, layers: int, heads: int) -> ChemBERTa:
        """An untrained network whose byte-pair tokens are learned from SMILES.

        Args:
            smiles: the corpus.
            vocabulary: most tokens.
            width: size of the hidden vectors.
            layers: number of transformer blocks.
            heads: attention heads in each block.
        """
        tokenizer = _tokenizer(smiles, vocabulary)
        config = RobertaConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=4 * width,
            max_position_embeddings=POSITIONS + 2,
            type_vocab_size=1,
            pad_token_id=SPECIAL.index("<pad>"),
            bos_token_id=SPECIAL.index("<s>"),
            eos_token_id=SPECIAL.index("</s>"),
        )
        return cls(RobertaModel(config, add_pooling_layer=False), tokenizer)


def _tokenizer(smiles: Sequence[str], size: int) -> PreTrainedTokenizerFast:
    made = Tokenizer(models.BPE(unk_token=SPECIAL[3]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)  # tokens may span ( = 1
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(SPECIAL),
        initial_alphabet=_PRINTABLE,
        show_progress=False,
    )
    made.train_from_iterator(smiles, trainer)
    made.post_processor = processors.RobertaProcessing(
        ("</s>", SPECIAL.index("</s>")), ("<s>", SPECIAL.index("<s>")), trim_offsets=False, add_prefix_space=False
    )
    start, pad, end, unknown, mask = SPECIAL
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=made, bos_token=start, eos_token=end, unk_token=unknown, pad_token=pad,
        mask_token=mask, cls_token=start, sep_token=end,
    )  # fmt: skip


def _quiet() -> None:
    """Without this the library prints bars, and warns that the head of pre-training is left behind."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def _folder_of(name: str) -> Path:
    """The folder itself, or where the files of a model of the hub lie, downloaded where they are not there yet."""
    if Path(name).is_dir():
        return Path(name)
    try:
        return Path(snapshot_download(name, allow_patterns=list(_HUB_FILES)))
    except (OSError, ValueError) as error:
        raise _not_loaded(name, error) from error


def _not_loaded(name: str, error: Exception) -> UserError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    hint = "give a folder with config.json, weights and tokenizer, or a name on the hub (needs the network)"
    return UserError(f"cannot be loaded as a ChemBERTa: {reason}", name, hint)


def _check_config(path: Path) -> None:
    """Refuse what is no RoBERTa, or so large that building it would exhaust the memory."""
    raw = read_json(path)
    if raw.get("model_type") != "roberta":
        raise UserError(f"is of type {json.dumps(raw.get('model_type'))}, not roberta", str(path), "give a ChemBERTa")
    for name, most in _MOST_CONFIG.items():
        if not isinstance(raw.get(name, 1), int) or not 0 < raw.get(name, 1) <= most:
            raise UserError(f"{name} is {raw.get(name)!r}", str(path), f"from 1 to {most} is allowed")
