"""How a request ends before there is a page to show."""


class PageError(Exception):
    """The request is answered with the page of an HTTP status: 400 and upwards."""

    def __init__(self, status: int, *, retry_seconds: int | None = None) -> None:
        """Remember the status, and in how many seconds it is worth trying again, where it is."""
        super().__init__(status)
        self.status = status
        self.retry_seconds = retry_seconds


class SignInNeededError(Exception):
    """Somebody has to sign in first. `address`: the sign-in, which leads back to where he wanted to go."""

    def __init__(self, address: str) -> None:
        """Remember where the visitor is sent."""
        super().__init__(address)
        self.address = address
