"""Hospitals' own sign-ins, for the walk over every action: a part of `tests/roles/table.py`."""

from collections.abc import Mapping
from uuid import UUID

from firsthand.audit.model import Caller
from firsthand.directory.staff.model import Staff
from firsthand.directory.staff_oidc import coming_back, going, linking, providers
from firsthand.directory.staff_oidc.model import Typed
from firsthand.identity.oidc.model import Why
from firsthand.identity.oidc.remote import Remote
from firsthand.identity.oidc.web import Answer, Web
from firsthand.platform.access import Permission, Role
from tests.city import SYSTEM
from tests.oidc_provider import key_named
from tests.roles.scene import SIGN_IN, Scene, Walked, Without

ISSUER = "https://sign-in.hospital.example"
OWN = "one's own account, which one's session says"
TYPED = Typed(ISSUER, "firsthand", "secret", "sub", "", "mfa", frozenset({"RS256"}))


class _Said(Web):
    """A web on which there is one provider, which answers as it should."""

    async def ask(self, url: str, *, headers: Mapping[str, str] | None = None, body: str | None = None) -> Answer | Why:
        """Answer for it."""
        assert headers is None
        assert body is None
        if url.endswith("/keys"):
            return Answer(200, {"keys": [key_named("key-1").as_dict(private=False)]})
        names = ("authorization_endpoint", "token_endpoint")
        return Answer(200, {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **dict.fromkeys(names, f"{ISSUER}/x")})


REMOTE = Remote(_Said())


async def settled(scene: Scene, hospital_id: UUID | None) -> UUID:
    """Return an own sign-in that was tried and is off."""
    listed = await providers.list_providers(scene.world, SYSTEM)
    assert isinstance(listed, list)
    found = next((one.id for one in listed if one.hospital_id == hospital_id), None)
    made = found or await providers.add_provider(scene.world, SYSTEM, REMOTE, hospital_id, TYPED)
    assert isinstance(made, UUID), made
    assert await providers.test_provider(scene.world, SYSTEM, REMOTE, made) is None
    return made


async def here(scene: Scene) -> UUID:
    """Return this hospital's."""
    return await settled(scene, scene.here)


async def of_city(scene: Scene) -> UUID:
    """Return the city's."""
    return await settled(scene, None)


async def with_member(scene: Scene) -> tuple[UUID, Staff]:
    """Return this hospital's, and a new member of its staff."""
    return await here(scene), await scene.member()


async def with_link(scene: Scene) -> tuple[UUID, Staff]:
    """Return the same, with the member linked."""
    made, member = await with_member(scene)
    linked = await linking.link_account(scene.world, SYSTEM, made, username=member.username, subject=scene.number())
    assert linked is None
    return made, member


async def add(scene: Scene, caller: Caller) -> object:
    """Add one: there is one for each hospital, so the city's administrator adds another hospital's."""
    where = scene.city.hospital_ids[1] if caller.role is Role.CITY_ADMIN else scene.here
    return await providers.add_provider(scene.world, caller, REMOTE, where, TYPED)


ROWS: tuple[Walked | Without, ...] = (
    Walked(providers.list_providers, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, _: providers.list_providers(s.world, c), own=True, quiet=True),
    Walked(providers.read_provider, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: providers.read_provider(s.world, c, made), here),
    Walked(providers.read_provider, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: providers.read_provider(s.world, c, made), of_city, city=True),
    Walked(providers.add_provider, Permission.MANAGE_HOSPITAL_STAFF, lambda s, c, _: add(s, c)),
    Walked(providers.add_provider, Permission.MANAGE_CITY_STAFF,
           lambda s, c, _: providers.add_provider(s.world, c, REMOTE, None, TYPED), city=True),
    Walked(providers.change_provider, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: providers.change_provider(s.world, c, REMOTE, made, TYPED), here),
    Walked(providers.change_provider, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: providers.change_provider(s.world, c, REMOTE, made, TYPED), of_city, city=True),
    Walked(providers.test_provider, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: providers.test_provider(s.world, c, REMOTE, made), here),
    Walked(providers.enable_provider, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: providers.enable_provider(s.world, c, made), here),
    Walked(providers.enable_provider, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: providers.enable_provider(s.world, c, made), of_city, city=True),
    Walked(providers.disable_provider, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: providers.disable_provider(s.world, c, made), here),
    Walked(linking.link_account, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: linking.link_account(s.world, c, made[0], username=made[1].username, subject=s.number()),
           with_member),
    Walked(linking.unlink_account, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: linking.unlink_account(s.world, c, made[0], made[1].id), with_link),
    Without(linking.note_links_told, OWN),
    Without(linking.unlink_own_account, OWN),
    Without(going.begin_own_link, OWN),
    Without(going.begin_own_proof, OWN),
    Without(going.begin_sign_in, SIGN_IN),
    Without(coming_back.come_back, SIGN_IN),
)  # fmt: skip
