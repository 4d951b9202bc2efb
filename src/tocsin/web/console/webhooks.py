"""Webhooks: who is told of matches, and what became of telling them."""

from typing import Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.errors import Error
from tocsin.intake.webhooks import EVENTS, TEST_EVENT
from tocsin.outgoing.webhooks import checked_url
from tocsin.web.console.asking import PAGE, Question, again, page_after, sure, text
from tocsin.web.console.management_words import DELIVERY_STATES
from tocsin.web.console.pages import Pages
from tocsin.web.console.people import Secret
from tocsin.web.console.visit import Visit

pages = Pages()
WEBHOOKS: Final = Permission.MANAGE_WEBHOOKS
_EVENTS: Final = tuple(name for name in EVENTS if name != TEST_EVENT)


@pages.page("/system/webhooks", needs=WEBHOOKS)
def webhooks_page(visit: Visit) -> Response:
    """Who is told."""
    return visit.page("webhooks.html", webhooks=visit.node.webhooks.webhooks(), url="", refused=None)


@pages.action("/system/webhooks", needs=WEBHOOKS)
def create_webhook(visit: Visit) -> Response:
    """Register a URL; the secret that signs what it is told is shown once."""
    node = visit.node
    try:
        url = checked_url(text(visit, "url"), node.settings.allowed_networks)
        webhook, secret = node.webhooks.register(url, _EVENTS, visit.person.id)
    except Error as error:
        values = {"webhooks": node.webhooks.webhooks(), "url": visit.field("url")}
        return again(visit, error, "webhooks.html", **values)
    return _secret(visit, webhook.id, secret)


@pages.page("/system/webhooks/{webhook}", needs=WEBHOOKS)
def webhook_page(visit: Visit) -> Response:
    """One webhook with what was sent to it, the newest first."""
    webhook = visit.node.webhooks.webhook(visit.number("webhook"))
    before = page_after(visit)
    deliveries = visit.node.webhooks.deliveries(webhook.id, before=before or None, limit=PAGE)
    return visit.page(
        "webhook.html",
        webhook=webhook,
        deliveries=deliveries,
        states=DELIVERY_STATES,
        first=before == 0,
        following=deliveries[-1].id if len(deliveries) == PAGE else "",
    )


@pages.action("/system/webhooks/{webhook}/pause", needs=WEBHOOKS)
def pause(visit: Visit) -> Response:
    """Tell them nothing for now; what is to be told waits."""
    number = visit.number("webhook")
    visit.node.webhooks.pause(number, visit.person.id, text(visit, "reason") or "paused by hand")
    return visit.go(f"/system/webhooks/{number}", said="saved")


@pages.action("/system/webhooks/{webhook}/resume", needs=WEBHOOKS)
def resume(visit: Visit) -> Response:
    """Tell them again, and what waits."""
    number = visit.number("webhook")
    visit.node.webhooks.resume(number, visit.person.id)
    return visit.go(f"/system/webhooks/{number}", said="saved")


@pages.action("/system/webhooks/{webhook}/test", needs=WEBHOOKS)
def send_test(visit: Visit) -> Response:
    """Have a test message sent."""
    number = visit.number("webhook")
    visit.node.webhooks.test(number, visit.person.id)
    return visit.go(f"/system/webhooks/{number}", said="sending")


@pages.action("/system/webhooks/{webhook}/secret", needs=WEBHOOKS)
def rotate(visit: Visit) -> Response:
    """Give it a new secret, shown once; asked once more."""
    _ = visit.texts.gettext
    number = visit.node.webhooks.webhook(visit.number("webhook")).id
    question = Question(
        title=_("Give this webhook a new secret?"),
        does=[_("The old secret signs beside the new one for a day, so that the receiver can be changed.")],
        undo=_("The old secret cannot be brought back."),
        button=_("Make a new secret"),
        back=f"/system/webhooks/{number}",
    )
    if (asked := sure(visit, question)) is not None:
        return asked
    return _secret(visit, number, visit.node.webhooks.rotate(number, visit.person.id))


@pages.action("/system/webhooks/{webhook}/remove", needs=WEBHOOKS)
def remove(visit: Visit) -> Response:
    """Remove it with its deliveries; asked once more."""
    _ = visit.texts.gettext
    webhook = visit.node.webhooks.webhook(visit.number("webhook"))
    question = Question(
        title=_("Remove this webhook?"),
        does=[_("It is told nothing more. What waits for it is not sent, and what was sent is forgotten.")],
        undo=_("This cannot be undone. To stop for a while, pause it instead."),
        button=_("Remove the webhook"),
        back=f"/system/webhooks/{webhook.id}",
    )
    if (asked := sure(visit, question)) is not None:
        return asked
    visit.node.webhooks.remove(webhook.id, visit.person.id)
    return visit.go("/system/webhooks", said="removed")


@pages.action("/system/deliveries/{delivery}/redeliver", needs=WEBHOOKS)
def redeliver(visit: Visit) -> Response:
    """Send a message again."""
    delivery = visit.node.webhooks.redeliver(visit.number("delivery"), visit.person.id)
    return visit.go(f"/system/webhooks/{delivery.webhook}", said="sending")


def _secret(visit: Visit, number: int, value: str) -> Response:
    _ = visit.texts.gettext
    secret = Secret(
        title=_("The secret of webhook %(number)s", number=number),
        words=_("It is shown this once. The receiver checks with it that messages come from here."),
        value=value,
        back=f"/system/webhooks/{number}",
        next_step=_("How to check a message is described in the documentation, under receiving webhooks."),
    )
    return visit.page("shown_once.html", secret=secret)
