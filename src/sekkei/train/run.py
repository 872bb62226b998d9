"""What a training run is about, kept beside it, so that it is resumed as what it was begun as."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sekkei.core.errors import UserError
from sekkei.core.files import write_text
from sekkei.data.catalogue import DATASETS
from sekkei.models.checkpoint import load_checkpoint
from sekkei.train.loop import Plan, Progress

UNIONS = {"druglike": ("zinc250k", "gsk3", "jnk3", "aqsoldb", "qm9", "moses")}
"""Names that stand for several data sets."""

NOTHING_MORE = Progress()


@dataclass(frozen=True)
class Run:
    """What a run was about: data by name, plan, the model it started from, tasks, and rows that gave nothing."""

    data: str
    plan: Plan
    start: Path | None
    tasks: str = ""
    unread: int = 0

    def begin(self, out: Path, structures: int) -> None:
        """Make the folder, write down what the run in it is about, and seed the weights.

        The length of the run and its rate may be changed on the way; all else decides which weights come out.

        Raises:
            UserError: the folder holds a run that was about something else.
        """
        out.mkdir(parents=True, exist_ok=True)
        plan, path = self.plan, out / "run.json"
        start = load_checkpoint(self.start).hash if self.start else None
        now = {"data": self.data, "molecules": structures, "start": start, "batch": plan.batch, "seed": plan.seed}
        if self.tasks:
            now["tasks"] = self.tasks
        before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else now
        for name, value in now.items():
            if before.get(name) != value:
                what = f"was begun with {name} {before.get(name)}, not {value}"
                raise UserError(what, str(out), "give the first command again with --resume, or name another folder")
        write_text(path, json.dumps(now))
        torch.manual_seed(plan.seed)

    def record(
        self,
        progress: Progress,
        written: Progress,
        variety: float = 0.0,
        kept: float = 0.0,
        ruled: Progress = NOTHING_MORE,
    ) -> dict[str, Any]:
        """The part of training.json that says how the model came about."""
        plan, hours = self.plan, (progress.seconds + written.seconds + ruled.seconds) / 3600
        own = f"; then refined in {written.step:,} steps on {written.seen:,} samples of its own"
        own += f", variety {variety:g}" if variety else ""
        rules = f"; then learned in {ruled.step:,} steps what its masks forbid" if ruled.step else ""
        blended = f"; {kept:.0%} of the weights it started from kept" if kept else ""
        return {
            "data": self.data,
            "sources": sources_of(self.data),
            **({"unread_rows": self.unread} if self.unread else {}),
            "seen": progress.seen,
            "steps": progress.step,
            "refined": written.seen,
            "hours": round(hours, 3),
            "all_hours": round(hours + _hours_before(self.start), 2),
            "machine": _machine(),
            "recipe": f"batch {plan.batch}, Muon + AdamW, peak rate {plan.rate:g}, warm-up {plan.warmup} steps, "
            f"linear decay over the last {plan.decay:.0%}, seed {plan.seed}{own if written.step else ''}"
            f"{rules}{blended}",
            "started_from": _history(self.start),
        }


def names_of(data: str) -> tuple[str, ...]:
    """The data sets that a word stands for, or that stand in it separated by commas; else the word itself."""
    several = UNIONS.get(data, tuple(data.split(",")))
    return several if all(name in DATASETS for name in several) else (data,)


def _machine() -> str:
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{os.cpu_count()} cores, {platform.machine()}{gpu}"


def _hours_before(start: Path | None) -> float:
    """Hours of all the runs that lie behind a model folder."""
    training = load_checkpoint(start).training if start else {"hours": 0.0}
    return float(training.get("all_hours", training["hours"]))


def _history(start: Path | None) -> str:
    """What a run started from, and what that had seen before."""
    if start is None:
        return "random weights"
    before = load_checkpoint(start)
    seen, hours = before.training["seen"], before.training["hours"]
    past = f"which had seen {seen:,} structures in {hours:.2f} h, from {before.training['started_from']}"
    return f"{start.name} ({before.hash}), {past}"


def sources_of(data: str) -> list[str]:
    """Whose data a word stands for, one line a data set."""
    return [
        f"{d.title} ({d.source}; {d.licence})" if (d := DATASETS.get(name)) else f"the user's file {Path(name).name}"
        for name in names_of(data)
    ]
