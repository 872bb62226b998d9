"""The training run of a latent diffusion model: autoencoder, vectors, denoiser, folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from sekkei.core.errors import UserError
from sekkei.core.types import Floats
from sekkei.models.checkpoint import load_checkpoint
from sekkei.models.diffusion import DenoiserConfig
from sekkei.models.latent import LatentConfig, LatentDecoder
from sekkei.models.latent_diffusion import LatentDiffusion, LatentDiffusionConfig
from sekkei.models.tokens import EOS
from sekkei.train.diffuse import Averaged, denoising
from sekkei.train.latent import encoded, reconstruction
from sekkei.train.log import json_lines, line
from sekkei.train.loop import Plan, Progress, train
from sekkei.train.run import Run
from sekkei.train.shares import Fit, fit_shares
from sekkei.train.subject import Subject
from sekkei.train.sums import property_shares

AUTOENCODER, DENOISER = "state.pt", "denoiser.pt"
MEASURED = 2000
"""Held-out sequences that reconstruction is measured on."""

Decode = Callable[[LatentDiffusion, Floats], list[list[int]]]
"""The sequences that vectors (n, size) stand for."""


def train_diffusion(
    subject: Subject,
    out: Path,
    run: Run,
    denoise: Plan,
    decode: Decode,
    *,
    say: Callable[[str], None] = print,
) -> Path:
    """Train a latent diffusion model: autoencoder → vectors of all sequences → denoiser → save.

    Args:
        subject: what is learned.
        out: folder of the model; it also keeps the states and logs of both parts.
        run: its plan is that of the autoencoder, its start a model to go on from; :meth:`Run.begin` has been called.
        denoise: plan of the denoiser.
        decode: writes out vectors, to measure what comes back.
        say: called with one line per step.

    Returns:
        The model folder.
    """
    network = _begun(subject, run.start)
    if not (out / AUTOENCODER).exists():
        _fit_shares(network.decoder, subject, run.plan.seed, say)
    say(f"learning to read and write {len(subject.rows):,} {subject.things}, {len(subject.held_out):,} held out")
    course = reconstruction(
        subject.encoded, subject.rows, network.config.autoencoder, subject.shape.noise, subject.spread,
        subject.shape.mixed,
    )  # fmt: skip
    log = json_lines(out / "log.jsonl", lambda entry: say(line(entry, run.plan.total, subject.things)))
    first = train(network.autoencoder, course, run.plan, out / AUTOENCODER, log)
    network.autoencoder.eval()
    second = _denoise(network, subject, out, denoise, say)
    both = Progress(first.step, first.seen, first.seconds + second.seconds)
    back = _reconstructed(network, subject, decode)
    record = {
        **run.record(both, Progress()),
        "kind": "latent diffusion",
        "denoised": second.seen,
        "shown": len(subject.rows),
        "held_out": len(subject.held_out),
        "reconstructed": back,
        "doubt": network.config.doubt,
        "longest": int(subject.encoded.lengths.max()) + 1,
        "unseen": sorted({*range(EOS + 1, subject.vocabulary)} - {*np.unique(subject.encoded.tokens).tolist()}),
    }
    subject.finish(network, record)
    return out


def _begun(subject: Subject, start: Path | None) -> LatentDiffusion:
    """An untrained model of the subject's shape, or one that goes on from the weights of another.

    Of one whose denoiser has seen nothing yet only the autoencoder is taken. The encoder learns no more, so that the
    vectors stay what they were and a denoiser of them keeps its worth.
    """
    fresh = _untrained(subject)
    if start is None:
        return fresh
    before = load_checkpoint(start)
    network = before.network
    if not isinstance(network, LatentDiffusion):
        raise UserError("is no latent diffusion model", str(start), "start from one that --kind diffusion made")
    if network.config.vocabulary != subject.vocabulary or network.config.properties != subject.properties:
        raise UserError(f"was not trained on {subject.things}", str(start), "start from a model of the same kind")
    made = network.train() if before.training.get("denoised") else _with_autoencoder(fresh, network)
    made.autoencoder.encoder.requires_grad_(False)
    return made


def _with_autoencoder(fresh: LatentDiffusion, before: LatentDiffusion) -> LatentDiffusion:
    """An untrained denoiser for the autoencoder of another model; its decoder is told what it was not told yet."""
    told = {name: getattr(fresh.config.autoencoder, name) for name in ("properties", "centre", "scale")}
    autoencoder = replace(before.config.autoencoder, **told)
    made = LatentDiffusion(LatentDiffusionConfig(autoencoder, fresh.config.denoiser, fresh.config.doubt))
    made.autoencoder.load_state_dict(before.autoencoder.state_dict(), strict=False)
    return made


def _fit_shares(decoder: LatentDecoder, subject: Subject, seed: int, say: Callable[[str], None]) -> None:
    """Fit what each token adds to the properties, where the decoder is told them and has not learned it before."""
    if not decoder.config.properties or decoder.shares.brings.weight.any():
        return
    decoder.shares.begin_with(property_shares(subject.encoded, subject.rows, decoder.config)[0])
    fit_shares(decoder, subject.encoded, subject.rows, Fit.of(len(subject.rows), seed), say)


def _untrained(subject: Subject) -> LatentDiffusion:
    shape, (centre, scale) = subject.shape, subject.spread
    told = (subject.properties, centre, scale) if shape.doubt else ((), (), ())
    config = LatentDiffusionConfig(
        LatentConfig(
            subject.vocabulary,
            shape.width,
            shape.encoder,
            shape.decoder,
            shape.heads,
            subject.positions,
            shape.size,
            len(subject.properties) if shape.read else 0,
            *told,
        ),
        DenoiserConfig(
            shape.size, shape.wide, shape.deep, subject.properties, centre, scale, yes_or_no=subject.yes_or_no
        ),
        shape.doubt,
    )
    return LatentDiffusion(config)


def _denoise(network: LatentDiffusion, subject: Subject, out: Path, plan: Plan, say: Callable[[str], None]) -> Progress:
    """Train the denoiser on the standardised vectors of all sequences; the average of its weights is kept."""
    say("taking the vectors of all")
    vectors = encoded(network.autoencoder, subject.encoded, subject.rows)
    network.centre.copy_(torch.from_numpy(vectors.mean(axis=0)))
    network.scale.copy_(torch.from_numpy(vectors.std(axis=0)))
    vectors = network.standardise(torch.from_numpy(vectors)).numpy()
    both = Averaged(network.denoiser)
    course = denoising(vectors, subject.encoded.values[subject.rows], np.arange(len(vectors)))
    log = json_lines(out / "denoiser.jsonl", lambda entry: say(_told(entry, plan.total)))
    progress = train(both, course, plan, out / DENOISER, log)
    network.denoiser.load_state_dict(both.average.state_dict())
    network.denoiser.eval()
    return progress


def _reconstructed(network: LatentDiffusion, subject: Subject, decode: Decode) -> float:
    """Share of held-out sequences that come back token for token."""
    rows = np.sort(np.random.default_rng(0).permutation(subject.held_out)[:MEASURED])
    again = decode(network, encoded(network.autoencoder, subject.encoded, rows).astype(float))
    start = subject.encoded.offsets
    real = [subject.encoded.tokens[start[row] : start[row + 1]].tolist() for row in rows]
    return round(float(np.mean([one == other for one, other in zip(again, real, strict=True)])), 4)


def _told(entry: dict[str, float], total: int) -> str:
    left = (total - entry["seen"]) / max(entry["per_second"], 1e-9) / 60
    return (
        f"{entry['seen']:>12,.0f} of {total:,} noisy vectors  error {entry['nats']:.4f}  "
        f"{entry['per_second']:.0f}/s  {left:.0f} min left"
    )
