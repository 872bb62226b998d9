"""``sekkei design``: a whole campaign, from targets to a ranked list with a report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekkei import zoo
from sekkei.cli.output import EXIT_INTERRUPTED, Json, number, print_json, print_table, progress_bar, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

if TYPE_CHECKING:
    from sekkei.campaign.outcome import Outcome
    from sekkei.campaign.run import Progress
    from sekkei.campaign.spec import Campaign

app = typer.Typer(help="Run a design campaign.", no_args_is_help=True)

CAMPAIGN = "campaign.toml"

Texts = list[str] | None


def _many(metavar: str, words: str) -> Any:
    return typer.Option(metavar=metavar, help=f"{words}; repeatable.")


@app.callback()
def _design() -> None:
    """Keep ``molecules`` a word of its own while it is the only domain."""


@app.command()
def molecules(
    out: Annotated[Path, typer.Option(help="Folder for the results; new or empty, unless with --resume.")],
    target: Annotated[Texts, _many("TARGET", 'A wish such as "logp=1.5±0.5", "qed>=0.7" or "min:sa"')] = None,
    n: Annotated[int | None, typer.Option("-n", help="How many candidates. [default: 50]")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same table. [default: 0]")] = None,
    require: Annotated[Texts, _many("SMARTS", "Pattern that must match")] = None,
    forbid: Annotated[Texts, _many("SMARTS", "Pattern that must not match")] = None,
    elements: Annotated[str | None, typer.Option(help="The only elements allowed, such as C,N,O.")] = None,
    similar_to: Annotated[str | None, typer.Option(help="SMILES to stay near.")] = None,
    min_similarity: Annotated[
        float | None, typer.Option(help="Least Tanimoto similarity to it. [default: 0.4]")
    ] = None,
    evaluator: Annotated[Texts, _many("NAME", "A further judge, as module:object")] = None,
    model: Annotated[
        str | None, typer.Option(help=f"A shipped model or a model folder. [default: {zoo.DEFAULT['molecules']}]")
    ] = None,
    guidance: Annotated[float | None, typer.Option(help="Push towards the targets. [default: 1, plain]")] = None,
    temperature: Annotated[float | None, typer.Option(help="Below 1 safer, above 1 more varied. [default: 1]")] = None,
    max_sa: Annotated[float | None, typer.Option(help="Largest synthetic accessibility score. [default: 4.5]")] = None,
    allow_alerts: Annotated[bool, typer.Option("--allow-alerts", help="Flag structural alerts, keep them.")] = False,
    allow_known: Annotated[bool, typer.Option("--allow-known", help="Keep what is in the training data.")] = False,
    extrapolate: Annotated[bool, typer.Option("--extrapolate", help="Go beyond the training data.")] = False,
    budget: Annotated[int | None, typer.Option(help="Most attempts. [default: 400 n, at least 20000]")] = None,
    config: Annotated[Path | None, typer.Option(help="Replay a campaign.toml; options replace its entries.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the stopped run in --out.")] = False,
    as_json: Json = False,
) -> int:
    """Propose, judge and rank molecules until n meet every target and every check."""
    given = {
        "targets": target, "n": n, "seed": seed, "model": model, "evaluators": evaluator,
        "extrapolate": extrapolate or None,
        "constraints": {
            "require": require, "forbid": forbid, "similar_to": similar_to, "min_similarity": min_similarity,
            "elements": elements and [symbol.strip() for symbol in elements.split(",")],
        },
        "limits": {
            "max_sa": max_sa, "alerts": "flag" if allow_alerts else None, "novel": False if allow_known else None,
        },
        "sampling": {"guidance": guidance, "temperature": temperature},
        "budget": {"max_generated": budget},
    }  # fmt: skip
    kept = out / CAMPAIGN
    spec = _spec(_stated(given), config or (kept if resume and kept.is_file() else None))
    try:
        outcome = _run(spec, out, resume)
    except UserError as error:
        # the campaign turns Ctrl-C into a sentence that says how to go on
        if not isinstance(error.__context__, KeyboardInterrupt):
            raise
        say(str(error))
        return EXIT_INTERRUPTED
    print_json(_plain(outcome)) if as_json else _show(outcome)
    if outcome.partial:
        say(outcome.partial)
        return EXIT_PARTIAL
    return EXIT_OK


def _run(spec: Campaign, out: Path, resume: bool) -> Outcome:
    from sekkei.campaign.run import design

    with progress_bar("designing") as tell:

        def progress(now: Progress) -> None:
            if tell:
                tell(min(now.kept, now.wanted), now.wanted)

        return design(spec, out, resume, progress)


def _stated(options: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was given, so that defaults stay in one place and a campaign file is not overruled by them."""
    tables = {name: _stated(value) if isinstance(value, Mapping) else value for name, value in options.items()}
    return {name: value for name, value in tables.items() if value not in (None, {}, [])}


def _spec(stated: Mapping[str, Any], config: Path | None) -> Campaign:
    from sekkei.campaign.spec import campaign, read_campaign

    if config is None:
        return campaign(stated)
    entries = read_campaign(config).model_dump()
    if "model" in stated:
        entries["model_hash"] = None
    for name, value in stated.items():
        entries[name] = {**entries[name], **value} if isinstance(value, Mapping) else value
    return campaign(entries)


def _show(outcome: Outcome) -> None:
    report = outcome.report
    names = [target.name for target in report.targets]
    names += [name for name in ("sa", "similarity") if name not in names]
    headings = {measure.name: measure.heading for measure in report.measures}
    print_table(
        ("rank", "smiles", *(headings[name] for name in names), "score"),
        [(str(r.rank), r.text, *(number(r.values[name]) for name in names), number(r.score)) for r in report.rows],
        f"{len(report.rows)} of {report.asked} molecules, from {outcome.generated:,} attempts",
    )
    for warning in report.warnings:
        if warning != outcome.partial:
            say(f"warning: {warning}")
    typer.echo(f"report: {outcome.folder / 'report.html'}")
    typer.echo(f"table:  {outcome.folder / 'candidates.csv'}")


def _plain(outcome: Outcome) -> dict[str, Any]:
    report = outcome.report
    return {
        "folder": str(outcome.folder),
        "asked": report.asked,
        "found": len(report.rows),
        "generated": outcome.generated,
        "partial": outcome.partial,
        "targets": [target.text for target in report.targets],
        "units": {measure.name: measure.unit for measure in report.measures},
        "candidates": [_candidate(row) for row in report.rows],
        "near_misses": [{**_candidate(row), "why": row.why} for row in report.near_misses],
        "funnel": [
            {"step": s.name, "entered": s.entered, "kept": s.kept, "reasons": dict(s.reasons)} for s in report.steps
        ],
        "warnings": list(report.warnings),
        "provenance": dict(report.provenance),
    }


def _candidate(row: Any) -> dict[str, Any]:
    return {
        "rank": row.rank,
        "key": row.key,
        "smiles": row.text,
        "values": dict(row.values),
        "satisfied": row.satisfied,
        "score": row.score,
        "front": row.front,
        "notes": dict(row.notes),
    }
