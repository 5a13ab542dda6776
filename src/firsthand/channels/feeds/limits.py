"""How large a feed may be. Beyond any of these it is rejected, so that none can exhaust memory or the database."""

from typing import Final

MANIFEST_BYTES_MAX: Final = 4 * 1024 * 1024
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
FEED_BYTES_MAX: Final = 512 * 1024 * 1024
LINE_BYTES_MAX: Final = 256 * 1024
FILES_MAX: Final = 2_000
LINES_MAX: Final = 1_000_000
PLACES_MAX: Final = 5_000_000
NAME_LENGTH_MAX: Final = 200
ADDRESS_LENGTH_MAX: Final = 500
PHONE_LENGTH_MAX: Final = 64
URL_LENGTH_MAX: Final = 2_048
REQUEST_SECONDS_MAX: Final = 120
REDIRECTS_MAX: Final = 5
