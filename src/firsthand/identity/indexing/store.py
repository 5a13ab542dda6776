"""How the blind indexes of documents and of linked accounts are made anew, when the index key is turned over."""

from collections.abc import Sequence
from typing import Any, Final

from firsthand.identity.document.model import Document
from firsthand.identity.document.store import document_index
from firsthand.identity.oidc.store import subject_index
from firsthand.platform.crypto import Keyring
from firsthand.platform.keys.reindexing import Indexed


def _of_document(keyring: Keyring, row: Sequence[Any]) -> tuple[bytes]:
    document_id, kind, sealed, _ = row
    number = keyring.open(sealed, purpose="identity.document.number", context=document_id.bytes).decode()
    return (document_index(keyring, Document(kind, number)),)


def _of_link(keyring: Keyring, row: Sequence[Any]) -> tuple[bytes]:
    provider_id, staff_id, sealed, _ = row
    context = provider_id.bytes + staff_id.bytes
    subject = keyring.open(sealed, purpose="identity.oidc_link.subject", context=context).decode()
    return (subject_index(keyring, provider_id, subject),)


INDEXED: Final = (
    Indexed(
        ("identity.document.blind_index",),
        "SELECT id, type, number, blind_index FROM identity.document WHERE id > %s ORDER BY id LIMIT %s",
        "UPDATE identity.document SET blind_index = %s WHERE id = %s",
        _of_document,
    ),
    Indexed(
        ("identity.oidc_link.subject_index",),
        """
        SELECT provider_id, staff_id, subject, subject_index FROM identity.oidc_link
        WHERE (provider_id, staff_id) > (%s, %s) ORDER BY provider_id, staff_id LIMIT %s
        """,
        "UPDATE identity.oidc_link SET subject_index = %s WHERE provider_id = %s AND staff_id = %s",
        _of_link,
        keys=2,
    ),
)
