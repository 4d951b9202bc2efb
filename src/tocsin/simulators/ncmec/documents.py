"""What the simulated hash sharing answers with: XML of its own writing, sharing nothing with the reader."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from tocsin.simulators.ncmec.listed import CATEGORIZATIONS, REASONS, Feedback, Item

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def stamped(time: datetime) -> str:
    """A moment with milliseconds, in UTC; whole seconds are written without them, as NCMEC does."""
    text = time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text.replace(".000Z", "Z")


def query_result(items: Sequence[Item], members: Mapping[int, str], following: str, extra: str = "") -> str:
    """A page of entries; `extra` is what stands among the images besides."""
    parts = [_group("image", items, members, extra), _group("video", items, members, "")]
    if following:
        parts.append(f"<paging><next>{escape(following)}</next></paging>")
    return _document("queryResult", "".join(parts))


def status(user: str, member: int, name: str) -> str:
    """Who asks."""
    inner = f"<ipAddress>127.0.0.1</ipAddress><username>{escape(user)}</username>"
    return _document("status", f'{inner}<member id="{member}">{escape(name)}</member>')


def member_list(members: Mapping[int, str]) -> str:
    """All members."""
    return _document("members", "".join(_member(number, members) for number in members))


def categorizations() -> str:
    """What entries can be annotated with."""
    inner = "".join(
        f"<categorization guid={quoteattr(guid)} name={quoteattr(name)}/>"
        for guid, name in CATEGORIZATIONS.items()
    )
    return _document(
        "availableCategorizations", f'<group name="Context" allowMultiple="true">{inner}</group>'
    )


def reasons(kind: str) -> str:
    """What a negative feedback can be for."""
    inner = "".join(
        f"<reason guid={quoteattr(guid)} name={quoteattr(name)} type={quoteattr(kind.capitalize())}/>"
        for guid, name in REASONS.items()
    )
    return _document("availableFeedbackReasons", inner)


def submission_result() -> str:
    """That it was taken."""
    return _document("submissionResult", "")


def _document(name: str, inner: str) -> str:
    return f'{_HEAD}<{name} xmlns="{NAMESPACE}">{inner}</{name}>'


def _group(kind: str, items: Sequence[Item], members: Mapping[int, str], extra: str) -> str:
    chosen = [one for one in items if one.video == (kind == "video")]
    if not chosen and not extra:
        return f'<{kind}s count="0"/>'
    # In whole seconds, which is how the clients in use read it.
    latest = max((one.time for one in chosen), default=datetime(2017, 1, 1, tzinfo=UTC)).replace(
        microsecond=0
    )
    inner = "".join(_item(one, kind, members) for one in chosen) + extra
    count = len(chosen) + bool(extra)
    return f'<{kind}s count="{count}" maxTimestamp="{stamped(latest)}">{inner}</{kind}s>'


def _item(item: Item, kind: str, members: Mapping[int, str]) -> str:
    if item.deleted:
        tag = f"deleted{kind.capitalize()}"
        inner = f"<id>{escape(item.id)}</id><timestamp>{stamped(item.time)}</timestamp>"
        return f"<{tag}>{_member(item.member, members)}{inner}</{tag}>"
    parts = [_member(item.member, members), f"<timestamp>{stamped(item.time)}</timestamp>"]
    parts.append(f"<id>{escape(item.id)}</id>")
    if item.classification:
        parts.append(f"<classification>{item.classification}</classification>")
    parts.append(f"<fingerprints>{''.join(_fingerprint(*one) for one in item.fingerprints)}</fingerprints>")
    if item.categorizations:
        parts.append(_categorizations(item.categorizations))
    parts.append(_feedback(item.feedback, members))
    return f"<{kind}>{''.join(parts)}</{kind}>"


def _fingerprint(tag: str, value: str) -> str:
    if value:
        return f"<{tag}>{escape(value)}</{tag}>"
    return f'<{tag} rel="self" href="/v2/entries/1/fingerprints/{tag.upper()}"/>'


def _categorizations(guids: Iterable[str]) -> str:
    inner = "".join(
        f"<categorization guid={quoteattr(guid)} name={quoteattr(CATEGORIZATIONS[guid])}/>" for guid in guids
    )
    return f"<categorizations>{inner}</categorizations>"


def _feedback(feedback: Sequence[Feedback], members: Mapping[int, str]) -> str:
    parts = []
    for one in feedback:
        last = f'lastUpdateTimestamp="{stamped(one.time)}"'
        who = f'<members timestamp="{stamped(one.time)}">{_member(one.member, members)}</members>'
        if one.reason:
            name = quoteattr(REASONS[one.reason])
            reason = f'<reason guid="{one.reason}" name={name} type="{one.type}"/>'
            block = f"<reasons>{reason}{who}</reasons>"
            parts.append(f'<negativeFeedback type="{one.type}" {last}>{block}</negativeFeedback>')
        else:
            parts.append(f'<affirmativeFeedback type="{one.type}" {last}>{who}</affirmativeFeedback>')
    return f"<feedback>{''.join(parts)}</feedback>" if parts else "<feedback/>"


def _member(number: int, members: Mapping[int, str]) -> str:
    return f'<member id="{number}">{escape(members.get(number, ""))}</member>'
