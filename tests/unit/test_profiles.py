"""Profiles fill in what the user did not set, and never contradict what the user did."""

from __future__ import annotations

import pytest

from clipy.errors import ConfigError
from clipy.registry import create
from clipy.stages.base import Highlighter
from clipy.stages.profiles import PROFILES, fitted


def options(**given: object) -> Highlighter.Options:
    backend = create("highlight", "even", given)
    assert isinstance(backend, Highlighter)
    return backend.options


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_valid_by_itself_and_sets_only_options_that_exist(profile: str) -> None:
    set_by_profile = options(profile=profile)
    for name, value in PROFILES[profile].items():
        assert getattr(set_by_profile, name) == value


def test_no_profile_changes_nothing() -> None:
    plain = options()
    assert (plain.min_duration, plain.max_duration, plain.target_duration) == (15, 60, None)
    assert (plain.max_silence, plain.snap, plain.about) == (None, 0.5, "")


def test_user_settings_override_the_profile() -> None:
    chosen = options(profile="lecture", snap=1.0, max_silence=9, target_duration=100)
    assert (chosen.snap, chosen.max_silence, chosen.target_duration) == (1.0, 9, 100)
    assert chosen.min_duration == PROFILES["lecture"]["min_duration"]


@pytest.mark.parametrize("bounds", [{"max_duration": 20}, {"min_duration": 200}, {"min_duration": 70}])
def test_profile_lengths_are_clamped_to_user_bounds(bounds: dict[str, float]) -> None:
    for profile in PROFILES:
        fitting = fitted(PROFILES[profile], bounds)
        assert fitting["min_duration"] <= fitting["target_duration"] <= fitting["max_duration"]
        options(profile=profile, **bounds)


def test_contradictory_user_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"target_duration 99\.0 lies outside"):
        options(target_duration=99)
    with pytest.raises(ConfigError, match="podcast"):
        options(profile="podcats")
    with pytest.raises(ConfigError, match="profile"):
        options(profile=["podcast"])
