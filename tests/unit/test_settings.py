"""Settings: read from the environment alone, slips named, and written down as they are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.platform.settings import PREFIX, LogFormat, Settings, SettingsError, declarations, table, variable_of

HOME = {"HOME": "/home/clerk"}
VARIABLES = [variable_of(name) for name in declarations()]


def test_nothing_set_is_a_small_hospital_on_one_machine() -> None:
    settings = Settings.read(HOME)
    assert settings.database is None
    assert settings.data_dir == Path("/home/clerk/.local/share/firsthand")
    assert settings.keys == settings.data_dir / "keys"
    assert settings.checkpoints == settings.data_dir / "checkpoints"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert str(settings.time_zone) == "Asia/Shanghai"
    assert settings.log_format is LogFormat.JSON


def test_what_is_set_is_read() -> None:
    settings = Settings.read(
        {
            "FIRSTHAND_DATA_DIR": "/srv/firsthand",
            "FIRSTHAND_KEYS": "/etc/firsthand/keys",
            "FIRSTHAND_DATABASE": "postgresql://app@db/firsthand",
            "FIRSTHAND_PORT": "80",
            "FIRSTHAND_HOST": "::1",
            "FIRSTHAND_PUBLIC_URL": "https://example.org/",
            "FIRSTHAND_TRUSTED_PROXY": "10.0.0.1, fd00::/8",
            "FIRSTHAND_LOG_LEVEL": "WARNING",
        }
    )
    assert settings.keys == Path("/etc/firsthand/keys")
    assert settings.checkpoints == Path("/srv/firsthand/checkpoints")
    assert settings.port == 80
    assert settings.base_url == "https://example.org"
    assert settings.trusted_proxy == ("10.0.0.1/32", "fd00::/8")
    assert settings.log_level == "warning"


def test_the_data_go_where_the_desktop_says() -> None:
    assert Settings.read(HOME | {"XDG_DATA_HOME": "/data"}).data_dir == Path("/data/firsthand")
    assert Settings.read(HOME | {"XDG_DATA_HOME": "data"}).data_dir == Path("/home/clerk/.local/share/firsthand")


def test_an_empty_variable_is_not_set() -> None:
    assert Settings.read(HOME | dict.fromkeys(VARIABLES, "")) == Settings.read(HOME)


def test_a_slip_is_named_with_what_was_meant() -> None:
    with pytest.raises(SettingsError, match=r"FIRSTHAND_DATABSE is no setting.*FIRSTHAND_DATABASE"):
        Settings.read({"FIRSTHAND_DATABSE": "x"})


def test_the_tests_own_variables_are_no_slips() -> None:
    assert Settings.read(HOME | {"FIRSTHAND_DATA": "/data"}) == Settings.read(HOME)


@pytest.mark.parametrize("name", ["DEMO", "CLOCK", "SEED", "NOW", "RANDOM", "CHANCE"])
def test_no_setting_can_switch_a_demo_on(name: str) -> None:
    with pytest.raises(SettingsError):
        Settings.read({PREFIX + name: "1"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("FIRSTHAND_PORT", "0"),
        ("FIRSTHAND_PORT", "65536"),
        ("FIRSTHAND_PORT", "８０"),
        ("FIRSTHAND_PORT", "9" * 5000),
        ("FIRSTHAND_WEB_PROCESSES", "-1"),
        ("FIRSTHAND_DATA_DIR", "data"),
        ("FIRSTHAND_DATA_DIR", "~nobody-of-this-name/data"),
        ("FIRSTHAND_DATABASE", "host=db password"),
        ("FIRSTHAND_TIME_ZONE", "Shangai"),
        ("FIRSTHAND_TIME_ZONE", "../etc"),
        ("FIRSTHAND_PUBLIC_URL", "ftp://example.org"),
        ("FIRSTHAND_PUBLIC_URL", "https://clerk@example.org"),
        ("FIRSTHAND_PUBLIC_URL", "http://[half"),
        ("FIRSTHAND_TRUSTED_PROXY", "10.0.0.1;10.0.0.2"),
        ("FIRSTHAND_LOG_LEVEL", "loud"),
        ("FIRSTHAND_LOG_FORMAT", "xml"),
    ],
)
def test_what_makes_no_sense_is_named_and_not_repeated(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be ") as caught:
        Settings.read(HOME | {name: text})
    assert len(text) < 3 or text not in str(caught.value)


@given(st.sampled_from(VARIABLES), st.text())
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    said = ""
    try:
        settings = Settings.read(HOME | {name: text})
    except SettingsError as error:
        said = str(error)
        settings = Settings.read(HOME)
    assert said == "" or said.startswith(f"{name} must be ")
    assert settings.data_dir.is_absolute()
    assert 1 <= settings.port <= 65_535


def test_passwords_are_not_shown() -> None:
    secret = "postgresql://app:violet-harbour@db/firsthand"
    names = ("FIRSTHAND_DATABASE", "FIRSTHAND_DATABASE_OWNER", "FIRSTHAND_DATABASE_AUDIT")
    assert "violet" not in repr(Settings.read(HOME | dict.fromkeys(names, secret)))


def test_the_page_of_settings_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    assert page.read_text("utf-8") == table(), "run: python -m firsthand.platform.settings > docs/settings.md"
