"""Verbs of two domains whose first word may be left out where the options tell it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperGroup


class Told(TyperGroup):
    """``sekkei finetune --model matbert ...`` for ``sekkei finetune materials --model matbert ...``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the domain before options that stand where it should."""
        if args and args[0].startswith("-") and "--help" not in args:
            from sekkei.data.domains import domain_meant

            data = _given(args, "--data")
            args = [
                domain_meant(_given(args, "--model"), Path(data) if data else None, _given(args, "--column")),
                *args,
            ]
        return super().parse_args(ctx, args)


def _given(args: Sequence[str], option: str) -> str | None:
    for place, word in enumerate(args):
        if word == option:
            return args[place + 1] if place + 1 < len(args) else None
        if word.startswith(f"{option}="):
            return word.removeprefix(f"{option}=")
    return None
