"""The list of a campaign for crystals: its table, its files, and the rows of its report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from sekkei.campaign.cells import number, numbers, yes
from sekkei.campaign.choose import Ranked
from sekkei.campaign.crystal_checks import lower_of, relaxed_of
from sekkei.campaign.crystal_sheet import figures, made_from, pattern_table
from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.doubt import end_headings, ends, outside, unsure_among
from sekkei.campaign.material_words import in_words
from sekkei.campaign.materials import CONFIDENCE
from sekkei.campaign.mixture import origin
from sekkei.campaign.plan import Plan
from sekkei.campaign.source import Source
from sekkei.core.types import Problem
from sekkei.materials.charges import charges
from sekkei.materials.codecs.wyckoff import symmetric_text
from sekkei.materials.crystal import Crystal, poscar
from sekkei.materials.database import write_database
from sekkei.materials.domain import LINES
from sekkei.materials.draw import cell_svg
from sekkei.materials.extxyz import Fact, write_extxyz
from sekkei.materials.files import write_cifs, write_each
from sekkei.materials.hull import Hull
from sekkei.materials.novelty import NOVELTY
from sekkei.materials.scene import scene
from sekkei.materials.structures import SYMPREC
from sekkei.predict.crystals import RELAXATION, RELAXED_HULL
from sekkei.predict.probes import fell
from sekkei.report.content import Row
from sekkei.report.view import write_view

VIEW, DATABASE, LOWER = "view.html", "candidates.db", "cif_lower"
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def crystal_table(ranked: Sequence[Ranked], plan: Plan, model: Source) -> tuple[list[str], list[list[str]]]:
    """The list as texts: heading and rows."""
    targets = [target.measure for target in plan.targets]
    named = {measure.name for measure in targets}
    others = [m for m in (*plan.measures, *RELAXATION[3:]) if m.name not in named and m is not NOVELTY]
    others = list({measure.name: measure for measure in others}.values())
    unsure = unsure_among([*targets, *others], ranked)
    header = [
        "rank", "name", "formula", *(m.heading for m in targets), "satisfied", "score", CONFIDENCE.name,
        *(m.heading for m in others), "novelty_class", "substitution_of", "charges", "decomposes_into", "made_from",
        "minimum", *end_headings(unsure), "outside_domain", "front", "generator", "potential", "model_hash", "seed",
        "index", "line",
    ]  # fmt: skip
    judge = cast("CrystalCampaign", plan.spec).potential
    rows = [
        [
            str(rank), name_of(rank, one), one.candidate.item.composition.formula, *numbers(one, targets),
            yes(one.satisfied), number(one.score), number(one.confidence), *numbers(one, others),
            one.candidate.notes.get(NOVELTY.name, ""), one.nearest,
            charges(one.candidate.item.composition)[1], _products(one), made_from(one.candidate.item), _minimum(one),
            *ends(one, unsure),
            ", ".join(outside(one.candidate)), str(one.front or ""), origin(model, one.candidate.index),
            judge, model.hash, str(plan.spec.seed), str(one.candidate.index), _line(relaxed_of(one.candidate)),
        ]
        for rank, one in enumerate(ranked, start=1)
    ]  # fmt: skip
    return header, rows


def name_of(rank: int, one: Ranked) -> str:
    """Name of its files, such as ``3-TiO2-136``."""
    return f"{rank}-{one.candidate.item.composition.formula}-{one.candidate.values['group_after']:.0f}"


def write_all(path: Path, ranked: Sequence[Ranked], header: list[str], rows: list[list[str]]) -> list[str]:
    """Write the relaxed crystals of the list.

    Returns:
        Names of the files, relative to the folder of ``path``.
    """
    items = [relaxed_of(one.candidate) for one in ranked]
    names = [name_of(rank, one) for rank, one in enumerate(ranked, start=1)]
    facts: list[dict[str, Fact]] = [
        {heading.split(" [")[0].replace(" ", "_"): cell for heading, cell in zip(header, row, strict=True) if cell}
        for row in rows
    ]
    folder = path.parent
    write_extxyz(path, items, [_of_frame(known, len(item)) for known, item in zip(facts, items, strict=True)])
    write_database(folder / DATABASE, items, facts)
    write_cifs(folder / "cif", items, names, SYMPREC)
    write_cifs(folder / "cif_p1", items, names)
    fallen = [(name, lower) for name, one in zip(names, ranked, strict=True) if (lower := lower_of(one.candidate))]
    if fallen:
        write_cifs(folder / LOWER, [item for _, item in fallen], [name for name, _ in fallen])
    write_each(folder / "poscar", [(f"{a}.vasp", poscar(b, a)) for a, b in zip(names, items, strict=True)])
    patterns = [(f"{a}.csv", pattern_table(b)) for a, b in zip(names, items, strict=True)]
    write_each(folder / "powder", patterns)
    write_view(folder / VIEW, "Crystals by design", [scene(a, b) for a, b in zip(items, names, strict=True)], [])
    beside = [f"{kind}/{name}.{ending}" for kind, ending in _KINDS for name in names]
    beside += [f"{LOWER}/{name}.cif" for name, _ in fallen]
    return [path.name, DATABASE, VIEW, *beside]


def _of_frame(known: Mapping[str, Fact], atoms: int) -> dict[str, Fact]:
    """Keys of a frame: under ``energy`` ASE expects that of the cell; `sekkei hull` reads the one per atom."""
    facts = {name: value for name, value in known.items() if name != "energy"}
    if "energy" in known:
        facts |= {"energy_per_atom": known["energy"], "energy": float(known["energy"]) * atoms}
    return facts


_KINDS = (("cif", "cif"), ("cif_p1", "cif"), ("poscar", "vasp"), ("powder", "csv"))


def crystal_rows(rows: Sequence[Row], ranked: Sequence[Ranked], hull: Hull | None) -> list[Row]:
    """Rows with the relaxed crystal as picture and scene, its name, novelty in words, and what the bench needs."""
    return [_told(row, one, relaxed_of(one.candidate), hull) for row, one in zip(rows, ranked, strict=True)]


def _told(row: Row, one: Ranked, item: Crystal, hull: Hull | None) -> Row:
    title = f"{item.composition.formula.translate(_SUBSCRIPTS)}, space group {row.values['group_after']:.0f}"
    values = {**row.values, CONFIDENCE.name: one.confidence}
    facts = [("Charges", charges(item.composition)[1]), ("Could be made by", made_from(item))]
    if fell(one.candidate.values):
        facts.insert(0, ("No minimum", f"it fell to a lower structure when shaken: relax that one ({LOWER}) first"))
    drawn = figures(item, one.candidate.values["energy"], hull)
    return replace(
        in_words(row), text=LINES.text(item), picture=cell_svg(item), title=title, values=values, figures=drawn,
        facts=tuple(facts), scene=scene(item),
    )  # fmt: skip


def _line(item: Crystal) -> str:
    """The crystal by its symmetry; empty where a line cannot hold it."""
    found = symmetric_text(item)
    return "" if isinstance(found, Problem) else found


def _minimum(one: Ranked) -> str:
    """Whether it held when it was shaken; empty where it was not."""
    shaken = not math.isnan(one.candidate.values.get("rattle_drop", math.nan))
    return yes(not fell(one.candidate.values)) if shaken else ""


def _products(one: Ranked) -> str:
    known = not math.isnan(one.candidate.values[RELAXED_HULL.name])
    return one.candidate.notes.get(RELAXED_HULL.name, "") if known else ""
