"""The data sets Sekkei knows: what they are, whose they are, how to get them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.files import replacing
from sekkei.data.folder import VARIABLE, find, own


@dataclass(frozen=True)
class Wheel:
    """A file of the Python package index that carries data; it is unpacked, never installed.

    Attributes:
        requirement: such as ``molsets==0.3.1``.
        sha256: of the wheel.
        members: path inside the wheel by the path it gets in the data folder.
    """

    requirement: str
    sha256: str
    members: dict[str, str]


@dataclass(frozen=True)
class Dataset:
    """One data set of molecules.

    Attributes:
        name: word used on the command line.
        title: what it is.
        rows: how many rows it has.
        source: publication.
        licence: licence or terms.
        files: the files with the structures, relative to a data folder.
        column: heading of the SMILES column.
        wheel: the package that carries it, or None where the user has to bring the files.
    """

    name: str
    title: str
    rows: int
    source: str
    licence: str
    files: tuple[str, ...]
    column: str
    wheel: Wheel | None = None

    @property
    def present(self) -> bool:
        """All its files are in a data folder."""
        return all(find(file) for file in self.files)

    def smiles(self) -> list[str]:
        """Every SMILES as published, in the order of the files.

        Raises:
            UserError: a file is not there.
        """
        texts: list[str] = []
        for file in self.files:
            path = find(file)
            if path is None:
                raise UserError(f"{file} is in no data folder", f"data set {self.name}", self._advice())
            texts += _column(path, self.column)
        return texts

    def _advice(self) -> str:
        if self.wheel:
            return f"run `sekkei data fetch {self.name}`"
        return f"put the file under a folder named in {VARIABLE}"


def _column(path: Path, column: str) -> list[str]:
    if path.suffix == ".parquet":
        return pd.read_parquet(path, columns=[column])[column].astype(str).tolist()
    frame = pd.read_csv(path, usecols=[column], keep_default_na=False, dtype=str)
    return [str(text) for text in frame[column]]


_MOSES = Wheel(
    "molsets==0.3.1",
    "7f4450e3ebecebe79c3a2a55950c93daddee071120daf64a163d03481e811d34",
    {
        **{f"moses/{n}": f"moses/dataset/data/{n}" for n in (
            "train.csv.gz", "test.csv.gz", "test_scaffolds.csv.gz", "test_stats.npz", "test_scaffolds_stats.npz")},
        **{f"moses/{n}": f"moses/metrics/{n}" for n in ("mcf.csv", "wehi_pains.csv")},
    },
)  # fmt: skip
_QM9 = Wheel(
    "qm9pack==1.0.3",
    "1d88c2988007c6778e717ee3224cf511bd60e10732ebe3b7ed500ea5af05c9f0",
    {f"qm9/qm9_part{n}.csv": f"qm9pack/data/qm9_part{n}.csv" for n in (1, 2, 3)},
)

DATASETS: dict[str, Dataset] = {
    d.name: d
    for d in (
        Dataset("moses", "MOSES training set: lead-like ZINC molecules, 250 to 350 Da", 1_584_663,
                "Polykovskiy et al., Front. Pharmacol. 11, 565644, 2020", "MIT", ("moses/train.csv.gz",), "SMILES",
                _MOSES),
        Dataset("qm9", "QM9: small organic molecules of up to 9 heavy atoms", 130_831,
                "Ramakrishnan et al., Sci. Data 1, 140022, 2014", "CC0 (package MIT)",
                tuple(_QM9.members), "SMILES", _QM9),
        Dataset("zinc250k", "ZINC250k: drug-like molecules with stereochemistry and charges", 249_455,
                "Sterling & Irwin, JCIM 55, 2324, 2015", "free to use", ("molecules/zinc250k_smiles.parquet",),
                "smiles"),
        Dataset("gsk3", "ExCAPE-DB molecules tested on GSK3 beta", 52_802, "Sun et al., J. Cheminf. 9, 17, 2017",
                "CC BY-SA 4.0", ("molecules/gsk3_excape.parquet",), "smiles"),
        Dataset("jnk3", "ExCAPE-DB molecules tested on JNK3", 50_390, "Sun et al., J. Cheminf. 9, 17, 2017",
                "CC BY-SA 4.0", ("molecules/jnk3_excape.parquet",), "smiles"),
        Dataset("aqsoldb", "AqSolDB: molecules with measured aqueous solubility", 9_982,
                "Sorkun et al., Sci. Data 6, 143, 2019", "CC0", ("molecules/aqsoldb_tdc.csv.gz",), "Drug"),
    )
}  # fmt: skip
"""Every known data set by name."""


def dataset(name: str) -> Dataset:
    """A data set by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in DATASETS:
        raise UserError(f"unknown data set '{name}'", "data", did_you_mean(name, DATASETS))
    return DATASETS[name]


def fetch(name: str, progress: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Download a data set through the user's own pip, check it and unpack it. This uses the network.

    Args:
        name: of the data set.
        progress: called with one line per step.

    Returns:
        The files written.

    Raises:
        UserError: no package carries it, the download fails, or the file is not the expected one.
    """
    wheel = dataset(name).wheel
    if wheel is None:
        raise UserError("is carried by no package", f"data set {name}", f"put its files under {VARIABLE}")
    with tempfile.TemporaryDirectory() as scratch:
        progress(f"downloading {wheel.requirement}")
        path = _download(wheel, Path(scratch))
        progress("checking the SHA-256")
        if (found := _sha256(path)) != wheel.sha256:
            raise UserError(f"the download has SHA-256 {found}", path.name, f"expected {wheel.sha256}; try again")
        progress(f"unpacking into {own()}")
        return _unpack(path, wheel, own())


def _download(wheel: Wheel, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    done = subprocess.run([*command, wheel.requirement], capture_output=True, text=True, check=False)  # noqa: S603
    found = sorted(folder.glob("*.whl"))
    if done.returncode or not found:
        reason = done.stderr.strip().splitlines()[-1:] or ["pip gave no reason"]
        raise UserError(f"the download failed: {reason[0]}", wheel.requirement, "check the network and pip's settings")
    return found[0]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpack(path: Path, wheel: Wheel, folder: Path) -> list[Path]:
    written = []
    with zipfile.ZipFile(path) as archive:
        for relative, member in wheel.members.items():
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            with replacing(target) as fresh, archive.open(member) as source, fresh.open("wb") as sink:
                while block := source.read(1 << 20):
                    sink.write(block)
            written.append(target)
    return written
