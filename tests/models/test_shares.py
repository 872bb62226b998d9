import pytest
import torch

from sekkei.models.conditions import FREQUENCIES, Remainder
from sekkei.models.shares import CONTEXT, RANK, Closing, Missing, TokenShares

VOCABULARY, PROPERTIES = 7, 2
TOKENS = torch.tensor([[1, 3, 5, 4, 3], [1, 6, 3, 0, 0]])


@pytest.fixture
def shares() -> TokenShares:
    """Shares that depend on what stands before a token."""
    torch.manual_seed(0)
    made = TokenShares(VOCABULARY, PROPERTIES)
    made.begin_with(torch.randn(VOCABULARY, PROPERTIES))
    torch.nn.init.normal_(made.query.weight, std=0.1)
    return made


def test_before_it_is_fitted_each_token_adds_what_it_adds_on_average() -> None:
    begun = TokenShares(5, PROPERTIES)
    begun.begin_with(torch.tensor([[9.0, 9.0], [-1.0, 0.5], [9.0, 9.0], [0.25, 0.0], [0.5, 1.0]]))
    sums = begun(torch.tensor([[1, 3, 4, 0]])).sums[0]
    assert torch.allclose(sums, torch.tensor([[-1.0, 0.5], [-0.75, 0.5], [-0.25, 1.5], [-0.25, 1.5]]))


def test_sums_are_alike_at_once_and_step_by_step(shares: TokenShares) -> None:
    whole = shares(TOKENS)
    before = None
    for position in range(TOKENS.shape[1]):
        part = shares(TOKENS[:, position : position + 1], before)
        before = part.after
        assert torch.allclose(part.sums[:, 0], whole.sums[:, position], atol=1e-5)
        assert torch.allclose(part.queries[:, 0], whole.queries[:, position], atol=1e-5)
    assert before is not None
    assert torch.allclose(before, whole.after, atol=1e-5)
    assert before.shape == (2, PROPERTIES + CONTEXT)


def test_the_share_looked_ahead_to_is_the_share_that_comes(shares: TokenShares) -> None:
    standing = shares(TOKENS)
    for position in range(TOKENS.shape[1] - 1):
        ahead = standing.queries[:, position] @ shares.brings.weight.T
        came = standing.sums[:, position + 1] - standing.sums[:, position]
        looked = ahead.gather(2, TOKENS[:, position + 1, None, None].expand(-1, PROPERTIES, 1)).squeeze(2)
        assert torch.allclose(came, looked, atol=1e-5)


def test_closing_is_bayes_rule_for_the_next_token(shares: TokenShares) -> None:
    closing = Closing(PROPERTIES, width=1)
    queries = shares(TOKENS).queries
    left = torch.tensor([0.5, -0.3]).expand(*TOKENS.shape, -1)
    hidden = torch.ones(*TOKENS.shape, 1)
    brings = shares.brings.weight
    assert not closing(hidden, Missing(left, queries), brings).any()
    strength, push = torch.tensor([3.0, 0.7]), torch.tensor([0.2, -0.1])
    with torch.no_grad():
        closing.weigh.weight.copy_(torch.cat([strength, push])[:, None])
    steps = queries @ brings.T
    slow = (-strength[:, None] * (left[..., None] - steps) ** 2 + push[:, None] * steps).sum(-2)
    fast = closing(hidden, Missing(left, queries), brings)
    assert torch.allclose(fast - fast[..., :1], slow - slow[..., :1], atol=1e-4)


def test_what_is_not_asked_for_weighs_nothing(shares: TokenShares) -> None:
    closing = Closing(PROPERTIES, width=1)
    torch.nn.init.ones_(closing.weigh.weight)
    queries = shares(TOKENS).queries
    hidden = torch.ones(*TOKENS.shape, 1)
    free = torch.full((*TOKENS.shape, PROPERTIES), float("nan"))
    assert not closing(hidden, Missing(free, queries), shares.brings.weight).any()
    first = free.clone()
    first[..., 0] = 0.4
    changed = queries.clone()
    changed[..., 1, :] += 1.0
    one = closing(hidden, Missing(first, queries), shares.brings.weight)
    assert torch.allclose(one, closing(hidden, Missing(first, changed), shares.brings.weight), atol=1e-5)


def test_the_remainder_begins_at_zero_and_tells_given_from_free() -> None:
    features = 1 + 2 * len(FREQUENCIES)
    remainder = Remainder(2, width=2 * features)
    left = torch.tensor([[[2.0, float("nan")]]])
    assert not remainder(left).any()
    torch.nn.init.eye_(remainder.project.weight)
    out = remainder(left)[0, 0]
    assert float(out[0]) == 2.0
    assert out[:features].all()
    assert not out[features:].any()
    assert RANK >= PROPERTIES
