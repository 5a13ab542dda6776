"""The cookies of the pages. None of them says who somebody is: the session's is a random token."""

from typing import Final

from litestar.datastructures import Cookie

from firsthand.channels.web.frame import Notice
from firsthand.identity.oidc.model import ATTEMPT_VALID_FOR
from firsthand.identity.step.model import STEP_VALID_FOR
from firsthand.platform.i18n import Language
from firsthand.platform.settings import Settings

LANGUAGE_SECONDS: Final = 365 * 86_400
DEVICE_SECONDS: Final = 180 * 86_400


class CookieJar:
    """Names and makes the cookies of a deployment.

    Where people come by https, cookies are secure and have the `__Host-` prefix, with which no neighbouring host can
    plant them. Source: RFC 6265bis, section 4.1.3.
    """

    def __init__(self, settings: Settings) -> None:
        """Take from the settings whether people come by https."""
        self._secure = settings.base_url.startswith("https://")
        prefix = "__Host-" if self._secure else ""
        self.session: Final = f"{prefix}firsthand_session"
        self.visitor: Final = f"{prefix}firsthand_visitor"
        self.device: Final = f"{prefix}firsthand_device"
        self.notice: Final = f"{prefix}firsthand_notice"
        self.language: Final = f"{prefix}firsthand_lang"
        self.step: Final = f"{prefix}firsthand_step"
        self.oidc: Final = f"{prefix}firsthand_oidc"
        self.desk: Final = f"{prefix}firsthand_desk"

    def keep_session(self, token: str) -> Cookie:
        """Return the cookie of a signed-in visitor. It ends with the browser; the server ends it earlier."""
        return self._cookie(self.session, token)

    def keep_device(self, mark: str) -> Cookie:
        """Return the cookie by which a browser that signed somebody in is known again. It opens nothing."""
        return self._cookie(self.device, mark, max_age=DEVICE_SECONDS)

    def keep_visitor(self, visitor_id: str) -> Cookie:
        """Return the cookie by which the forms of somebody who is not signed in are known to be his."""
        return self._cookie(self.visitor, visitor_id)

    def keep_step(self, token: str) -> Cookie:
        """Return the cookie of a sign-in between its two proofs. It opens no page."""
        return self._cookie(self.step, token, max_age=int(STEP_VALID_FOR.total_seconds()))

    def keep_oidc(self, browser: str) -> Cookie:
        """Return the cookie of a browser that goes to a hospital's own sign-in, by which it is known to come back."""
        return self._cookie(self.oidc, browser, max_age=int(ATTEMPT_VALID_FOR.total_seconds()))

    def keep_desk(self, device: str) -> Cookie:
        """Return the cookie by which staff's wrong passwords in this browser are counted apart. It opens nothing."""
        return self._cookie(self.desk, device, max_age=DEVICE_SECONDS)

    def keep_language(self, language: Language) -> Cookie:
        """Return the cookie that remembers the language chosen."""
        return self._cookie(self.language, language.value, max_age=LANGUAGE_SECONDS)

    def keep_notice(self, notice: Notice) -> Cookie:
        """Return the cookie that carries good news to the next page."""
        return self._cookie(self.notice, notice.value)

    def drop(self, name: str) -> Cookie:
        """Return what makes a browser forget a cookie."""
        return self._cookie(name, "", max_age=0)

    def _cookie(self, name: str, value: str, *, max_age: int | None = None) -> Cookie:
        return Cookie(name, path="/", value=value, max_age=max_age, secure=self._secure, httponly=True, samesite="lax")
