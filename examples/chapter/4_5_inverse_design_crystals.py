# %% [markdown]
# # Section 4.5, to the end: from the chapter's targets to CIF files
#
# The chapter's targets for its materials are `[2.0, -0.5, 0.0]` and `[2.5, -0.8, 0.0]`: band gap in eV, formation
# energy in eV/atom, magnetic moment in µB/atom. Its "materials" are vectors of 128 numbers. Here they are crystals:
# proposed by their symmetry, relaxed by a machine-learned potential, placed on a convex hull, and written as CIF.
#
# The budget is small, so that this runs in a minute. For real work leave it out: 100 relaxations are the default.

# %%
from __future__ import annotations

import tempfile
from pathlib import Path

import sekkei as sk

folder = Path(tempfile.mkdtemp(prefix="sekkei-"))
TARGETS = {
    "2.0, -0.5, 0.0": ["band_gap=2.0±0.5", "formation_energy<=-0.5", "magnetic_moment=0±0.1"],
    "2.5, -0.8, 0.0": ["band_gap=2.5±0.5", "formation_energy<=-0.8", "magnetic_moment=0±0.1"],
}

# %% [markdown]
# ## Propose, screen, relax, place
# The dear step comes last, and only for the most promising: everything before it costs milliseconds.

# %%
found = {}
for place, (name, targets) in enumerate(TARGETS.items()):
    found[name] = sk.design(
        "materials",
        targets=targets,
        n=2,
        seed=0,
        out=folder / str(place),
        constraints={"exclude": ["Pb", "Cd", "Hg", "Tl", "As"], "max_elements": 3},
        budget={"max_generated": 300, "relax": 3, "probe": 0, "steps": 60},
    )
    print(name)
    for step in found[name].report.steps:
        print(f"  {step.name:12} {step.entered:5} entered, {step.kept:5} kept  {dict(list(step.reasons.items())[:2])}")

# %% [markdown]
# ## What came out
# The energy above hull is that of the potential, against its own energies of known structures; the band gap and the
# moment are predicted from the composition, each with its interval. "Met" is never more than "predicted to be met".

# %%
for name, outcome in found.items():
    for row in outcome.report.rows:
        low, high = row.intervals["band_gap"]
        gap = f"gap {row.values['band_gap']:.1f} eV ({low:.1f} to {high:.1f})"
        print(f"{name}: {row.title}, {gap}, {row.values['e_above_hull']:+.3f} eV/atom above hull")
        print("   ", *(f"{label}: {text}" for label, text in row.facts))
    if not outcome.report.rows:  # fewer than asked for is said, with the reason
        print(f"{name}: nothing held", [step.reasons for step in outcome.report.steps if step.reasons])

# %% [markdown]
# ## To the diffractometer, or to DFT
# Symmetrised CIF, P1 CIF, POSCAR, extended XYZ, an ASE database and simulated powder patterns lie in the folder, beside
# the report and a page in which every crystal can be turned.

# %%
files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
print(*files, sep="\n")
for place, outcome in enumerate(found.values()):
    assert len(list((folder / str(place) / "cif").glob("*.cif"))) == len(outcome.report.rows)
assert any(outcome.report.rows for outcome in found.values())
