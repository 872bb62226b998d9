"""What generated molecules are held against: reference sets and training molecules, by the word a user gives."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.data.folder import find
from sekkei.data.reference import Reference
from sekkei.metrics.parallel import in_chunks
from sekkei.metrics.reference import ReferenceSet, moses_reference, read_parts, reference_of
from sekkei.metrics.samples import read_samples
from sekkei.molecules.files import read_molecules
from sekkei.molecules.novelty import KnownMolecules
from sekkei.molecules.samples import canonical, without_stereo

MOSES = "moses"
_ADVICE = "give moses, a file of molecules, a shipped model or a model folder"


@dataclass(frozen=True)
class Compared:
    """Reference sets by name, and what they are.

    Attributes:
        sets: statistics of each; property distances are taken to the first.
        words: what they are, for a reader.
        members: canonical SMILES of the first set, to find the generated molecules that lie in it; None where they are
            not at hand.
    """

    sets: Mapping[str, ReferenceSet]
    words: str
    members: KnownMolecules | None


@dataclass(frozen=True)
class Training:
    """The molecules a generator was trained on.

    Attributes:
        known: all of them, for novelty.
        flat: all of them without stereochemistry, for GuacaMol's novelty; of a model, which keeps only its list, the
            same as ``known``.
        sample: canonical SMILES of all of them, or of a random part.
        words: what they are, for a reader.
        whole: whether the sample is all of them.
    """

    known: KnownMolecules
    flat: KnownMolecules
    sample: list[str]
    words: str
    whole: bool

    def draw(self, n: int, seed: int, replace: bool = False) -> list[str]:
        """Draw n of the sample at random, fewer without replacement where it is smaller."""
        size = n if replace else min(n, len(self.sample))
        rows = np.random.default_rng(seed).choice(len(self.sample), size=size, replace=replace)
        return [self.sample[row] for row in rows]


def compared_with(name: str, pool: Executor | None = None) -> Compared:
    """The reference ``moses`` (its test set and scaffold test set), a file, or the training sample of a model.

    Raises:
        UserError: there is no such thing, it is unreadable, or holds fewer than two molecules.
    """
    if name == MOSES:
        sets = {"Test": moses_reference("test"), "TestSF": moses_reference("test_scaffolds")}
        test = find("moses/test.csv.gz")
        members = None
        if test is not None:
            members = KnownMolecules.build(line.text for line in read_molecules(test, "SMILES"))
        return Compared(sets, "MOSES test set (176,074) and scaffold test set (176,225), molsets 0.3.1", members)
    folder = _model(name)
    texts = Reference.load(folder / "reference.npz").smiles if folder else read_samples(Path(name)).texts
    parts = read_parts(texts, pool=pool)
    what = f"training sample of the model {folder.name}" if folder else f"file {Path(name).name}"
    words = f"{what}: {len(parts.smiles):,} valid molecules of {len(texts):,}"
    return Compared({"reference": reference_of(parts, name)}, words, KnownMolecules.build(parts.smiles))


def training_of(name: str, pool: Executor | None = None) -> Training:
    """The training molecules of a model, or those of a file.

    Raises:
        UserError: there is no such thing, or it holds no valid molecule.
    """
    folder = _model(name)
    if folder:
        known = KnownMolecules.load(folder / "known.bin")
        words = f"training set of the model {folder.name}: {len(known):,} molecules"
        return Training(known, known, Reference.load(folder / "reference.npz").smiles, words, whole=False)
    texts = read_samples(Path(name)).texts
    found = list(dict.fromkeys(text for part in in_chunks(canonical, texts, pool) for text in part))
    if not found:
        raise UserError("holds no valid molecule", name, "check the column of SMILES")
    words = f"file {Path(name).name}: {len(found):,} different valid molecules of {len(texts):,}"
    flat = [text for part in in_chunks(without_stereo, found, pool) for text in part]
    return Training(KnownMolecules.build(found), KnownMolecules.build(flat), found, words, whole=True)


def _model(name: str) -> Path | None:
    """The folder of a model of that name; None where the name is a file's."""
    if name in zoo.shipped():
        return zoo.FOLDER / name
    path = Path(name)
    if path.is_file():
        return None
    if (path / "known.bin").is_file() and (path / "reference.npz").is_file():
        return path
    raise UserError("is neither a file nor a model", name, _ADVICE)
