"""Write the TOML of a campaign; the standard library only reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping


def dumps(table: Mapping[str, object]) -> str:
    """Write a table whose values are strings, numbers, booleans, lists of these, or one level of tables of them.

    A value None is left out, since TOML has no word for it.

    Raises:
        TypeError: a value of another kind.
    """
    plain = {key: value for key, value in table.items() if value is not None and not isinstance(value, Mapping)}
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    lines = [_line(key, value) for key, value in plain.items()]
    for name, part in inner.items():
        lines += ["", f"[{name}]", *(_line(key, value) for key, value in part.items() if value is not None)]
    return "\n".join(lines) + "\n"


def _line(key: str, value: object) -> str:
    return f"{key} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, except that TOML also wants the delete character escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        if sum(len(str(part)) for part in value) < 80:
            return f"[{', '.join(map(_value, value))}]"
        return "[\n" + "".join(f"    {_value(part)},\n" for part in value) + "]"
    raise TypeError(f"{type(value).__name__} has no TOML form here")
