"""The fields of each request: one table to check a body by, and to describe it in OpenAPI.

Standard library only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.deploy.refusal import wrong

Check = Callable[[Any], bool]
Fields = tuple["Field", ...]


@dataclass(frozen=True)
class Form:
    """What a value may be: how it is said, checked, and written in JSON Schema."""

    words: str
    check: Check
    schema: dict[str, Any]


@dataclass(frozen=True)
class Field:
    """A field of a body.

    Attributes:
        name: As it is sent.
        form: What it may be.
        words: What it is for.
        required: Whether it must be there.
        null: Whether null is the same as leaving it out.
    """

    name: str
    form: Form
    words: str
    required: bool = False
    null: bool = True


def text(most: int, *, blank: bool = False) -> Form:
    """A text, with something in it unless `blank`."""
    low = 0 if blank else 1
    schema: dict[str, Any] = {"type": "string", "maxLength": most}
    if not blank:
        # What Python calls white space, so that both sides draw the same line.
        schema |= {"minLength": 1, "pattern": r"[^\s\x1c-\x1f\x85]"}
    return Form(
        f"a string of {low} to {most:,} characters",
        lambda v: isinstance(v, str) and len(v) <= most and (blank or bool(v.strip())),
        schema,
    )


def listed(item: Form, most: int, least: int = 1) -> Form:
    """A list."""
    return Form(
        f"a list of {least} to {most} items, each of which must be {item.words}",
        lambda v: isinstance(v, list) and least <= len(v) <= most and all(map(item.check, v)),
        {"type": "array", "items": item.schema, "minItems": least, "maxItems": most},
    )


def either(*forms: Form) -> Form:
    """One of several."""
    return Form(
        ", or ".join(form.words for form in forms),
        lambda v: any(form.check(v) for form in forms),
        {"anyOf": [form.schema for form in forms]},
    )


def integer(low: int, high: int) -> Form:
    """A whole number."""
    return Form(
        f"a whole number from {low:,} to {high:,}",
        lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high,
        {"type": "integer", "minimum": low, "maximum": high},
    )


def number(low: float, high: float) -> Form:
    """A number."""
    return Form(
        f"a number from {low:g} to {high:g}",
        lambda v: isinstance(v, int | float) and not isinstance(v, bool) and low <= v <= high,
        {"type": "number", "minimum": low, "maximum": high},
    )


def one_of(*values: Any) -> Form:
    """One of some values; true is not 1."""
    return Form(
        " or ".join(map(repr, values)),
        lambda v: any(type(v) is type(known) and v == known for known in values),
        {"enum": list(values)},
    )


FLAG = Form("true or false", lambda v: isinstance(v, bool), {"type": "boolean"})
NOTHING = Form("null", lambda v: v is None, {"type": "null"})
ANYTHING = Form("anything", lambda _: True, {})
"""Of a field that is taken and changes no answer."""


def record(*fields: Field) -> Form:
    """An object with fields, and no others."""
    return Form(
        f"an object with {', '.join(field.name for field in fields)}",
        lambda v: isinstance(v, dict) and _fault(v, fields) is None,
        schema(fields),
    )


def schema(fields: Sequence[Field]) -> dict[str, Any]:
    """The JSON Schema of a body."""
    properties = {}
    for field in fields:
        form = field.form.schema
        if field.null and not field.required and form:
            form = {"anyOf": [form, {"type": "null"}]}
        properties[field.name] = {**form, "description": field.words}
    return {
        "type": "object",
        "properties": properties,
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def read(body: dict[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    """The fields that a body has, checked; those that are null are left out.

    Raises:
        Refused: One is missing, unknown or wrong; the sentence names it and what was expected.
    """
    fault = _fault(body, fields)
    if fault is not None:
        raise wrong(*fault)
    return {name: value for name, value in body.items() if value is not None}


def _fault(body: dict[str, Any], fields: Sequence[Field]) -> tuple[str, str] | None:
    """What is wrong with a body, and with which field."""
    known = {field.name: field for field in fields}
    for name in body:
        if name not in known:
            listing = ", ".join(known)
            return f"The field {name[:60]!r} is not known here; expected {listing}.", name[:60]
    for field in fields:
        value = body.get(field.name)
        if value is None and not field.required and (field.null or field.name not in body):
            continue
        if field.name not in body or not field.form.check(value):
            given = "is missing" if field.name not in body else "cannot be used"
            return f'"{field.name}" {given}: it must be {field.form.words}.', field.name
    return None
