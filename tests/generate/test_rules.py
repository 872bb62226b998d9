"""Hard constraints as masks: exact against trying everything, none broken, the distribution kept."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from sekkei.core.errors import UserError
from sekkei.generate.materials import MEASURES, MaterialModel
from sekkei.generate.rules import CompositionGrammar, rules_to_learn
from sekkei.generate.sample import Sampling
from sekkei.materials.balance import BALANCED, balance_named
from sekkei.materials.codecs.composition import SPECIAL, CompositionCodec
from sekkei.materials.constraints import Constraints
from sekkei.materials.formula import composition, parse_formula
from sekkei.materials.oxidation import oxidation_states
from sekkei.materials.validity import judge
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.tokens import EOS

CODEC = CompositionCodec.standard()
MOST = 6


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MaterialModel:
    """An untrained network: it tries everything the masks let through."""
    torch.manual_seed(0)
    told = (*MEASURES, BALANCED)
    network = ConditionalGPT(CausalConfig(CODEC.size, 16, 1, 2, 24, told, (1.0,) * 4, (1.5,) * 4)).eval()
    folder = tmp_path_factory.mktemp("untrained")
    return MaterialModel("untrained", "0" * 12, network, CODEC, {"longest": 17}, "", folder)


def every(elements: tuple[str, ...]) -> list[dict[str, int]]:
    """Every formula of up to six atoms."""
    return [
        dict(zip(chosen, amounts, strict=True))
        for several in (1, 2, 3)
        for chosen in itertools.combinations(elements, several)
        for amounts in itertools.product(range(1, MOST + 1), repeat=several)
        if sum(amounts) <= MOST
    ]


def tokens(formula: dict[str, int]) -> list[int]:
    pairs = sorted((CODEC.places[symbol], amount) for symbol, amount in formula.items())
    return [token for place, amount in pairs for token in (SPECIAL + place, CODEC.first_amount + amount - 1)]


@pytest.mark.parametrize("profile", ["none", "charge_neutral", "electronegativity_balanced", "smact", "cdvae"])
@pytest.mark.parametrize("elements", [("Fe", "Ni", "O"), ("H", "Ru", "P", "O"), ("Li", "N", "Cl", "S")])
def test_the_masks_let_through_exactly_what_the_profile_finds_valid(profile: str, elements: tuple[str, ...]) -> None:
    grammar = CompositionGrammar(CODEC, Constraints(elements, max_atoms=MOST, max_elements=3, profile=profile))
    rules = balance_named(profile)
    wrong = [
        formula
        for formula in every(elements)
        if grammar.accepts(tokens(formula)) != (rules is None or judge(composition(formula), rules).valid)
    ]
    assert wrong == []


def mixes(formula: dict[str, int]) -> bool:
    """Neutral with states of one sign for the atoms of each element, by trying all."""
    table = oxidation_states("smact14")
    sums = {0}
    for symbol, amount in formula.items():
        charges = {
            sum(states)
            for sign in (1, -1)
            for states in itertools.combinations_with_replacement([q for q in table[symbol] if q * sign > 0], amount)
        }
        sums = {total + charge for total in sums for charge in charges}
    return 0 in sums


def test_mixed_valence_is_exact_too() -> None:
    elements = ("Fe", "Mn", "O")
    wanted = Constraints(elements, max_atoms=MOST, max_elements=3, profile="charge_neutral", mixed_valence=True)
    grammar = CompositionGrammar(CODEC, wanted)
    assert all(grammar.accepts(tokens(formula)) == mixes(formula) for formula in every(elements))
    magnetite = CODEC.encode("Fe3O4")
    assert CompositionGrammar(CODEC, Constraints(mixed_valence=True)).accepts(magnetite)
    assert not CompositionGrammar(CODEC, Constraints()).accepts(magnetite)


@pytest.mark.parametrize(
    "wanted",
    [
        Constraints(exclude=("Pb", "Cd", "O"), max_elements=4),
        Constraints(contains=("Li", "O"), max_atoms=20, profile="charge_neutral"),
        Constraints(system="Li-P-S"),
        Constraints(pattern="ABX3", profile="electronegativity_balanced"),
        Constraints(pattern="A2B2X6", contains=("O",), mixed_valence=True),
        Constraints(("Na", "K", "Cl", "Br", "O", "S"), min_elements=3, max_elements=3, max_atoms=12),
        Constraints(contains=("Fe",), min_elements=2, mixed_valence=True, profile="charge_neutral"),
        Constraints(profile="cdvae", max_elements=2),
    ],
)
def test_no_sample_breaks_a_constraint(model: MaterialModel, wanted: Constraints) -> None:
    conditions = np.full((300, len(model.properties)), np.nan)
    drawn = model.draw(conditions, 0, settings=Sampling(temperature=2.0), constraints=wanted)
    assert [word for draw in drawn if (word := wanted.broken(parse_formula(draw.text)))] == []


class Written:
    """A network in a table: random probabilities of the next token after each prefix."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def after(self, prefix: tuple[int, ...]) -> np.ndarray:
        random = np.random.default_rng([self.seed, *prefix])
        weights = random.exponential(size=CODEC.size)
        return weights / weights.sum()


def test_at_each_step_the_distribution_is_the_networks_own_renormalised_over_what_can_be_completed() -> None:
    """The masks against a reference that knows no dynamic programming: all complete formulas written down."""
    elements = ("Li", "Fe", "O")
    wanted = Constraints(elements, max_atoms=MOST, max_elements=3, profile="charge_neutral")
    grammar, network = CompositionGrammar(CODEC, wanted), Written(0)
    rules = balance_named("charge_neutral")
    complete = [(*tokens(f), EOS) for f in every(elements) if judge(composition(f), rules).valid]
    prefixes = {one[:length] for one in complete for length in range(len(one))}
    for prefix in prefixes:
        state = grammar.start(1)
        for token in prefix:
            state = grammar.advance(state, np.array([token]))
        masked = network.after(prefix) * grammar.allowed(state)[0]
        reference = np.zeros(CODEC.size)
        for token in {one[len(prefix)] for one in complete if one[: len(prefix)] == prefix}:
            reference[token] = network.after(prefix)[token]
        assert np.allclose(masked / masked.sum(), reference / reference.sum())


@pytest.mark.parametrize(
    "wanted",
    [
        Constraints(contains=("O",), max_atoms=12),
        Constraints(pattern="A2B2X6", mixed_valence=True, profile="charge_neutral"),
        Constraints(profile="none", min_elements=2),
    ],
)
def test_one_token_is_judged_as_all_of_them_are(wanted: Constraints) -> None:
    masks, single = CompositionGrammar(CODEC, wanted), CompositionGrammar(CODEC, wanted)
    random, every_token = np.random.default_rng(0), np.arange(CODEC.size)
    at = masks.start(40), single.start(40)
    for _ in range(8):
        allowed = masks.allowed(at[0])
        one_by_one = [single.permits([prefix] * CODEC.size, every_token) for prefix in at[1]]
        assert (allowed == one_by_one).all()
        chosen = np.array([random.choice(np.flatnonzero(row)) for row in allowed])
        at = masks.advance(at[0], chosen), single.advance(at[1], chosen)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Constraints(exclude=("Xx",)), "no element 'Xx'"),
        (Constraints(contains=("li",)), "did you mean Li"),
        (Constraints(contains=("Li",), exclude=("Li",)), "required and excluded"),
        (Constraints(("O",), contains=("Li",)), "not allowed"),
        (Constraints(system="Li-Na", profile="electronegativity_balanced"), r"none is balanced.*Li \+1; Na"),
        (Constraints(system="Li-P-S", max_elements=2), "3 elements are required"),
        (Constraints(pattern="ABx3"), "cannot be read as a formula type"),
        (
            Constraints(pattern="A97B31", profile="electronegativity_balanced", elements=("Na", "Cl")),
            "none is balanced",
        ),
        (Constraints(profile="cdvea"), "did you mean 'cdvae'"),
        (Constraints(min_elements=4, max_elements=3), "above"),
        (Constraints(system="Li-P", elements=("Li",)), "names the elements already"),
    ],
)
def test_what_cannot_be_met_is_refused_before_sampling(wanted: Constraints, words: str) -> None:
    with pytest.raises(UserError, match=words):
        CompositionGrammar(CODEC, wanted)


def test_a_network_learns_the_form_always_and_balance_where_it_is_told_to():
    chosen, wished = rules_to_learn(CODEC), np.array([[2.0, -1.0, 0.0, np.nan], [np.nan, np.nan, np.nan, 0.0]])
    lopsided, salt = (CODEC.encode(text) for text in ("NaCl2", "NaCl"))
    told = []
    for seed in range(40):
        told_so, grammar = chosen(wished, np.random.default_rng(seed))
        assert np.array_equal(told_so[:, :3], wished[:, :3], equal_nan=True)
        assert grammar.accepts(salt)
        assert not grammar.accepts(salt[:-1])
        balanced = bool((told_so[:, 3] == 1).all())
        assert balanced or np.isnan(told_so[:, 3]).all()
        assert grammar.accepts(lopsided) != balanced
        told.append(balanced)
    assert 8 < sum(told) < 32
