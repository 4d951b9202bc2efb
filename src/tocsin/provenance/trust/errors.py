"""What can be wrong with a trust list."""

from tocsin.errors import Error


class TrustError(Error):
    """A trust list cannot be used."""

    code = "provenance.trust"
    advice = "`tocsin trust list` shows what there is; import the list again from its source."


class NoCertificatesError(TrustError):
    """There is no certificate in the file."""

    code = "provenance.trust.no_certificates"
    advice = (
        "A list of authorities is a text file with certificates between -----BEGIN CERTIFICATE----- lines "
        "(PEM); `openssl x509 -inform der -in FILE` turns a binary one into that."
    )


class BadCertificateError(TrustError):
    """A certificate in the file cannot be read."""

    code = "provenance.trust.bad_certificate"
    advice = "Fetch the list again: this copy is damaged. Nothing was imported."


class PrivateKeyError(TrustError):
    """The file holds a private key."""

    code = "provenance.trust.private_key"
    advice = (
        "Trust lists hold certificates only. Find out how the key came into this file, and whether it must "
        "be replaced; nothing was imported."
    )


class NoAuthorityError(TrustError):
    """None of the certificates may certify others."""

    code = "provenance.trust.no_authority"
    advice = "Import the certificate of the authority that issued them, not certificates of signers."


class ProductsError(TrustError):
    """The file is not a list of conforming products."""

    code = "provenance.trust.products"
    advice = "Import conforming-products-list.json as the C2PA conformance programme publishes it."


class SubjectError(TrustError):
    """The subjects do not fit the kind of list."""

    code = "provenance.trust.subject"
    advice = (
        "A legacy list needs --subject for each signer that counts, such as "
        '--subject "O=Example Ltd,organizationIdentifier=NTRGB-123"; other kinds take none.'
    )


class UsagesError(TrustError):
    """An extended key usage is not a dotted number, or the list takes none."""

    code = "provenance.trust.eku"
    advice = "Write it as a number such as 1.3.6.1.5.5.7.3.36; only c2pa and legacy lists take any."


class ListNameError(TrustError):
    """The name of a list does not do."""

    code = "provenance.trust.name"
    advice = "Use up to 64 small letters, digits, dots and hyphens, beginning with a letter or digit."


class OtherKindError(TrustError):
    """This very file is imported already, as a list of another kind."""

    code = "provenance.trust.other_kind"
    advice = (
        "Give each file its own kind: C2PA-TRUST-LIST.pem is c2pa, C2PA-TSA-TRUST-LIST.pem is tsa. If the "
        "list that is there has the wrong kind, `tocsin trust remove NAME` takes it away first."
    )


class MostGoneError(TrustError):
    """More than half of a list would go if it were replaced by this file."""

    code = "provenance.trust.most_gone"
    advice = (
        "Look whether this is the right file for this kind and name. If it is, `--yes` imports it; `--name` "
        "keeps both lists. Nothing was imported."
    )


class UnknownListError(TrustError):
    """There is no such trust list."""

    code = "provenance.trust.unknown"
    advice = "`tocsin trust list` shows the names."


class DamagedListError(TrustError):
    """A trust list that was imported has changed on disk since."""

    code = "provenance.trust.damaged"
    advice = "Find out who changed it; then remove the list and import it again from its source."


class TooLargeError(TrustError):
    """A trust list is too large."""

    code = "provenance.trust.too_large"
    advice = (
        "Lists of a few hundred certificates fit. Import the authorities you need, and remove the others."
    )


class ShapeError(TrustError):
    """Trust lists were handed over in the wrong shape."""

    code = "provenance.trust.shape"
    advice = "Please report this with the command you ran."
