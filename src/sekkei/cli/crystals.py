"""Crystals that a model writes, for ``sekkei generate materials --level crystal``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from sekkei.cli.output import print_json, progress_bar, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

if TYPE_CHECKING:
    from sekkei.generate.sample import Sampling
    from sekkei.materials.constraints import Constraints
    from sekkei.materials.extxyz import Fact
    from sekkei.materials.lines import CrystalRow
    from sekkei.materials.novelty import KnownMaterials
    from sekkei.materials.wishes import CrystalWishes


PROTOTYPES = "prototypes"
"""Word for known structure types in place of a model."""


def wishes_of(constraints: Constraints, composition: str, spacegroup: str, max_atoms: int | None) -> CrystalWishes:
    """The wishes that the options ask for, checked.

    Raises:
        UserError: one cannot be read, or two contradict each other.
    """
    from sekkei.materials.codecs.wyckoff import LARGEST
    from sekkei.materials.wishes import CrystalWishes

    words = [word.strip() for word in spacegroup.split(",") if word.strip()]
    if strange := [word for word in words if not (word.isdecimal() and len(word) <= 3)]:
        raise UserError(f"'{strange[0][:20]}' is no number", "--spacegroup", "such as 225, or 221,225")
    groups = tuple(dict.fromkeys(map(int, words)))
    asked = CrystalWishes(constraints, composition.strip(), groups, LARGEST if max_atoms is None else max_atoms)
    asked.check()
    return asked


def write_crystals(
    model: str,
    prototypes: Path | None,
    asked: CrystalWishes,
    target: list[str] | None,
    n: int,
    seed: int,
    settings: Sampling,
    out: Path | None,
    *,
    raw: bool,
    extrapolate: bool,
    as_json: bool,
) -> int:
    """Draw crystals and write them: extended XYZ with a CSV beside it, or a folder of CIFs with ``crystals.csv``."""
    from sekkei.materials.validity import among_the_real

    kind = _kind(out)
    if prototypes and model != PROTOTYPES:
        raise UserError("is for known structure types", "--prototypes", f"add --model {PROTOTYPES}")
    item = asked.composition
    if item and not raw and (why := asked.constraints.unbalanced(item)):
        what = f"no charges of it balance ({why}), so no crystal of it is kept"
        raise UserError(what, f"--composition {item.formula}", "add --profile none or --mixed-valence")
    if model == PROTOTYPES:
        found = _of_prototypes(asked, target, n, prototypes)
    else:
        found = _of_model(model, asked, target, n, seed, settings, raw=raw, extrapolate=extrapolate)
    rows, attempts, lost = found.rows, found.attempts, found.lost
    table = _table(rows, found.known)
    if out:
        _write(out, kind, rows, table)
        say(f"{len(rows)} rows in {out}")
    if as_json:
        print_json({
            "model": found.name, "hash": found.hash, "seed": seed, "asked": n, "constraints": asked.words(),
            "attempts": attempts, "lost": dict(lost), "crystals": table,
        })  # fmt: skip
    elif not out:
        typer.echo("".join(f"{row.text}\n" for row in rows), nl=False)
    reasons = ", ".join(f"{count} {why.replace('_', ' ')}" for why, count in Counter(lost).most_common())
    say(f"{attempts} attempts{f', of these lost: {reasons}' if lost and not raw else ''}")
    for words in among_the_real(asked.constraints.profile):
        say(words)
    if model == PROTOTYPES:
        return EXIT_OK  # all the types there are
    if len(rows) < n:
        say(f"only {len(rows)} of {n} different ones found: loosen the constraints or raise the temperature")
    return EXIT_PARTIAL if len(rows) < n or any(row.problem for row in rows) else EXIT_OK


class _Found(NamedTuple):
    """What was written, by whom, what was lost on the way, and what counts as known."""

    name: str
    hash: str
    rows: list[CrystalRow]
    attempts: int
    lost: Mapping[str, int]
    known: KnownMaterials


def _of_model(
    model: str, asked: CrystalWishes, target: list[str] | None, n: int, seed: int, settings: Sampling, *, raw: bool,
    extrapolate: bool,
) -> _Found:  # fmt: skip
    from sekkei.campaign.known import known_crystals
    from sekkei.generate.crystals import load, read_wishes
    from sekkei.materials.lines import examine

    source = load(model)
    wanted = read_wishes(target)
    for warning in source.check_coverage(wanted, extrapolate):
        say(f"warning: {warning}")
    with progress_bar("crystals") as bar:
        if raw:
            drawn = source.draw(source.conditions(wanted, n, seed), seed, settings=settings, wishes=asked)
            rows = [examine(draw, asked) for draw in drawn]
            lost = Counter(row.problem.kind for row in rows if row.problem)
            return _Found(source.name, source.hash, rows, n, lost, known_crystals([source]))
        found = source.generate(n, target, seed, settings, extrapolate, asked, bar or (lambda *_: None))
        return _Found(source.name, source.hash, found.rows, found.attempts, found.lost, known_crystals([source]))


def _of_prototypes(asked: CrystalWishes, target: list[str] | None, n: int, own: Path | None) -> _Found:
    """Known structure types with the elements of a composition on their sites, the likeliest n that are sound."""
    if asked.composition is None or target:
        raise UserError("known structure types are for one composition, without targets", "--model prototypes",
                        "add --composition SrTiO3, and leave out --target")  # fmt: skip
    from sekkei.campaign.known import known_crystals
    from sekkei.generate.exchange import of_composition
    from sekkei.materials.lines import examine
    from sekkei.materials.prototypes import prototypes_with

    parents, told = prototypes_with(own)
    for words in told:
        say(words)
    rows = [examine(draw, asked) for draw in of_composition(asked.composition, parents)]
    lost = Counter(row.problem.kind for row in rows if row.problem)
    sound = [row for row in rows if not row.problem][:n]
    if not sound:
        raise UserError(f"none of {len(parents)} known structure types gives {asked.composition.formula}",
                        "--composition", "ask the trained model: leave out --model")  # fmt: skip
    return _Found(f"AFLOW prototypes{f' and {own.name}' if own else ''}", "", sound, len(rows), lost, known_crystals())


def _kind(out: Path | None) -> str:
    """What is to be written; a wrong name is told before anything is drawn."""
    if out is None:
        return ""
    if not out.parent.is_dir():
        raise UserError(f"there is no folder '{out.parent}'", "--out", "make it first")
    if out.suffix.lower() in (".extxyz", ".xyz") and not out.is_dir():
        return "xyz"
    if out.is_file() or (out.suffix and not out.is_dir()):
        raise UserError(f"'{out.name}' is neither .extxyz nor a folder", "--out", "such as gen.extxyz, or cifs")
    if out.is_dir() and any(out.iterdir()):
        raise UserError(f"the folder '{out}' is not empty", "--out", "choose another, so that no old CIF stays in it")
    return "folder"


def _table(rows: list[CrystalRow], known: KnownMaterials) -> list[dict[str, Fact]]:
    """What is said of each row, with its class of novelty."""
    from sekkei.data.structures import known_structures

    classes = iter(known_structures(known).classify([row.item for row in rows if row.item is not None]))
    return [{**row.facts(), "novelty": "" if row.item is None else str(next(classes))} for row in rows]


def _write(out: Path, kind: str, rows: list[CrystalRow], table: list[dict[str, Fact]]) -> None:
    from sekkei.materials.extxyz import write_extxyz
    from sekkei.materials.files import write_cifs, write_table
    from sekkei.materials.structures import SYMPREC

    made = [(row.item, facts) for row, facts in zip(rows, table, strict=True) if row.item is not None]
    if kind == "xyz":
        frames = [{name: value for name, value in facts.items() if value != ""} for _, facts in made]
        write_extxyz(out, [item for item, _ in made], frames)
        write_table(out.with_suffix(".csv"), table)
    else:
        write_cifs(out, [item for item, _ in made], [str(facts["name"]) for _, facts in made], SYMPREC)
        write_table(out / "crystals.csv", table)
