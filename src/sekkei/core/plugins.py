"""Load a user's own evaluator, named ``package.module:object``."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.evaluators import FunctionEvaluator
from sekkei.core.protocols import Evaluator
from sekkei.core.types import Measure


def is_plugin(name: str) -> bool:
    """Whether a name means a user's object rather than a built-in evaluator."""
    return ":" in name


def load_evaluator(name: str, where: str = "evaluators") -> Evaluator[Any]:
    """Load an evaluator, or wrap a plain function ``item -> value`` or ``item -> (value, note)`` as one.

    Modules are looked for where Python looks and in the current folder.

    Args:
        name: ``package.module:object``.
        where: what an error message points at.

    Raises:
        UserError: malformed name, no such module or object, an error while importing, or not an evaluator.
    """
    module_name, _, attribute = name.partition(":")
    place = f"{where} '{name}'"
    if not module_name or not attribute.isidentifier():
        raise UserError("is no name of an evaluator", place, "write package.module:object")
    found = _attribute(module_name, attribute, place)
    if inspect.isfunction(found):
        return FunctionEvaluator(Measure(found.__name__, title=_title(found)), found, _version(found))
    if not inspect.isclass(found) and isinstance(found, Evaluator):
        return found
    raise UserError("is neither a function nor an evaluator", place, "decorate a function with sekkei's @evaluator")


def _attribute(module_name: str, attribute: str, place: str) -> object:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise UserError(f"no module named '{error.name}'", place, "is it installed, or in this folder?") from error
    except Exception as error:
        raise UserError(f"importing it failed: {type(error).__name__}: {error}", place, "mend the module") from error
    if not hasattr(module, attribute):
        public = [word for word in vars(module) if not word.startswith("_")]
        raise UserError(f"the module has no '{attribute}'", place, did_you_mean(attribute, public))
    found: object = getattr(module, attribute)
    return found


def _title(function: Any) -> str:
    document = inspect.getdoc(function) or ""
    return document.splitlines()[0].rstrip(".") if document else str(function.__name__)


def _version(function: Any) -> str:
    # The text of the function is its version, so that a changed score is not answered from the store.
    try:
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:8]
    except OSError:
        return "1"
