"""Who decides: the name that stands beside a review, a promotion or a schedule."""

import getpass

from core.errors import BadInput

MOST_CHARACTERS = 80


def name_of(who: str | None) -> str:
    """The name that was given, else the account's.

    Raises:
        BadInput: None was given and the system knows none; or it is too long.
    """
    try:
        name = (who or getpass.getuser()).strip()
    except (OSError, KeyError):
        name = ""
    if not name:
        raise BadInput("Nobody is named; say who decides with --who NAME.")
    if len(name) > MOST_CHARACTERS or not name.isprintable():
        raise BadInput(
            f"The name {name[:20]!r} cannot be used; give at most {MOST_CHARACTERS} characters on "
            "one line."
        )
    return name
