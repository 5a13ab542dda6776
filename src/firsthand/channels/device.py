"""What kind of device a browser says it is: only so that its owner knows it again in the list of his sessions.

A few honest rules instead of a list of all browsers: what is not known stays unknown. The header is whatever a client
writes, so only words of our own come out of it.
"""

from typing import Final

# In this order: most browsers also name those they descend from.
_BROWSERS: Final = (
    ("MicroMessenger/", "WeChat"),
    ("AlipayClient/", "Alipay"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("UCBrowser/", "UC Browser"),
    ("MQQBrowser/", "QQ Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("python-httpx/", "httpx"),
    ("curl/", "curl"),
)
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_READ_CHARACTERS_MAX: Final = 500


def device_of(user_agent: str) -> str:
    """Return browser and system in plain words, such as "Chrome, Android"; "" where neither is known."""
    read = user_agent[:_READ_CHARACTERS_MAX]
    found = [next((name for sign, name in known if sign in read), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name)
