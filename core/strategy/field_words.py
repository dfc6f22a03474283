"""What a field of a scenario is called, in plain text: "Requests a day", "Host: Lead time"."""

from core.strategy.text_edit import MANY
from core.text.catalog import t


def field(path: str, language: str) -> str:
    """The name of a field by its path, or of a section."""
    section, _, rest = path.partition(".")
    if section in ("ranges", "assumptions"):
        key = "range" if section == "ranges" else "assumption"
        return t(f"strategy_fields.{key}", language, field=field(rest, language))
    if not rest:
        return t(f"strategy_fields.head.{section}", language)
    if section not in MANY:
        return own(path, language)
    name = rest.rpartition(".")[0]
    return t("strategy_fields.of", language, part=name, field=own(path, language))


def own(path: str, language: str) -> str:
    """The same without the option or the shock that it is of: "Lead time"."""
    section, _, rest = path.partition(".")
    return t(f"strategy_fields.{section}.{rest.rpartition('.')[2]}", language)
