"""Oxidation states, electronegativities and metals, as smact has them now and as it had them for CDVAE.

smact: Davies et al., J. Open Source Softw. 4, 1361, 2019.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import smact
from smact.screening import ICSD24FilterConfig
from smact.utils.oxidation import ICSD24OxStatesFilter

RAREST = 1e-6
"""Share given to a state that the ICSD does not hold, so that its logarithm is finite."""

# What smact 2.2.1 said otherwise; the electronegativity of Zr was a slip of the pen for 1.33.
_STATES_2_2 = {"Ir": (-2, -1, 1, 2, 3, 4, 5, 6, 7, 8)}
_ELECTRONEGATIVITY_2_2 = {"Zr": 0.33}


@cache
def oxidation_states(name: str) -> dict[str, tuple[int, ...]]:
    """Oxidation states by symbol.

    Args:
        name: ``smact14``, collected by hand in 2014, as smact 4 has them; ``smact2.2``, the same as smact 2.2.1 had
            them; ``icsd24``, at least three reports in the ICSD of 2024, smact 4's default.
    """
    if name == "icsd24":
        defaults = ICSD24FilterConfig()
        frame = ICSD24OxStatesFilter().filter(defaults.consensus, defaults.include_zero, defaults.commonality)
        pairs = zip(frame["element"], frame["oxidation_state"], strict=True)
        return {str(symbol): tuple(int(state) for state in str(states).split()) for symbol, states in pairs}
    elements = smact.element_dictionary()
    found = {symbol: tuple(element.oxidation_states_smact14 or ()) for symbol, element in elements.items()}
    return {**found, **_STATES_2_2} if name == "smact2.2" else found


@cache
def electronegativity(symbol: str, name: str) -> float | None:
    """Pauling electronegativity, None where smact has none; ``name`` as in :func:`oxidation_states`."""
    if name == "smact2.2" and symbol in _ELECTRONEGATIVITY_2_2:
        return _ELECTRONEGATIVITY_2_2[symbol]
    value = smact.Element(symbol).pauling_eneg
    return None if value is None else float(value)


@cache
def metals() -> frozenset[str]:
    """Symbols that smact counts as metals."""
    return frozenset(smact.metals)


@cache
def share(symbol: str, state: int) -> float:
    """Share of an oxidation state among the reports of its element in the ICSD, 0 to 1; the state 0 is not counted."""
    counts = _counts().get(symbol, {})
    return counts.get(state, 0) / total if (total := sum(counts.values())) else 0.0


@cache
def log_share(symbol: str, state: int) -> float:
    """Natural logarithm of :func:`share`, at least that of :data:`RAREST`."""
    return math.log(max(share(symbol, state), RAREST))


@cache
def _counts() -> dict[str, dict[int, int]]:
    """Reports in the ICSD by element and oxidation state."""
    path = Path(smact.data_directory) / "oxidation_states_icsd24_counts.json"
    counts: dict[str, dict[int, int]] = {}
    for row in json.loads(path.read_text(encoding="utf-8")):
        if row["oxidation_state"]:
            counts.setdefault(row["element"], {})[row["oxidation_state"]] = row["results_count"]
    return counts
