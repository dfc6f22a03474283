"""The canvas's modules as one script, for a file that can load nothing.

Each module becomes a function that gives its exports; an import becomes a look-up. The pages load
the same modules one by one.
"""

import re
from functools import cache
from importlib import resources

ENTRY = "main.js"
_IMPORT = re.compile(r'^import\s+(?P<names>[^;]+?)\s+from\s+"\./(?P<module>[\w.]+)";\n', re.M)
_EXPORT = re.compile(r"^export (?P<default>default )?(?:function|const|class) (?P<name>\w+)", re.M)


def source(name: str) -> str:
    """The text of a file of the canvas."""
    return resources.files("core.interpret").joinpath("web", name).read_text(encoding="utf-8")


@cache
def script() -> str:
    """One classic script that defines `canvas`, with the exports of `main.js`."""
    parts = ['"use strict";\nconst modules = {};']
    parts += [_wrapped(name) for name in _needed(ENTRY)]
    parts.append(f'const canvas = modules["{ENTRY}"];')
    return "\n".join(parts)


def _needed(name: str) -> dict[str, None]:
    """The modules that a module needs, each after what it needs, and itself at the end."""
    found: dict[str, None] = {}
    for other in _IMPORT.finditer(source(name)):
        found |= _needed(other["module"])
    return {**found, name: None}


def _wrapped(name: str) -> str:
    text = source(name)
    exports = ", ".join(found["name"] for found in _EXPORT.finditer(text))
    text = _IMPORT.sub(_look_up, text)
    text = re.sub(r"^export (default )?", "", text, flags=re.M)
    return f'modules["{name}"] = (() => {{\n{text}\nreturn {{ {exports} }};\n}})();'


def _look_up(found: re.Match[str]) -> str:
    names = found["names"].removeprefix("* as ")
    return f'const {names} = modules["{found["module"]}"];\n'
