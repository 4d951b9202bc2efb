"""The form as it leaves: JSON, blocks of text to paste into the portal, a page to print.

"Not held" and "nobody has answered" are written out and are two things.
"""

import json
from collections.abc import Iterator
from datetime import UTC
from html import escape
from typing import TYPE_CHECKING, Final

from tocsin.filing.nca.form import Form, From, Item, Section, Standing
from tocsin.filing.nca.model import Entry
from tocsin.filing.nca.priorities import HOW_FAST, STAFFED
from tocsin.media.answers import list_in, object_in, strictly_read, text_in

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

NOT_HELD: Final = "Not held."
BLANK: Final = "(blank: nobody has answered this)"


def form_to_json(form: Form) -> "JsonObject":
    """The documented shape."""
    sections: list[JsonValue] = [
        {"key": one.key, "title": one.title, "items": [_item_to_json(item) for item in one.items]}
        for one in form.sections
    ]
    return {"schedule": "SI 2026/268 Schedule 1", "sections": sections}


def form_to_text(form: Form) -> str:
    """The same as text, as the register keeps it."""
    return json.dumps(form_to_json(form), ensure_ascii=False)


def form_from_text(text: str) -> Form:
    """The form that `form_to_text` wrote. Raises ValueError, KeyError, TypeError or an Error."""
    sections = list_in(object_in(strictly_read(text))["sections"])
    return Form(tuple(_section(object_in(one)) for one in sections))


def as_text(entry: Entry, form: Form) -> str:
    """The whole form as plain text: a block for each item, to be pasted one by one."""
    blocks = (f"{item.label}\n{_indented(_text(item))}" for item in form.items)
    return "\n\n".join((*_head(entry), *blocks)) + "\n"


def as_html(entry: Entry, form: Form) -> str:
    """The whole form as a page to print: nothing in it is fetched or run."""
    head = "".join(f"<p>{escape(line)}</p>" for line in _head(entry))
    sections = "".join(map(_html_section, form.sections))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(_title(entry))}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(_title(entry))}</h1>{head}{sections}</body></html>\n"
    )


def _title(entry: Entry) -> str:
    return f"Report to the National Crime Agency: register entry {entry.number}"


def _head(entry: Entry) -> Iterator[str]:
    if entry.test and entry.sent is not None:
        yield "TEST: an exercise. Nobody acts on it."
    if entry.priority is not None:
        yield f"Priority {entry.priority.value}. {HOW_FAST[entry.priority]}"
    else:
        said = f"{entry.proposed.priority.value}, because {'; '.join(entry.proposed.reasons)}"
        yield f"Priority: not chosen yet. The facts speak for {said}."
    if entry.sent is None:
        yield f"Not handed in yet. {STAFFED}"
    else:
        when = f"{entry.sent.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        yield f"Handed in {when} by {entry.sent_by}, reference {entry.reference}"


def _text(item: Item) -> str:
    if item.standing is Standing.BLANK:
        return BLANK
    return NOT_HELD if item.standing is Standing.NOT_HELD else "\n".join(item.values)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines() or [""])


def _html_section(section: Section) -> str:
    rows = "".join(
        f"<tr><th>{escape(item.label)}</th>"
        f'<td class="{item.standing.name.lower()}">{"<br>".join(map(escape, _text(item).splitlines()))}</td>'
        f"<td>{escape(_source(item))}</td></tr>"
        for item in section.items
    )
    return f"<h2>{escape(section.title)}</h2><table>{rows}</table>"


def _source(item: Item) -> str:
    return f"{item.source.value} {item.by}".strip()


def _item_to_json(item: Item) -> "JsonObject":
    return {
        "key": item.key,
        "label": item.label,
        "standing": item.standing.value,
        "values": [*item.values],
        "source": item.source.value,
        "by": item.by,
    }


def _section(item: "JsonObject") -> Section:
    items = tuple(_item(object_in(one)) for one in list_in(item["items"]))
    return Section(text_in(item["key"]), text_in(item["title"]), items)


def _item(item: "JsonObject") -> Item:
    return Item(
        text_in(item["key"]),
        text_in(item["label"]),
        Standing(text_in(item["standing"])),
        tuple(map(text_in, list_in(item["values"]))),
        From(text_in(item["source"])),
        text_in(item["by"]),
    )


_STYLE: Final = (
    "body{font:11pt/1.4 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #888;padding:.3rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}th{width:30%;font-weight:600}"
    ".blank{background:#ffe9e9}.not_held{font-style:italic}"
)
