"""Everything that an action may touch besides its arguments."""

from dataclasses import dataclass

from firsthand.platform.chance import Chance
from firsthand.platform.clock import Clock
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Database


@dataclass(frozen=True, slots=True)
class World:
    """The database (as the application's role), the time, randomness and keys, as handed to every action."""

    database: Database
    clock: Clock
    chance: Chance
    keyring: Keyring
