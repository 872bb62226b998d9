"""The model card of a generator of crystals."""

from __future__ import annotations

import re
from typing import Any

from sekkei.train.card import labelled_ranges

_SEEN_BEFORE = re.compile(r"had seen ([\d,]+) structures")
"""What each run behind a model says in the history of the record."""

_ORIGIN = """
Materials Project: Jain et al., APL Materials 1, 011002, 2013, CC BY 4.0. Of MP-20 there are
62.6 % of the training split (16,987 of 27,136) and the validation split; its test split and that of MPTS-52 were never
at hand. A crystal may have any subset of labels. Band gaps are
PBE, formation energies in the frame of MP-20."""


_LIMITS = """\
It proposes crystals like those computed so far, with up to 52 atoms in the primitive cell. Symmetry is exact, and hard
constraints are kept by masks; distances and charges are not, so they are checked. Cells and coordinates are guesses in
steps of 0.02 Angstrom and 0.001 of an edge: relax them. Nothing here says that a crystal is stable or can be made."""


def crystal_card(name: str, training: dict[str, Any]) -> str:
    """Markdown of the README.md of a generator of crystals.

    Args:
        name: of the model.
        training: the record that becomes training.json.
    """
    ranges = labelled_ranges(training)
    sources = "\n".join(f"- {source}" for source in training["sources"])
    return f"""# {name}: crystals by their symmetry, under any subset of {len(training["ranges"])} properties

A GPT-2-type decoder with {training["parameters"]:,} parameters on tokens of space group, Wyckoff sites, cell and
coordinates. Elements, composition and space group can be asked for as well.

## Data

{training["shown"]:,} crystals, {training["held_out"]:,} others held out:

{sources}
{_ORIGIN if training["data"] in ("mp", "mp-all") else ""}

## Training

{_runs(training)} {training["recipe"]}. Each was shown from an origin
drawn at random among those its space group allows, {_asked(training)}
Started from: {training["started_from"]}.

## What it covers

The range that holds 99.9 % of the labelled crystals; targets outside are refused unless asked for.

| property | from | to | labelled |
|---|---|---|---|
{ranges}

## Limits

{_LIMITS}
"""


def _runs(training: dict[str, Any]) -> str:
    """How much was seen in all runs together, and in the last where there were several."""
    before = sum(int(seen.replace(",", "")) for seen in _SEEN_BEFORE.findall(training["started_from"]))
    seen = training["seen"] + before
    told = f"""{seen:,} crystals seen ({seen / training["shown"]:.1f} epochs) in
{training["all_hours"]:.2f} h of wall time"""
    last = (
        f", of these {training['seen']:,} in {training['hours']:.2f} h by the last of several runs," if before else ""
    )
    return f"{told}{last} on {training['machine']}{'; recipe of the last:' if before else ';'}"


def _asked(training: dict[str, Any]) -> str:
    if not training["held_out_nats"]:
        return "at times behind its elements or composition."
    free, given = training["held_out_nats"]
    asked = training["held_out_nats_of_compositions"]
    return f"""at times behind its elements or composition.
Negative log-likelihood of validation crystals: {free:.2f} nats without conditions, {given:.2f} with the labels there
are, {asked:.2f} behind the composition."""
