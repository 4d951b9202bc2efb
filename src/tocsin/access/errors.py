"""What can go wrong with people, tokens, sessions and rights, and what to do about it."""

from tocsin.errors import Error


class DeniedError(Error):
    """You may not do this."""

    code = "access.denied"
    advice = "Ask whoever runs this node for the permission or the right in this bank."


class NotSignedInError(Error):
    """This needs a token or a session that is valid."""

    code = "access.not_signed_in"
    advice = "Send `Authorization: Bearer TOKEN`; `tocsin admin token create` makes a token."


class SignInRefusedError(Error):
    """The name, the password or the code is wrong, or there were too many attempts."""

    code = "access.sign_in_refused"
    advice = (
        "Each code works once, for about a minute. After five failures the wait grows, up to 15 minutes; a "
        "recovery code ends it, and so does whoever runs this node (`tocsin admin user enable`)."
    )


class TooManyRequestsError(Error):
    """There were too many requests in a short time."""

    code = "access.too_many_requests"
    advice = "Wait as long as the answer says, then go on more slowly."

    def __init__(self, retry_after: float) -> None:
        """`retry_after`: seconds until the next request would be allowed."""
        super().__init__(f"there were too many requests; the next is allowed in {retry_after:.1f} seconds")
        self.retry_after = retry_after


class InvalidNameError(Error):
    """This cannot be the name of a person or a token."""

    code = "access.invalid_name"
    advice = "Use 1 to 64 characters: a-z, 0-9, and . _ @ + - after the first one."


class WeakPasswordError(Error):
    """This password is too easy to guess."""

    code = "access.weak_password"
    advice = "Use at least 12 characters that nobody would try first: a few random words do."


class PersonExistsError(Error):
    """There is a person of that name already."""

    code = "access.person_exists"
    advice = "Choose another name, or change the person there is (`tocsin admin user list` shows them)."


class UnknownPersonError(Error):
    """There is no person of that name."""

    code = "access.unknown_person"
    advice = "`tocsin admin user list` shows who there is."


class TokenExistsError(Error):
    """There is, or was, a token of that name."""

    code = "access.token_exists"
    advice = "Choose another name: names of revoked tokens stay taken, for the ledger speaks of them."


class EnrolmentError(Error):
    """This person cannot enrol a second factor like this."""

    code = "access.enrolment"
    advice = (
        "Start enrolling again and send a code that the authenticator shows now; whoever has a second factor "
        "already asks an administrator for `tocsin admin user reset-second-factor`."
    )


class UnknownTokenError(Error):
    """There is no token of that name."""

    code = "access.unknown_token"
    advice = "`tocsin admin token list` shows which there are."


class UnknownSessionError(Error):
    """There is no such session."""

    code = "access.unknown_session"
    advice = "`tocsin admin sessions list` shows which there are."


class UnknownPrincipalError(Error):
    """There is no principal of that name."""

    code = "access.unknown_principal"
    advice = (
        "Write person:NAME or token:NAME; `tocsin admin user list` and `tocsin admin token list` show them."
    )


class InvalidBankError(Error):
    """This cannot be the name of a bank."""

    code = "access.invalid_bank"
    advice = "`tocsin bank list` shows the banks; * stands for every bank that is not named."


class UnknownRoleError(Error):
    """There is no role of that name."""

    code = "access.unknown_role"
    advice = "`tocsin admin roles` lists the roles and what each may do."


class InvalidLifetimeError(Error):
    """A token cannot live that long, or that briefly."""

    code = "access.invalid_lifetime"
    advice = "Choose 1 to 365 days; make a new token before the old one ends."


class InvalidRateError(Error):
    """A rate is a whole number of look-ups a minute, 0 for no limit of its own."""

    code = "access.invalid_rate"
    advice = "Choose 0 to 1000000."
