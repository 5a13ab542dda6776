"""Which ways out of the house there are, by the settings."""

from pathlib import Path
from typing import Final

from firsthand.messages.model import Sender, Senders, Way
from firsthand.messages.senders.email import EmailSender
from firsthand.messages.senders.sms import SmsSender
from firsthand.platform.settings import Settings, SettingsError

REPORT_KEY_CHARACTERS_MIN: Final = 32
_SECRET_BYTES_MAX: Final = 4096


def open_senders(settings: Settings) -> Senders:
    """Return the senders that are set. Raises SettingsError where one is set by half, or its secret cannot be read."""
    senders: dict[Way, Sender] = {}
    if settings.sms_url is not None:
        token = read_secret("FIRSTHAND_SMS_TOKEN_FILE", settings.sms_token_file)
        senders[Way.SMS] = SmsSender(settings.sms_url, token=token, sender_name=settings.sms_sender)
    if settings.smtp_server is not None:
        if settings.email_from is None:
            raise SettingsError("FIRSTHAND_EMAIL_FROM must be set where FIRSTHAND_SMTP_SERVER is.")
        password = read_secret("FIRSTHAND_SMTP_PASSWORD_FILE", settings.smtp_password_file)
        senders[Way.EMAIL] = EmailSender(settings.smtp_server, settings.email_from, password=password)
    return senders


def read_report_key(settings: Settings) -> bytes | None:
    """Return the secret that the SMS gateway signs its reports with, None where none is set. Raises SettingsError."""
    if settings.sms_report_key_file is None:
        return None
    key = read_secret("FIRSTHAND_SMS_REPORT_KEY_FILE", settings.sms_report_key_file)
    if len(key) < REPORT_KEY_CHARACTERS_MIN:
        raise SettingsError(
            f"FIRSTHAND_SMS_REPORT_KEY_FILE must hold a secret of {REPORT_KEY_CHARACTERS_MIN} characters or more."
        )
    return key.encode()


def read_secret(variable: str, path: Path | None) -> str:
    """Return the one line of a secret's file, "" where there is none. Raises SettingsError, which holds no secret."""
    if path is None:
        return ""
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"The file of {variable} can be read by others: run `chmod 600` on it.")
        text = path.read_bytes()[: _SECRET_BYTES_MAX + 1].decode("ascii").strip()
    except OSError as error:
        raise SettingsError(f"The file of {variable} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        text = ""
    if not text or len(text) > _SECRET_BYTES_MAX or not text.isprintable() or " " in text:
        raise SettingsError(f"The file of {variable} must hold one secret, in letters, digits and signs on one line.")
    return text
