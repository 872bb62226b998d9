"""Our Muon takes the steps of PyTorch's, whose products are of half the precision."""

from __future__ import annotations

from copy import deepcopy

import torch

from sekkei.train.muon import Muon, orthogonal


def test_steps_are_those_of_pytorch_but_for_rounding() -> None:
    torch.manual_seed(0)
    ours = [torch.nn.Parameter(torch.randn(shape)) for shape in ((24, 60), (60, 24), (30, 30), (24, 60))]
    theirs = [torch.nn.Parameter(one.detach().clone()) for one in ours]
    muon = Muon(ours, 0.01, steps=3)
    reference = torch.optim.Muon(
        theirs, lr=0.01, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw", ns_steps=3
    )
    begun = [one.detach().clone() for one in ours]
    for _ in range(6):
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        muon.step()
        reference.step()
    for one, other, first in zip(ours, theirs, begun, strict=True):
        moved = (other - first).norm()
        assert (one - other).norm() < 0.01 * moved
        assert moved > 0


def test_directions_come_out_alike_whichever_side_is_longer() -> None:
    torch.manual_seed(0)
    wide = torch.randn(3, 8, 20)
    singular = torch.linalg.svdvals(orthogonal(wide, 5))
    assert ((singular > 0.6) & (singular < 1.3)).all()
    torch.testing.assert_close(orthogonal(wide.mT, 5), orthogonal(wide, 5).mT)


def test_a_matrix_without_a_gradient_stays_and_a_stopped_run_goes_on_alike() -> None:
    torch.manual_seed(0)
    kept, moved = torch.nn.Parameter(torch.ones(4, 4)), torch.nn.Parameter(torch.ones(4, 4))
    muon = Muon([kept, moved], 0.1, steps=3)
    moved.grad = torch.randn(4, 4)
    muon.step()
    assert torch.equal(kept, torch.ones(4, 4))
    again = torch.nn.Parameter(moved.detach().clone())
    resumed = Muon([torch.nn.Parameter(torch.ones(4, 4)), again], 0.1, steps=3)
    resumed.load_state_dict(deepcopy(muon.state_dict()))
    moved.grad = torch.randn(4, 4)
    again.grad = moved.grad.clone()
    muon.step()
    resumed.step()
    assert torch.equal(again, moved)
