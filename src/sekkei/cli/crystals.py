"""Crystals that a model writes, for ``sekkei generate materials --level crystal``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sekkei.cli.output import print_json, progress_bar, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

if TYPE_CHECKING:
    from sekkei.generate.sample import Sampling
    from sekkei.materials.constraints import Constraints
    from sekkei.materials.lines import CrystalRow
    from sekkei.materials.wishes import CrystalWishes


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
    from sekkei.generate.crystals import load, read_wishes
    from sekkei.materials.lines import examine

    kind = _kind(out)
    source = load(model)
    wanted = read_wishes(target)
    for warning in source.check_coverage(wanted, extrapolate):
        say(f"warning: {warning}")
    with progress_bar("crystals") as bar:
        if raw:
            drawn = source.draw(source.conditions(wanted, n, seed), seed, settings=settings, wishes=asked)
            rows = [examine(draw, asked) for draw in drawn]
            attempts, lost = n, Counter(row.problem.kind for row in rows if row.problem)
        else:
            found = source.generate(n, target, seed, settings, extrapolate, asked, bar or (lambda *_: None))
            rows, attempts, lost = found.rows, found.attempts, found.lost
    if out:
        _write(out, kind, rows)
        say(f"{len(rows)} rows in {out}")
    if as_json:
        print_json({
            "model": source.name, "hash": source.hash, "seed": seed, "asked": n, "constraints": asked.words(),
            "attempts": attempts, "lost": dict(lost), "crystals": [row.facts() for row in rows],
        })  # fmt: skip
    elif not out:
        typer.echo("".join(f"{row.text}\n" for row in rows), nl=False)
    reasons = ", ".join(f"{count} {why.replace('_', ' ')}" for why, count in lost.most_common())
    say(f"{attempts} attempts{f', of these lost: {reasons}' if lost and not raw else ''}")
    if len(rows) < n:
        say(f"only {len(rows)} of {n} found: loosen the constraints or raise the temperature")
    return EXIT_PARTIAL if len(rows) < n or any(row.problem for row in rows) else EXIT_OK


def _kind(out: Path | None) -> str:
    """What is to be written; a wrong name is told before anything is drawn."""
    if out is None:
        return ""
    if out.suffix.lower() in (".extxyz", ".xyz"):
        return "xyz"
    if out.suffix and not out.is_dir():
        raise UserError(f"'{out.name}' is neither .extxyz nor a folder", "--out", "such as gen.extxyz, or cifs")
    return "folder"


def _write(out: Path, kind: str, rows: list[CrystalRow]) -> None:
    from sekkei.materials.extxyz import write_extxyz
    from sekkei.materials.files import write_cifs, write_table
    from sekkei.materials.structures import SYMPREC

    table = [dict(row.facts()) for row in rows]
    made = [(row.item, facts) for row, facts in zip(rows, table, strict=True) if row.item is not None]
    if kind == "xyz":
        frames = [{name: value for name, value in facts.items() if value != ""} for _, facts in made]
        write_extxyz(out, [item for item, _ in made], frames)
        write_table(out.with_suffix(".csv"), table)
    else:
        write_cifs(out, [item for item, _ in made], [str(facts["name"]) for _, facts in made], SYMPREC)
        write_table(out / "crystals.csv", table)
