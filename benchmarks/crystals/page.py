"""The page of results of generated crystals, made from the raw output alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.crystals.raw import summary
from benchmarks.crystals.sun import METASTABLE
from benchmarks.record import line_of, number, table, with_spread, write_page

HERE = Path(__file__).parent / "generated"


def write(folder: Path, results: Sequence[dict[str, Any]]) -> None:
    """Write RESULTS.md of everything that was measured."""
    write_page(folder, "Generated crystals", [_PARTS[one["part"]](one) + "\n\n" + line_of(one) for one in results])


def _raw(result: dict[str, Any]) -> str:
    rows = [[name, *(with_spread(pair) for pair in pairs)] for name, pairs in summary(result["ways"])]
    about = (
        f"{result['n']:,} attempts per seed without targets, at the usual temperature of "
        f"{result['temperature']:g}, but the network alone, and once the grammar, at 1; mean ± standard deviation "
        "over the seeds. What cannot be "
        "read fails the rules of validity (CDVAE's: atoms at least 0.5 Angstrom apart, volume at least 0.1 cubic "
        "Angstrom; charges and electronegativities by SMACT). Unique: of the readable, by pymatgen's StructureMatcher "
        "with its defaults; novel: no match among the training crystals of MP-20 and MPTS-52. The codec's "
        "grammar lets only lines be written that are crystals; the masks also keep the last free coordinate of a site "
        "clear of the atoms there are; charges are no mask: `drawn again` replaces what breaks either, "
        "as `sekkei generate --profile cdvae` does, and what breaks LeMat-GenBench's distances, volumes or densities."
    )
    parts = ["## Raw samples", about, table(["figure", *result["ways"]], rows)]
    if "violations" in result:
        broken = [
            [name, f"{one['attempts']:,}", str(one["broken"]), str(one["unreadable"])]
            for name, one in result["violations"].items()
        ]
        parts += [
            "Attempts that break a constraint that was asked for; those that are no crystal are never delivered:",
            table(["constraint", "attempts", "broken", "no crystal"], broken),
        ]
    return "\n\n".join(parts)


def _sun(result: dict[str, Any]) -> str:
    sources = result["sources"]
    names = [name for name in next(iter(sources.values())) if name not in ("interval", "novel and unique", "crystals")]
    rows = [[name, *(_figure(one[name]) for one in sources.values())] for name in names]
    ends = [f"{one['interval'][0]:.3f} to {one['interval'][1]:.3f}" for one in sources.values()]
    about = (
        f"The first {result['n']} unique attempts of each source that match no training crystal, relaxed by CHGNet "
        f"({result['limits']}). Stable: at most {METASTABLE:g} eV/atom above the hull of CHGNet's own energies of "
        f"{result['hull']:,} known formulas. `Of all attempts` is the share of all that were drawn to find them. "
        "`Without a place` are those that broke off and those of elements CHGNet was not trained on, such as Po and "
        "Am, which random prototypes hold most; they count as not stable. Training crystals are known, so of these the "
        "share is of unique ones. The network is sampled at temperature 1. CHGNet judges its own relaxations: these "
        "figures are never to be compared with S.U.N. by density functional theory."
    )
    rows.append(["95 % interval of stable, unique and novel", *ends])
    return "\n\n".join(["## S.U.N. by CHGNet", about, table(["figure", *sources], rows)])


def _screen(result: dict[str, Any]) -> str:
    rows = []
    for name, one in result["sources"].items():
        ends = [f"{one[way]['found']} ({_per(one[way]['interval'])})" for way in _WAYS]
        alone = one["first of the pool"]["found"]
        gain = number(one["screened"]["found"] / alone) if alone else "–"
        rows.append([name, *ends, gain, *(str(one[way][_ON_HULL]) for way in _WAYS), _steps(one["steps"])])
    about = (
        f"{result['pool']:,} attempts of each source, of the network at temperature 1; "
        f"{result['relaxations']} of them may be relaxed. Found: at most "
        f"{METASTABLE:g} eV/atom above the hull of {result['hull']:,} formulas, unique and matching no training "
        "crystal once relaxed; with the 95 % interval. `Screened` is the screen and selection of `sekkei design "
        "materials`, the same for all; `first of the pool` relaxes the first different attempts as they come. `On the "
        "hull`: of those found, the ones that no known phases are below, as far as the hull knows phases. No source "
        f"can find more than {result['relaxations']}: where the screen comes near, the count no longer tells sources "
        "apart, and what lies on the hull still does."
    )
    headings = ["source", "screened", "first of the pool", "gain of the screen", "screened, on the hull",
                "first, on the hull", "left after each step"]  # fmt: skip
    parts = ["## What the relaxations find", about, table(headings, rows)]
    if ratios := _ratios(result["sources"]):
        parts += [
            "How many times as many one source finds as another:",
            table(["", *_WAYS, *(f"{way}, on the hull" for way in _WAYS)], ratios),
        ]
    return "\n\n".join(parts)


def _ratios(sources: dict[str, Any]) -> list[list[str]]:
    """Each source against random prototypes and against ion substitution; training crystals are no discovery."""
    rivals = [name for name in sources if name.startswith(("random", "ion"))]
    pairs = [(name, rival) for name in sources for rival in rivals if name != rival and not name.startswith(_NO_RIVAL)]
    figures = [(way, figure) for figure in ("found", _ON_HULL) for way in _WAYS]
    return [[f"{name} / {rival}", *(_ratio(sources, name, rival, *one) for one in figures)] for name, rival in pairs]


def _ratio(sources: dict[str, Any], name: str, rival: str, way: str, figure: str) -> str:
    below = sources[rival][way][figure]
    return number(sources[name][way][figure] / below, 3) if below else "–"


_WAYS = ("screened", "first of the pool")
_ON_HULL = "on or below the hull"
_NO_RIVAL = ("random", "training")


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else number(value)


def _per(ends: Sequence[float]) -> str:
    return f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f} %"


def _steps(steps: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{one['step']} {one['kept']:,}" for one in steps)


def _csp(result: dict[str, Any]) -> str:
    rows = [
        ["in 1", number(result["match rate in 1"]), _per(result["interval in 1"])],
        [f"in {result['tries']}", number(result["match rate in all"]), _per(result["interval in all"])],
    ]
    about = (
        f"{result['compositions']} structures of the validation split of MP-20, attempted at the "
        f"usual temperature of {result['temperature']:g}; the reduced formula is given, not the number of atoms of the "
        "cell, which the published methods are told. Match: StructureMatcher with 0.3, 0.5, 10 "
        f"degrees (CDVAE, DiffCSP). Mean distance of the best match {number(result['rms of the best'])}, in units of "
        f"(volume per atom)^(1/3). {result['refused']} formulas were refused and count as not matched."
    )
    return "\n\n".join(["## Structures of given compositions", about, table(["attempts", "match rate", "95 %"], rows)])


def _bias(result: dict[str, Any]) -> str:
    unrelaxed = result["unrelaxed"]
    rows = [[f"{unrelaxed['references']} references relaxed", *(_shift(unrelaxed[key]) for key in _SPREAD)]]
    for part, one in result["missing"].items():
        rows.append([f"{part} of the references left out", *(_shift(one[key]) for key in _SPREAD)])
    about = (
        "By how much the hull lies too high [eV/atom], which flatters every figure above: what relaxing training "
        "crystals from their published geometry gains, and by how much the decomposition energy of known materials "
        "falls when references are left out at random."
    )
    return "\n\n".join(["## Bias of the hull", about, table(["", "mean", "median", "95th percentile"], rows)])


def _shift(value: float) -> str:
    return number(value) if abs(value) > _ROUNDING else "0"


_ROUNDING = 1e-9  # eV/atom
_SPREAD = ("mean", "median", "95 %")
_PARTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "raw": _raw, "sun": _sun, "screen": _screen, "csp": _csp, "bias": _bias,
}  # fmt: skip
