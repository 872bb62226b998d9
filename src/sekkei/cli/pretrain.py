"""``sekkei pretrain``: an encoder that knows what stands beside what, before it is taught a property."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekkei.cli.output import EXIT_INTERRUPTED, Json, print_json, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL

app = typer.Typer(
    help="Pre-train an encoder: MatBERT on compositions, ChemBERTa or D-MPNN on molecules.", no_args_is_help=True
)

Out = Annotated[Path, typer.Option(help="Folder of the encoder.")]
Task = Annotated[str, typer.Option(help="masked, contrastive, or both separated by a comma.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the unfinished run in --out.")]
Batch = Annotated[int, typer.Option(help="Examples per step.")]
Rate = Annotated[float, typer.Option(help="Peak learning rate.")]
Seed = Annotated[int, typer.Option(help="First weights, order of the data, and what is hidden.")]


@app.command()
def materials(
    out: Out,
    data: Annotated[str, typer.Option(help="'mp' for every table of the data folder, or a file of formulas.")] = "mp",
    task: Task = "masked,contrastive",
    resume: Resume = False,
    total: Annotated[int, typer.Option(help="Compositions to see, repetitions counted.")] = 4_000_000,
    batch: Batch = 256,
    rate: Rate = 2e-3,
    blank: Annotated[bool, typer.Option("--blank", help="Tell the network nothing of the elements.")] = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> int:
    """Pre-train MatBERT on formulas; labels are not read. A run that was stopped goes on with --resume."""
    from sekkei.train.loop import Plan
    from sekkei.train.pretrain import check_tasks
    from sekkei.train.pretrain_data import matbert_config, pretrain_materials

    plan = Plan(total=total, batch=batch, rate=rate, warmup=200, seed=seed)
    try:
        pretrain_materials(
            data, check_tasks(task), out, plan, resume=resume, config=matbert_config(blank=blank), say=say
        )
    except KeyboardInterrupt:
        return _stopped(out)
    return _done("materials", out, as_json)


@app.command()
def molecules(
    out: Out,
    data: Annotated[str, typer.Option(help="Data sets separated by commas, or a file of SMILES.")] = "moses,zinc250k",
    task: Annotated[str, typer.Option(help="masked, contrastive or both: ChemBERTa; descriptors: D-MPNN.")] = "masked",
    resume: Resume = False,
    total: Annotated[int, typer.Option(help="Molecules to see, repetitions counted.")] = 2_000_000,
    batch: Batch = 128,
    rate: Rate = 2e-3,
    seed: Seed = 0,
    as_json: Json = False,
) -> int:
    """Pre-train ChemBERTa on SMILES, or a D-MPNN on graphs. A run that was stopped goes on with --resume."""
    from sekkei.train.descriptors import TASK, check_alone, pretrain_graphs
    from sekkei.train.loop import Plan
    from sekkei.train.pretrain import TASKS, check_tasks
    from sekkei.train.pretrain_data import pretrain_molecules

    plan = Plan(total=total, batch=batch, rate=rate, warmup=200, seed=seed)
    try:
        tasks = check_tasks(task, (*TASKS, TASK))
        if TASK in tasks:
            check_alone(tasks)
            pretrain_graphs(data, out, plan, resume=resume, say=say)
        else:
            pretrain_molecules(data, tasks, out, plan, resume=resume, say=say)
    except KeyboardInterrupt:
        return _stopped(out)
    return _done("molecules", out, as_json)


def _done(domain: str, out: Path, as_json: bool) -> int:
    from sekkei.models.folder import training_record

    record = training_record(out)
    if as_json:
        print_json({"folder": str(out), "training": record})
    say(f"encoder {record['hash']} in {out}: use it with `sekkei finetune {domain} --model {out}`")
    if unread := record.get("unread_rows"):
        say(f"{unread:,} rows of the file gave nothing to learn from")
    return EXIT_PARTIAL if unread else EXIT_OK


def _stopped(out: Path) -> int:
    kept = (out / "state.pt").exists()
    say(f"stopped; {'the same command with --resume goes on' if kept else 'nothing is kept yet'}: {out}")
    return EXIT_INTERRUPTED
