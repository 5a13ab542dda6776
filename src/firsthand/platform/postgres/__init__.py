"""The database server of the embedded default: a real PostgreSQL, started and stopped by Firsthand itself."""

from firsthand.platform.postgres.account import PostgresError
from firsthand.platform.postgres.cluster import Role
from firsthand.platform.postgres.keeping import kept_up
from firsthand.platform.postgres.server import EmbeddedServer

__all__ = ["EmbeddedServer", "PostgresError", "Role", "kept_up"]
