"""Lines of crystals, their tokens, and the rules of what may follow."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.codecs.wyckoff import WyckoffCodec, read_symmetric, symmetric_text, written
from sekkei.materials.codecs.wyckoff_grammar import WyckoffGrammar
from sekkei.materials.domain import CRYSTALS
from sekkei.materials.formula import parse_formula
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.structures import MATCHERS, symmetry
from sekkei.materials.symmetry.groups import space_group
from sekkei.materials.symmetry.sites import ORDER
from sekkei.testing import check_codec

RUTILE = "136 Ti:a O:f | 4.60 2.96 O@.305"
LINES = [
    RUTILE,
    "225 Na:a Cl:b | 5.64",
    "2 Li:i O:i | 4.60 2.96 5.00 90.1° 93.0° 77.5° Li@.305.100.200 O@.000.100.999",
    "47 K:a Og:A | 4.00 5.00 159.98 Og@.100.200.300",
]
CODEC = WyckoffCodec()


def sampled(grammar: WyckoffGrammar, count: int, seed: int) -> list[str]:
    """Lines of tokens drawn evenly among those allowed."""
    random = np.random.default_rng(seed)
    lines = []
    for _ in range(count):
        prefixes, tokens = grammar.start(1), []
        while not tokens or tokens[-1] != 2:
            tokens.append(int(random.choice(np.flatnonzero(grammar.allowed(prefixes)[0]))))
            prefixes = grammar.advance(prefixes, np.array(tokens[-1:]))
        lines.append(CODEC.decode(tokens))
    return lines


def test_the_promises_of_a_codec_hold():
    check_codec(CODEC, LINES)
    assert WyckoffCodec.from_json(CODEC.to_json()) == CODEC
    with pytest.raises(UserError, match="version"):
        WyckoffCodec.from_json('{"codec": "wyckoff", "version": 0}')


def test_rutile_is_read_as_rutile():
    item = CRYSTALS.parse(RUTILE)
    assert item.composition.formula == "TiO2"
    assert symmetry(item, 1e-6).number == 136
    assert np.linalg.norm(item.lattice, axis=1) == pytest.approx([4.6, 4.6, 2.96])
    # the shortest Ti-O bonds of rutile are 1.95 and 1.98 Angstrom
    assert np.sort(item.distances[0])[2:4] == pytest.approx([1.95, 1.98], abs=0.05)
    assert written(read_symmetric(RUTILE)) == RUTILE


def test_lines_and_tokens_of_known_structures(rocksalt, perovskite):
    assert symmetric_text(rocksalt) == "225 Na:a Cl:b | 5.64"
    assert symmetric_text(perovskite) == "221 Sr:a Ti:b O:c | 3.90"
    pieces = [CODEC.pieces[token] for token in CODEC.encode(RUTILE)]
    assert pieces == ["136", " Ti:", "a", " O:", "f", " |", " 4", ".60", " 2", ".96", " O@", ".30", "5"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Fe2O3", "syntax"),
        ("136 Ti:a O:f | 4.60 2.96 O@.3", "syntax"),
        ("136 Ti:a" * 5000, "syntax"),
        ("231 Ti:a | 4.60", "symmetry"),
        ("136 Ti:z O:f | 4.60 2.96 O@.305", "symmetry"),
        ("136 Ti:a O:a | 4.60 2.96", "symmetry"),
        ("136 Xx:a O:f | 4.60 2.96 O@.305", "element"),
        ("136 Ti:a O:f | 4.60 O@.305", "symmetry"),
        ("136 Ti:a O:f | 4.61 2.96 O@.305", "symmetry"),
        ("136 Ti:a O:f | 4.60 2.96 Ti@.305", "symmetry"),
        ("136 Ti:a O:f | 4.60 2.96 O@.305.305", "symmetry"),
        ("136 Ti:a O:f | 4.60 2.96", "symmetry"),
        ("14 Ti:a | 4.60 2.96 3.00 4.00", "symmetry"),
    ],
)
def test_what_is_no_crystal_says_why(text, kind):
    found = read_symmetric(text)
    assert isinstance(found, Problem)
    assert found.kind == kind


@pytest.mark.parametrize("text", ["", "Fe2O3", "136 Ti:a O:f | 4.61 2.96 O@.305", "136  Ti:a | 4.60 2.96"])
def test_what_has_no_tokens_is_refused(text):
    with pytest.raises(UserError, match="136 Ti:a"):
        CODEC.encode(text)


def test_whatever_the_grammar_allows_is_a_crystal_of_its_group():
    lines = sampled(WyckoffGrammar(CODEC, most_atoms=20), 60, seed=0)
    kinds = []
    for line in lines:
        assert CODEC.decode(CODEC.encode(line)) == line
        apart = read_symmetric(line)
        assert not isinstance(apart, Problem), line
        assert 1 <= apart.atoms <= 20
        assert list(apart.sites) == sorted(apart.sites, key=lambda site: site.order[:2])
        made = apart.crystal()
        kinds.append(made.kind if isinstance(made, Problem) else "crystal")
    assert set(kinds) <= {"crystal", "higher_symmetry"}
    assert kinds.count("crystal") >= 54


def test_wishes_for_elements_and_groups_are_kept():
    for line in sampled(WyckoffGrammar(CODEC, {"Li", "P", "S"}, {62, 225}, most_atoms=28), 20, seed=1):
        apart = read_symmetric(line)
        assert apart.group in (62, 225)
        assert {site.symbol for site in apart.sites} <= {"Li", "P", "S"}


@pytest.mark.parametrize(("elements", "groups"), [(set(), None), ({"Xx"}, None), (None, {231}), (None, set())])
def test_wishes_that_leave_nothing_are_refused(elements, groups):
    with pytest.raises(UserError):
        WyckoffGrammar(CODEC, elements, groups)


def test_crystals_of_mp20_come_back_and_follow_the_grammar(data_file):
    grammar, matcher = WyckoffGrammar(CODEC), MATCHERS["default"].matcher()
    rows = zip(range(40), read_crystals(data_file("crystals/mp20_structures.parquet")), strict=False)
    for item in [line.item for _, line in rows]:
        tokens = CODEC.encode(symmetric_text(item))
        prefixes = grammar.start(1)
        for token in [*tokens, 2]:
            assert grammar.permits(prefixes, np.array([token]))[0]
            prefixes = grammar.advance(prefixes, np.array([token]))
        assert matcher.fit(CRYSTALS.parse(CODEC.decode(tokens)).structure, item.structure)


@pytest.mark.parametrize(
    "grammar", [WyckoffGrammar(CODEC, groups={2, 62, 139}), WyckoffGrammar(CODEC, required=("O",), most_elements=2)]
)
def test_one_token_is_judged_as_all_of_them_are(grammar):
    random, every, prefixes = np.random.default_rng(0), np.arange(CODEC.size), grammar.start(8)
    for _ in range(30):
        allowed = grammar.allowed(prefixes)
        assert (allowed == [grammar.permits((prefix,) * len(every), every) for prefix in prefixes]).all()
        chosen = np.array([random.choice(np.flatnonzero(row)) for row in allowed])
        prefixes = grammar.advance(prefixes, chosen)


@pytest.mark.parametrize(
    ("formula", "groups"), [("SrTiO3", None), ("Li3PS4", {1, 31, 62}), ("NaCl", {47}), ("Al", {225})]
)
def test_a_composition_that_is_asked_for_always_comes_out(formula, groups):
    wanted = parse_formula(formula)
    grammar = WyckoffGrammar(CODEC, groups=groups, most_atoms=24, amounts=wanted.amounts, most_tokens=150)
    for line in sampled(grammar, 40, seed=2):
        assert len(CODEC.encode(line)) <= 150
        apart = read_symmetric(line)
        assert apart.composition == wanted
        assert groups is None or apart.group in groups


def test_every_way_to_place_a_composition_is_left_open():
    """Against trying all lines of sites: in P-1 and Pmmm two Na and two Cl."""
    for number in (2, 47):
        grammar = WyckoffGrammar(CODEC, groups={number}, most_atoms=4, amounts=(("Na", 1), ("Cl", 1)))
        assert written_sites(grammar) == placed(number, [1, 2])


def written_sites(grammar):
    """Every choice of letters that the grammar lets come to an end."""
    found, begun = set(), [grammar.start(1)]
    while begun:
        at = begun.pop()
        if at[0].stage:
            found.add(at[0].sites)
            continue
        nexts = np.flatnonzero(grammar.allowed(at)[0])
        assert len(nexts)
        begun += [grammar.advance(at, np.array([token])) for token in nexts]
    return found


def placed(number, several):
    positions = space_group(number).positions
    fixed = {letter for letter in positions if not positions[letter].free}
    order = sorted(positions, key=str.swapcase)
    found = set()
    for units in several:
        ways = [
            chosen
            for count in range(1, units + 1)
            for chosen in itertools.combinations_with_replacement(order, count)
            if sum(positions[letter].atoms for letter in chosen) == units
        ]
        for sodium, chlorine in itertools.product(ways, ways):
            alone = [letter for letter in sodium + chlorine if letter in fixed]
            if len(set(alone)) == len(alone):
                ranks = ORDER.index("Na"), ORDER.index("Cl")
                found.add(tuple((ranks[0], one) for one in sodium) + tuple((ranks[1], one) for one in chlorine))
    return found


def test_elements_that_are_required_always_come():
    grammar = WyckoffGrammar(CODEC, {"Li", "P", "S"}, None, 20, required=("Li", "P", "S"), most_tokens=90)
    for line in sampled(grammar, 60, seed=3):
        assert {site.symbol for site in read_symmetric(line).sites} == {"Li", "P", "S"}
        assert len(CODEC.encode(line)) <= 90
    with pytest.raises(UserError, match="space group"):
        WyckoffGrammar(CODEC, None, {225}, 2, required=("Li", "P", "S"))
    with pytest.raises(UserError, match="allowed"):
        WyckoffGrammar(CODEC, {"Li"}, required=("P",))


def test_no_more_elements_come_than_are_allowed():
    grammar = WyckoffGrammar(CODEC, most_atoms=40, required=("O",), most_elements=2)
    found = [{site.symbol for site in read_symmetric(line).sites} for line in sampled(grammar, 40, seed=4)]
    assert all("O" in symbols and len(symbols) <= 2 for symbols in found)
    assert any(len(symbols) == 2 for symbols in found)
    with pytest.raises(UserError, match="2 elements are required"):
        WyckoffGrammar(CODEC, required=("O", "Li"), most_elements=1)


def test_what_is_asked_for_stands_before_the_line():
    before = CODEC.ask((("O", 3), ("Sr", 1), ("Ti", 1)))
    assert [CODEC.pieces[token] for token in before] == ["<Sr>", "<1>", "<Ti>", "<1>", "<O>", "<3>"]
    assert CODEC.ask((("Ti", 1), ("O", 2)), exactly=False) == CODEC.ask((("Ti", 1), ("O", 2)))[::2]
    grammar = WyckoffGrammar(CODEC, groups={221}, before=tuple(before))
    prefixes, tokens = grammar.start(1), []
    for _ in range(7):
        tokens.append(int(np.flatnonzero(grammar.allowed(prefixes)[0])[0]))
        prefixes = grammar.advance(prefixes, np.array(tokens[-1:]))
    assert tokens[:6] == before
    assert CODEC.decode(tokens) == "221"
    with pytest.raises(UserError, match="53"):
        CODEC.ask((("O", 53),))
