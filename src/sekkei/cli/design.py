"""``sekkei design``: a whole campaign, from targets to a ranked list with a report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekkei import zoo
from sekkei.cli.outcome import plain, show
from sekkei.cli.output import EXIT_INTERRUPTED, Json, print_json, progress_bar, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

if TYPE_CHECKING:
    from sekkei.campaign.outcome import Outcome
    from sekkei.campaign.run import Progress
    from sekkei.campaign.spec import Campaign

app = typer.Typer(help="Run a design campaign.", no_args_is_help=True)

CAMPAIGN = "campaign.toml"

Texts = list[str] | None
_MODELS = f"{zoo.DEFAULT['crystals']}; for compositions {zoo.DEFAULT['materials']}"


def _many(metavar: str, words: str) -> Any:
    return typer.Option(metavar=metavar, help=f"{words}; repeatable.")


Evaluator = Annotated[
    Texts, _many("NAME", "A further judge: module:object, a built-in or shipped name, or the folder of a predictor")
]
Predictor = Annotated[
    Texts, _many("DIR", "Folder of a predictor of your own, from `sekkei finetune`: a judge that targets may name")
]


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
    evaluator: Evaluator = None,
    predictor: Predictor = None,
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
        "targets": target, "n": n, "seed": seed, "model": model, "evaluators": _judges(evaluator, predictor),
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
    return _finish(given, config, out, resume, as_json)


@app.command()
def materials(
    out: Annotated[Path, typer.Option(help="Folder for the results; new or empty, unless with --resume.")],
    level: Annotated[
        str | None, typer.Option(help="What is proposed: composition or crystal. [default: crystal]")
    ] = None,
    target: Annotated[Texts, _many("TARGET", 'A wish such as "band_gap=2.5±0.3" or "formation_energy<=-0.8"')] = None,
    n: Annotated[int | None, typer.Option("-n", help="How many candidates. [default: 50]")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same table. [default: 0]")] = None,
    exclude: Annotated[str | None, typer.Option(help="Elements that must not occur, such as Pb,Cd,Hg.")] = None,
    contains: Annotated[str | None, typer.Option(help="Elements that must all occur, such as Li.")] = None,
    elements: Annotated[str | None, typer.Option(help="The only elements allowed, such as Li,O,P.")] = None,
    system: Annotated[str | None, typer.Option(help="Exactly these elements, such as Li-P-S.")] = None,
    formula_pattern: Annotated[str | None, typer.Option(help="Formula type, each letter an element: ABX3.")] = None,
    min_elements: Annotated[int | None, typer.Option(help="Fewest elements. [default: 2]")] = None,
    max_elements: Annotated[int | None, typer.Option(help="Most elements. [default: 5]")] = None,
    max_atoms: Annotated[int | None, typer.Option(help="Most atoms in the formula. [default: 40]")] = None,
    profile: Annotated[str | None, typer.Option(help="Definition of charge balance, or none. [default: smact]")] = None,
    mixed_valence: Annotated[bool, typer.Option("--mixed-valence", help="Let one element differ in charge.")] = False,
    max_e_above_hull: Annotated[
        float | None, typer.Option(help="Largest predicted energy above hull [eV/atom]. [default: 0.2]")
    ] = None,
    reject_hazards: Annotated[bool, typer.Option("--reject-hazards", help="No toxic or radioactive element.")] = False,
    spacegroup: Annotated[str | None, typer.Option(help="Crystals: space groups allowed, such as 221,225.")] = None,
    relax_budget: Annotated[int | None, typer.Option(help="Crystals: most relaxations. [default: 100]")] = None,
    fmax: Annotated[
        float | None, typer.Option(help="Crystals: relaxed below this force [eV/Angstrom]. [default: 0.05]")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Crystals: most steps of a relaxation. [default: 200]")] = None,
    hull: Annotated[
        str | None, typer.Option(help="Crystals: table of the potential's energies of known structures, or mp.")
    ] = None,
    potential: Annotated[
        str | None, typer.Option(help="Crystals: what judges and relaxes: chgnet or sevennet. [default: chgnet]")
    ] = None,
    second_judge: Annotated[
        str | None, typer.Option(help="Crystals: another potential, asked about what is relaxed: sevennet.")
    ] = None,
    prototypes: Annotated[
        str | None, typer.Option(help="Crystals: file or folder of further structures for exchange to start from.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Crystals: processes that relax.")] = 1,
    cluster: Annotated[
        str | None, typer.Option(help="Crystals: address of a Dask scheduler whose workers relax.")
    ] = None,
    generator: Annotated[
        Texts, _many("NAME", "What proposes: model, substitution; for crystals model, exchange, random")
    ] = None,
    evaluator: Evaluator = None,
    predictor: Predictor = None,
    model: Annotated[str | None, typer.Option(help=f"A shipped model or a model folder. [default: {_MODELS}]")] = None,
    guidance: Annotated[
        float | None, typer.Option(help="Push towards the targets. [default: 1; under targets 1.25, compositions 2.5]")
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="Below 1 safer, above 1 more varied. [default: 1, crystals 0.9; 0.92 under targets]"),
    ] = None,
    allow_known: Annotated[bool, typer.Option("--allow-known", help="Keep known compounds on the list.")] = False,
    extrapolate: Annotated[bool, typer.Option("--extrapolate", help="Go beyond the known compounds.")] = False,
    budget: Annotated[
        int | None,
        typer.Option(help="Most attempts. [default: 400 n, at least 20000; crystals 20 relaxations, at least 1000]"),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Replay a campaign.toml; options replace its entries.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the stopped run in --out.")] = False,
    as_json: Json = False,
) -> int:
    """Propose, judge and rank compositions until n meet every target and every check; or crystals, relaxed.

    For crystals all attempts are screened, the most promising are relaxed within the budget, and the best are listed.
    """
    of_crystals = {
        "--relax-budget": relax_budget, "--fmax": fmax, "--steps": steps, "--hull": hull, "--potential": potential,
        "--second-judge": second_judge, "--prototypes": prototypes, "--spacegroup": spacegroup,
    }  # fmt: skip
    if level == "composition" and (strange := [name for name, one in of_crystals.items() if one is not None]):
        raise UserError("is for crystals", strange[0], "leave it out, or ask for --level crystal")
    given = {
        "level": level, "targets": target, "n": n, "seed": seed, "model": model, "generators": generator,
        "evaluators": _judges(evaluator, predictor), "extrapolate": extrapolate or None, "hull": hull,
        "potential": potential, "second_judge": second_judge, "prototypes": prototypes,
        "constraints": {
            "exclude": _symbols(exclude), "contains": _symbols(contains), "elements": _symbols(elements),
            "system": system, "formula_pattern": formula_pattern, "min_elements": min_elements,
            "max_elements": max_elements, "max_atoms": max_atoms, "spacegroups": _numbers(spacegroup),
        },
        "limits": {
            "profile": profile, "mixed_valence": mixed_valence or None, "max_e_above_hull": max_e_above_hull,
            "hazard": "reject" if reject_hazards else None, "novel": False if allow_known else None,
        },
        "sampling": {"guidance": guidance, "temperature": temperature},
        "budget": {"max_generated": budget, "relax": relax_budget, "fmax": fmax, "steps": steps},
    }  # fmt: skip
    return _finish({"domain": "materials", **given}, config, out, resume, as_json, workers, cluster)


def _judges(evaluators: Texts, predictors: Texts) -> list[str]:
    if predictors:
        from sekkei.predict.shelf import is_folder

        if strange := [name for name in predictors if not is_folder(name)]:
            raise UserError("is no folder of a predictor", f"--predictor {strange[0]}", "`sekkei finetune` writes one")
    return [*(evaluators or ()), *(predictors or ())]


def _numbers(text: str | None) -> list[int] | None:
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if strange := [word for word in words if not (word.isdecimal() and len(word) <= 3)]:
        raise UserError(f"'{strange[0][:20]}' is no number", "--spacegroup", "such as 225, or 221,225")
    return [int(word) for word in words]


def _symbols(text: str | None) -> list[str] | None:
    return [symbol.strip() for symbol in text.split(",") if symbol.strip()] if text else None


def _finish(
    given: Mapping[str, Any],
    config: Path | None,
    out: Path,
    resume: bool,
    as_json: bool,
    workers: int = 1,
    cluster: str | None = None,
) -> int:
    """Run what was asked and print how it ended."""
    kept = out / CAMPAIGN
    spec = _spec(_stated(given), config or (kept if resume and kept.is_file() else None))
    try:
        outcome = _run(spec, out, resume, workers, cluster)
    except UserError as error:
        # the campaign turns Ctrl-C into a sentence that says how to go on
        if not isinstance(error.__context__, KeyboardInterrupt):
            raise
        say(str(error))
        return EXIT_INTERRUPTED
    print_json(plain(outcome)) if as_json else show(outcome)
    if outcome.partial:
        say(outcome.partial)
        return EXIT_PARTIAL
    return EXIT_OK


def _run(spec: Campaign, out: Path, resume: bool, workers: int, cluster: str | None) -> Outcome:
    from sekkei.campaign.run import design
    from sekkei.metrics.parallel import workers_of

    with progress_bar("designing") as tell, workers_of(workers, cluster) as pool:

        def progress(now: Progress) -> None:
            if tell:
                tell(min(now.kept, now.wanted), now.wanted)

        return design(spec, out, resume, progress, workers=pool)


def _stated(options: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was given, so that defaults stay in one place and a campaign file is not overruled by them."""
    tables = {name: _stated(value) if isinstance(value, Mapping) else value for name, value in options.items()}
    return {name: value for name, value in tables.items() if value not in (None, {}, [])}


def _spec(stated: Mapping[str, Any], config: Path | None) -> Campaign:
    from sekkei.campaign.spec import campaign, read_campaign

    if config is None:
        return campaign(stated)
    kept = read_campaign(config)
    asked = stated.get("domain", "molecules")
    if kept.domain != asked:
        raise UserError(f"is a campaign for {kept.domain}", str(config), f"sekkei design {kept.domain} replays it")
    entries = kept.model_dump()
    if "model" in stated or "generators" in stated:
        entries["model_hash"] = None
    for name, value in stated.items():
        entries[name] = {**entries[name], **value} if isinstance(value, Mapping) else value
    return campaign(entries)
