"""What each page of hospitals' own sign-ins is given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass, field
from typing import ClassVar

from firsthand.channels.web.contexts import HospitalChoice
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Frame
from firsthand.directory.staff_oidc.model import Account, Button, OwnAccount, Shown
from firsthand.identity.oidc.model import Why


@dataclass(frozen=True, slots=True)
class OwnSignInGoingPage:
    """Leads on to a provider, by itself and by a link. hospital_name: "" for the city's own."""

    template: ClassVar[str] = "pages/staff_oidc_going.html"
    frame: Frame
    hospital_name: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnSignInAgainPage:
    """GET /staff/oidc/again, which posts to itself (`next`): somebody shows at his hospital once more that it is he."""

    template: ClassVar[str] = "pages/staff_oidc_again.html"
    frame: Frame
    hospital_name: str
    next: str


@dataclass(frozen=True, slots=True)
class OwnSignInFailedPage:
    """A provider was not gone to, or what came back from it did not do. leads_to: where to begin again."""

    template: ClassVar[str] = "pages/staff_oidc_failed.html"
    frame: Frame
    leads_to: str
    problems: tuple[FieldProblem, ...]


@dataclass(frozen=True, slots=True)
class OwnSignInEndPage:
    """GET /staff/oidc/signed-out: signed out here, and not yet at the provider. address: where that is done."""

    template: ClassVar[str] = "pages/staff_oidc_end.html"
    frame: Frame
    hospital_name: str
    address: str


@dataclass(frozen=True, slots=True)
class OwnAccountsPage:
    """GET /staff/oidc: one's own accounts; its forms post to /staff/oidc/link and /unlink (`provider`).

    vouched: whether a hospital vouches for this very session, which then links nothing.
    """

    template: ClassVar[str] = "pages/staff_oidc.html"
    frame: Frame
    accounts: tuple[OwnAccount, ...]
    offers: tuple[Button, ...]
    vouched: bool
    time_zone: str
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderListPage:
    """GET /admin/oidc: the own sign-ins that the visitor may settle. may_add: whether one of them is missing."""

    template: ClassVar[str] = "pages/admin_oidc.html"
    frame: Frame
    providers: tuple[Shown, ...]
    may_add: bool


@dataclass(frozen=True, slots=True)
class ProviderFormPage:
    """GET and POST /admin/oidc/new, and /admin/oidc/{id}/change.

    Fields `hospital` (a new one alone), `issuer`, `client_id`, `client_secret`, `claim`, `acr`, `amr`, `alg_RS256` ...
    shown: the one that is changed. back: the beginning of the address that the provider is to be told.
    """

    template: ClassVar[str] = "pages/admin_oidc_form.html"
    frame: Frame
    shown: Shown | None
    typed: Fields
    hospitals: tuple[HospitalChoice, ...]
    may_city: bool
    algorithms: tuple[str, ...]
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderPage:
    """GET /admin/oidc/{id}; its forms post below it: test, enable, accounts (`username`, `subject`), and their unlink.

    back: the address that the provider is to be told. why: what was wrong when it was tried just now.
    """

    template: ClassVar[str] = "pages/admin_oidc_one.html"
    frame: Frame
    shown: Shown
    accounts: tuple[Account, ...]
    back: str
    end: str
    time_zone: str
    typed: Fields
    why: Why | None = None
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderDisablePage:
    """GET /admin/oidc/{id}/disable, which asks once more; it posts to the same address."""

    template: ClassVar[str] = "pages/admin_oidc_disable.html"
    frame: Frame
    shown: Shown
