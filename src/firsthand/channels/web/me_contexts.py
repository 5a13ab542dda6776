"""What the page that leads to everything of one's own is given; the rules of `contexts.py` hold here too."""

from dataclasses import dataclass
from typing import ClassVar

from firsthand.channels.web.frame import Frame


@dataclass(frozen=True, slots=True)
class MePage:
    """GET /me. It says nothing that is not in the frame."""

    template: ClassVar[str] = "pages/me.html"
    frame: Frame
