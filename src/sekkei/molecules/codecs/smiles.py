"""SMILES as byte-pair tokens: frequent fragments are one token, every character stays encodable."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer, models, trainers

from sekkei.core.errors import UserError

SPECIAL = ("<pad>", "<bos>", "<eos>")
"""Tokens 0, 1 and 2 of every codec."""

_BATCH = 20_000

ALPHABET = sorted(set(string.ascii_letters + string.digits + "#$%()*+-./:=@[\\]~") - set("JQjq"))
"""Every character of the SMILES of any element, charge, isotope and ring closure."""


@dataclass(frozen=True)
class SmilesCodec:
    """A byte-pair tokenizer (Sennrich et al. 2016) trained on SMILES.

    Attributes:
        tokenizer: the trained tokenizer.
        pieces: text of each token by its number.
    """

    tokenizer: Tokenizer
    pieces: tuple[str, ...]

    @classmethod
    def train(cls, smiles: Iterable[str], size: int = 512) -> SmilesCodec:
        """Learn ``size`` tokens (special ones and alphabet included) from a corpus."""
        tokenizer = Tokenizer(models.BPE())
        trainer = trainers.BpeTrainer(
            vocab_size=size, special_tokens=list(SPECIAL), initial_alphabet=ALPHABET, show_progress=False
        )
        tokenizer.train_from_iterator(smiles, trainer)
        return cls.from_json(tokenizer.to_str())

    @classmethod
    def from_json(cls, text: str) -> SmilesCodec:
        """Read a codec from the text of ``codec.json``.

        Raises:
            UserError: the text is not a tokenizer whose first three tokens are the special ones.
        """
        try:
            tokenizer = Tokenizer.from_str(text)
        except Exception as error:  # the tokenizers library raises bare Exception
            raise UserError(f"cannot be read as a tokenizer: {error}", "codec.json") from error
        pieces = tuple(tokenizer.id_to_token(number) or "" for number in range(tokenizer.get_vocab_size()))
        if pieces[:3] != SPECIAL:
            raise UserError("the first three tokens are not <pad>, <bos>, <eos>", "codec.json")
        return cls(tokenizer, pieces)

    def to_json(self) -> str:
        """The text of ``codec.json``."""
        return str(self.tokenizer.to_str())

    @property
    def size(self) -> int:
        """Number of tokens."""
        return len(self.pieces)

    def encode(self, text: str) -> list[int]:
        """Token numbers of one SMILES.

        Raises:
            UserError: a character stands in no SMILES.
        """
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of many SMILES, on all cores."""
        tokens: list[list[int]] = []
        for start in range(0, len(texts), _BATCH):
            # an Encoding takes a kilobyte, so never those of all texts at a time
            tokens += [list(one.ids) for one in self.tokenizer.encode_batch(list(texts[start : start + _BATCH]))]
        for text, numbers in zip(texts, tokens, strict=True):
            if self.decode(numbers) != text:
                raise UserError("holds a character that stands in no SMILES", repr(text[:80]))
        return tokens

    def decode(self, tokens: Sequence[int]) -> str:
        """Text of token numbers; special tokens are skipped."""
        return "".join(self.pieces[number] for number in tokens if number >= len(SPECIAL))
