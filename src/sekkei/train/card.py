"""The model card: what a model is, what it was trained on, how, and where it ends."""

from __future__ import annotations

from typing import Any


def model_card(name: str, training: dict[str, Any]) -> str:
    """Markdown of a model folder's README.md.

    Args:
        name: of the model.
        training: the record that becomes training.json.
    """
    ranges = "\n".join(f"| {p} | {low:g} | {high:g} |" for p, (low, high) in training["ranges"].items())
    sources = "\n".join(f"- {source}" for source in training["sources"])
    free, given = training["held_out_nats"]
    return f"""# {name}: SMILES under any subset of {len(training["ranges"])} properties

A GPT-2-type decoder with {training["parameters"]:,} parameters on {training["vocabulary"]} byte-pair tokens of SMILES.

## Data

{training["molecules"]:,} different molecules. This run shows {training["shown"]:,} of them and holds out
{training["held_out"]:,} of those new to the model it started from:

{sources}

Salts are stripped; molecules without carbon or with more than 60 heavy atoms are left out.

## Training

{training["seen"]:,} molecules seen ({training["seen"] / training["shown"]:.2f} epochs) in
{training["hours"]:.2f} h of wall time on {training["machine"]}; {training["recipe"]}.
Started from: {training["started_from"]}. All these runs together: {training["all_hours"]:.2f} h.

Held-out negative log-likelihood: {free:.2f} nats per molecule without conditions, {given:.2f} with all
properties given.

## What it covers

The range that holds 99.9 % of the training molecules; targets outside are refused unless asked for.

| property | from | to |
|---|---|---|
{ranges}

## Limits

It proposes structures of the kind it was trained on. Properties are hit with an error, so a design computes them
again for every candidate; nothing here says that a molecule can be made, is safe, or does what is hoped.
"""


_ORIGIN = """\
Materials Project: Jain et al., APL Materials 1, 011002, 2013, CC BY 4.0. Compositions of more than 128 atoms or 8
elements are left out. A composition may have any subset of labels. Band gaps are PBE. Formation energies are in the
frame of MP-20; older ones are moved there by a correction for elements. Magnetic moments are mean absolute site moments
as CHGNet 0.4.2 predicts them for MP-20 structures: a model's opinion."""

_FILLED = """ Labels that are missing
were filled in with what predictors tell that had learned the labels there are, by the recipes of the shipped ones; the
same predictors measured what the network wrote while it was refined. A design judges by such predictors too, so its own
predictions flatter this model: benchmarks/compositions judges it by others, which share no labelled formula with it."""

_LIMITS = """\
It proposes compositions like those computed so far, metals and hypothetical ones among them; not all are stable, and
none comes with a structure. Properties are hit with an error, so a design predicts them again for every candidate.
Nothing here says that a material can be made, is safe, or does what is hoped."""


def composition_card(name: str, training: dict[str, Any]) -> str:
    """Markdown of the README.md of a generator of compositions.

    Args:
        name: of the model.
        training: the record that becomes training.json.
    """
    ranges = labelled_ranges(training)
    sources = "\n".join(f"- {source}" for source in training["sources"])
    free, given = training["held_out_nats"]
    return f"""# {name}: inorganic compositions under any subset of {len(training["ranges"])} properties

A GPT-2-type decoder with {training["parameters"]:,} parameters on element and amount tokens.

## Data

{training["compositions"]:,} different compositions, {training["held_out"]:,} of them, whole chemical systems, held out:

{sources}

{_ORIGIN}{_FILLED if training.get("filled") else ""}

## Training

{training["seen"]:,} compositions seen ({training["seen"] / training["compositions"]:.1f} epochs) in
{training["hours"]:.2f} h of wall time on {training["machine"]}; {training["recipe"]}.
Started from: {training["started_from"]}. All these runs together: {training["all_hours"]:.2f} h.

Held-out negative log-likelihood: {free:.2f} nats per composition without conditions, {given:.2f} with the labels
there are.

## What it covers

The range that holds 99.9 % of the labelled compositions; targets outside are refused unless asked for.

| property | from | to | labelled |
|---|---|---|---|
{ranges}

## Limits

{_LIMITS}
"""


def labelled_ranges(training: dict[str, Any]) -> str:
    """Rows of a card's table: each property, its range, and how many are labelled with it."""
    return "\n".join(
        f"| {p} | {low:g} | {high:g} | {training['labelled'][p]:,} |" for p, (low, high) in training["ranges"].items()
    )


def diffusion_card(name: str, training: dict[str, Any]) -> str:
    """Markdown of the README.md of a latent diffusion model.

    Args:
        name: of the model.
        training: the record that becomes training.json.
    """
    ranges = "\n".join(f"| {p} | {low:g} | {high:g} |" for p, (low, high) in training["ranges"].items())
    sources = "\n".join(f"- {source}" for source in training["sources"])
    things = "compositions" if training.get("domain") == "materials" else "molecules"
    return f"""# {name}: {things} by latent diffusion under any subset of {len(training["ranges"])} properties

An autoencoder of token sequences and a denoiser of its vectors, {training["parameters"]:,} parameters together.

## Data

It learns from {training["shown"]:,} {things}; {training["held_out"]:,} are held out.

{sources}

## Training

{training["seen"]:,} {things} seen by the autoencoder and {training["denoised"]:,} noisy vectors by the denoiser, in
{training["hours"]:.2f} h of wall time on {training["machine"]}; {training["recipe"]}.
Started from: {training["started_from"]}. All these runs together: {training["all_hours"]:.2f} h.

{training["reconstructed"]:.1%} of held-out {things} come back token for token from their own vectors.{_doubt(training)}

## What it covers

The range that holds 99.9 % of the labels; targets outside are refused unless asked for.

| property | from | to |
|---|---|---|
{ranges}

## Limits

It proposes {things} like those it learned from. Properties are hit with an error, so a design judges every candidate
again; nothing here says that one can be made, is safe, or does what is hoped.
"""


def _doubt(training: dict[str, Any]) -> str:
    if not training.get("doubt"):
        return ""
    return f"""
The decoder is told how much noise a vector holds: none in these, {training["doubt"]:g} standard deviations in what the
denoiser makes. The more it is told, the more of what it writes is valid, and the fewer vectors come back as they were
(`benchmarks/diffusion`)."""


_PRETEXTS = {"masked": "hidden tokens", "contrastive": "pairs of views", "descriptors": "descriptors"}
_UNTAUGHT = "It knows what stands beside what in known {things}, and no property"
_COMPUTED = """It has seen no measurement, but computed descriptors, Crippen's logP among them, of all these molecules;
many stand in published benchmarks, too"""


def encoder_card(name: str, training: dict[str, Any]) -> str:
    """Markdown of the README.md of an encoder.

    Args:
        name: of the encoder.
        training: the record that becomes training.json.
    """
    kind = "BERT on compositions" if training["domain"] == "materials" else "RoBERTa on SMILES"
    kind = "D-MPNN on molecular graphs" if "descriptors" in training["tasks"] else kind
    sources = "\n".join(f"- {source}" for source in training["sources"])
    words = {
        "loss": "mean loss {:.3f} nats",
        "right": "{:.1%} of the hidden tokens guessed right",
        "told": "{:.1%} of the variance of the descriptors told",
        "objective": "{:.3f} left of what was minimised",
    }
    measured = "; ".join(words[key].format(value) for key, value in training["measured"].items())
    return f"""# {name}: {kind}, pre-trained on {" and ".join(_PRETEXTS[one] for one in training["tasks"])}

{training["parameters"]:,} parameters. It turns {training["things"]} into vectors; `sekkei finetune` teaches it a
property.

## Data

{training["objects"]:,} different {training["things"]}, {training["held_out"]:,} of them held out. No label was read.

{sources}

## Training

{training["seen"]:,} {training["things"]} seen in {training["hours"]:.2f} h of wall time on {training["machine"]};
{training["recipe"]}.

On held-out {training["things"]}: {measured or "not measured, too few"}.

## Limits

{_COMPUTED if "descriptors" in training["tasks"] else _UNTAUGHT.format(**training)}. Whether that helps a property is
measured by `sekkei compare`, not promised.
"""


def adopted_card(name: str, training: dict[str, Any]) -> str:
    """Markdown of the README.md of a generator that was fine-tuned on structures of one's own.

    Args:
        name: of the model.
        training: the record that becomes training.json.
    """
    before, after = training["held_out_nats_before"][0], training["held_out_nats"][0]
    things = "compositions" if training.get("domain") == "materials" else "molecules"
    ranges = "\n".join(f"| {p} | {low:g} | {high:g} |" for p, (low, high) in training["ranges"].items())
    return f"""# {name}: {things} of your own, by {training["started_from"]} fine-tuned

{training["trained_parameters"]:,} of {training["parameters"]:,} parameters were trained by {training["method"]} on
{training["shown"]:,} {things} of {training["data"]}; {training["left_out"]:,} that the model can't write were left out.

Of {training["held_out"]:,} more that it was not shown it loses {after:.2f} nats each without conditions, the model it
was made from {before:.2f}. {training["recipe"]}.

## What it covers

The range of the model it was made from and of what it was shown; targets outside are refused unless asked for.

| property | from | to |
|---|---|---|
{ranges}

## Limits

It writes what resembles its examples, of which there may be few: look for repetitions. What the model it was made from
cannot do, it can't either.
"""
