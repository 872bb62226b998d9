"""The version, in the one place that packaging, provenance and the command line read it from."""

from __future__ import annotations

__version__ = "0.1.0"
