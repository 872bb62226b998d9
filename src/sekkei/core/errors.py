"""Errors a person can act on, and the exit codes of the command line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

EXIT_OK = 0
EXIT_USER_ERROR = 2
EXIT_PARTIAL = 3


class UserError(Exception):
    """Something the user can put right.

    Attributes:
        what: what is wrong, in one sentence.
        where: the option, file or field that is meant.
        hint: what to do about it.
    """

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        """Keep the three parts; ``str()`` joins them in one line."""
        self.what, self.where, self.hint = what, where, hint
        super().__init__(self.__str__())

    def __str__(self) -> str:
        """One line: where, what, hint."""
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.what}{advice}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them where none is near."""
    words = sorted(known)
    near = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(words)}"
