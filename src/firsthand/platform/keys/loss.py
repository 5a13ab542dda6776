"""Going on after keys were lost for good: what is lost is counted first, and then no longer asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from firsthand.platform.crypto import Keys
from firsthand.platform.database import Connection
from firsthand.platform.keys.files import KeyringError
from firsthand.platform.keys.known import KeyKind, KnownKey, call_lost, make_known, missing_keys, read_known
from firsthand.platform.keys.rotation import count_under
from firsthand.platform.sealed import rotate_alone


@dataclass(frozen=True, slots=True)
class Loss:
    """What a keyring cannot open of a database. values: how many, by the id of the key that they stand under.

    index_is_lost: nobody is found by a document or phone that was written before.
    """

    missing: tuple[KnownKey, ...]
    values: Mapping[bytes, int]
    index_is_lost: bool

    @property
    def is_nothing(self) -> bool:
        """Say whether the keyring is all that the database needs."""
        return not self.missing and not self.values


async def find_loss(conn: Connection, keys: Keys) -> Loss:
    """Return what would be lost if the database went on with these keys. conn: the owner's."""
    known = await read_known(conn)
    missing = missing_keys(keys, known)
    lost = {each.key_id for each in missing if each.kind is KeyKind.SEALING}
    given_up = {each.key_id for each in known if each.is_lost}
    values = {
        key_id: number
        for key_id, number in (await count_under(conn)).items()
        if number and key_id not in given_up and (key_id in lost or key_id not in keys.sealing_keys)
    }
    return Loss(missing, values, any(each.kind is KeyKind.INDEX for each in missing))


async def give_up(conn: Connection, keys: Keys, loss: Loss) -> None:
    """Let the database go on with these keys, and need those that are lost no longer. Nothing is deleted.

    conn: the owner's. Raises KeyringError while a rotation is at work.
    """
    if not await rotate_alone(conn):
        raise KeyringError("a rotation is at work: wait until it has ended")
    async with conn.transaction():
        for kind, key_id in {
            *((each.kind, each.key_id) for each in loss.missing),
            *((KeyKind.SEALING, key_id) for key_id in loss.values),
        }:
            await call_lost(conn, kind, key_id)
        await make_known(conn, keys)
