"""A basis as JSON and back: what a kept plan is made of again, "as of then"."""

from dataclasses import asdict, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from core.strategy.basis import Basis


def freeze(basis: Basis) -> dict[str, Any]:
    """The basis as JSON."""
    return asdict(basis)


def thaw(data: dict[str, Any]) -> Basis:
    """The basis that `freeze` wrote.

    Raises:
        KeyError, TypeError: It is of another make: the caller says which plan it was.
    """
    basis: Basis = _read(Basis, data)
    return basis


def _read(kind: Any, data: Any) -> Any:
    hints = get_type_hints(kind)
    # A part that an earlier version did not keep has its default, where it has one.
    kept = [row.name for row in fields(kind) if row.name in data]
    return kind(**{name: _value(hints[name], data[name]) for name in kept})


def _value(hint: Any, data: Any) -> Any:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        kind = next((part for part in parts if part is not NoneType), None)
        return None if data is None else _value(kind, data) if is_dataclass(kind) else data
    if origin is tuple:
        repeated = parts[-1] is Ellipsis
        kinds = [parts[0]] * len(data) if repeated else parts
        return tuple(_value(kind, row) for kind, row in zip(kinds, data, strict=True))
    return _read(hint, data) if is_dataclass(hint) else data
