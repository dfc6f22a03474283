"""The OpenAPI document as a plain page: no script, and nothing from elsewhere."""

import json
from html import escape
from typing import Any

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1a1a1a;background:#fff}
h2{margin-top:2.5rem;font-size:1.1rem}code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{background:#f4f4f4;padding:.75rem;overflow:auto}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;
border-bottom:1px solid #ddd}
@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}pre{background:#262626}
td,th{border-color:#444}a{color:#9cf}}
"""


def page(document: dict[str, Any]) -> str:
    """The page."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        f"<title>{escape(info['title'])}</title><style>{STYLE}</style>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        f"<p>{escape(info['description'])} <a href=/openapi.json>OpenAPI</a></p>",
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts.append(_operation(path, method, operation))
    return "\n".join(parts)


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    parts = [
        f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2>",
        f"<p>{escape(operation['summary'])}</p>",
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        needed = body["schema"]["required"]
        rows = [
            f"<tr><td><code>{escape(name)}</code>{'' if name in needed else ' (optional)'}"
            f"<td>{escape(field.get('description', ''))}"
            for name, field in body["schema"]["properties"].items()
        ]
        parts.append(f"<table><tr><th>Field<th>What it is{''.join(rows)}</table>")
        example = json.dumps(body["example"], ensure_ascii=False)
        parts.append(
            f"<pre>curl $URL{escape(path)} -H 'content-type: application/json' "
            f"-d '{escape(example)}'</pre>"
        )
    rows = [
        f"<tr><td>{escape(status)}<td>{escape(said['description'])}"
        for status, said in operation["responses"].items()
    ]
    parts.append(f"<table><tr><th>Status<th>Meaning{''.join(rows)}</table>")
    return "\n".join(parts)
