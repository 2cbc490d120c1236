"""Settings: which level wins, and what is refused, with which words."""

from __future__ import annotations

import inspect
import pydoc
import tomllib
from pathlib import Path

import jsonschema
import pytest

from clipy import config, device, registry
from clipy.cli import option_reference
from clipy.config import presets
from clipy.errors import BackendNotFound, ConfigError, SettingError
from clipy.groups import GROUPS
from clipy.pipeline.pipeline import Pipeline


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_defaults_make_a_complete_pipeline(here: Path) -> None:
    pipeline = Pipeline.from_config(config.load())
    assert pipeline.highlighter.name == "local"
    assert tuple(reviewer.name for reviewer in pipeline.reviewers) == GROUPS["review"].defaults


def test_precedence_is_flag_project_file_user_file_preset(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = here / "user" / "clipy"
    user.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(here / "user"))
    assert config.load(preset="draft").tables["render"].options == {"quality": "draft"}
    (user / "clipy.toml").write_text('[render]\nquality = "good"\n[highlight]\ncount = 7\nmin_duration = 5\n')
    assert config.load(preset="draft").tables["render"].options == {"quality": "good"}
    (here / "clipy.toml").write_text("[highlight]\ncount = 8\n")
    assert config.load().tables["highlight"].options == {"count": 8, "min_duration": 5}
    assert config.load(sets=["highlight.count=9"]).tables["highlight"].options["count"] == 9


def test_an_environment_variable_names_the_settings_file(here: Path) -> None:
    (here / "other.toml").write_text("[highlight]\ncount = 2\n")
    chosen = config.load(environment={"CLIPY_CONFIG": str(here / "other.toml")})
    assert chosen.tables["highlight"].options == {"count": 2}


def test_changing_the_backend_keeps_only_shared_options(here: Path) -> None:
    (here / "clipy.toml").write_text('[highlight]\ncount = 8\npace = 3\n[reframe]\nratio = "1:1"\nlayout = "single"\n')
    chosen = config.load(sets=["highlight.backend=even", "highlight.duration=20", "reframe.backend=center"])
    assert chosen.tables["highlight"] == config.Choice("even", {"count": 8, "duration": 20})
    assert chosen.tables["reframe"] == config.Choice("center", {"ratio": "1:1"})
    reframer = Pipeline.from_config(chosen).reframer.options.model_dump()
    assert (reframer["width"], reframer["height"]) == (1080, 1080)


def test_changing_the_backend_keeps_options_of_a_common_base_class(here: Path) -> None:
    (here / "clipy.toml").write_text('[render]\nquality = "best"\nthreads = 2\n')
    assert config.load(sets=["render=nvenc"]).tables["render"] == config.Choice("nvenc", {"quality": "best"})


def test_set_picks_the_backend_of_a_table_like_a_list(here: Path) -> None:
    assert config.load(sets=["reframe=center", "pizzazz=title"]).tables["reframe"].backend == "center"
    assert config.load(environment={"CLIPY_REFRAME": "center"}).tables["reframe"].backend == "center"


def test_backends_are_picked_before_options_are_set(here: Path) -> None:
    chosen = config.load(sets=["pizzazz.title.text=Hello", "highlight.duration=20", "pizzazz=title", "highlight=even"])
    assert chosen.lists["pizzazz"] == (config.Choice("title", {"text": "Hello"}),)
    assert chosen.tables["highlight"].options == {"duration": 20}


@pytest.mark.parametrize("text", ["2024", "1.50", "true", "1e3", "2026-12-01", "nan"])
def test_a_text_option_takes_text_that_looks_like_another_value(here: Path, text: str) -> None:
    chosen = config.load(sets=["pizzazz=title", f"pizzazz.title.text={text}"])
    (title,) = Pipeline.from_config(chosen).pizzazz
    assert title.options.model_dump()["text"] == text


def test_a_number_option_still_gets_a_number(here: Path) -> None:
    assert config.load(sets=["highlight.max_duration=45"]).tables["highlight"].options == {"max_duration": 45}


def test_relative_paths_in_a_file_start_at_the_folder_of_the_file(here: Path) -> None:
    (here / "brand").mkdir()
    (here / "brand" / "clipy.toml").write_text(
        '[transcribe]\nmodel = "./whisper"\n[reframe]\nbackend = "keyframes"\npath = "crops.json"\n'
        '[[pizzazz]]\nbackend = "watermark"\nimage = "logo.png"\nbrand = "/etc/kit.toml"\n'
        '[[upload]]\nbackend = "command"\nprogram = ["./send", "{path}", "x"]\n'
    )
    chosen = config.load(here / "brand" / "clipy.toml")
    assert chosen.tables["transcribe"].options == {"model": str(here / "brand" / "whisper")}
    assert chosen.tables["reframe"].options == {"path": str(here / "brand" / "crops.json")}
    assert chosen.lists["pizzazz"][0].options == {"image": str(here / "brand" / "logo.png"), "brand": "/etc/kit.toml"}
    assert chosen.lists["upload"][0].options == {"program": [str(here / "brand" / "send"), "{path}", "x"]}


def test_names_and_flags_are_not_resolved_as_paths(here: Path) -> None:
    (here / "brand").mkdir()
    (here / "brand" / "clipy.toml").write_text('[transcribe]\nmodel = "base"\n')
    chosen = config.load(here / "brand" / "clipy.toml", sets=["pizzazz=title", "pizzazz.title.font=a.ttf"])
    assert chosen.tables["transcribe"].options == {"model": "base"}
    assert chosen.lists["pizzazz"][0].options == {"font": "a.ttf"}


def test_help_shows_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPY_SOME_KEY", "a-value-nobody-should-see")
    for function in (config.load, config.files, config.store_folder):
        assert "a-value-nobody-should-see" not in pydoc.render_doc(function)
        assert "environ" not in str(inspect.signature(function)).replace("environment", "")


def test_a_list_replaces_the_list_of_a_lower_level(here: Path) -> None:
    (here / "clipy.toml").write_text("pizzazz = []\n")
    assert config.load().lists["pizzazz"] == ()
    chosen = config.load(sets=["pizzazz=captions", "pizzazz.captions.max_words=2"])
    assert chosen.lists["pizzazz"] == (config.Choice("captions", {"max_words": 2}),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[reframing]\n", "Did you mean 'reframe'"),
        ("[[reframe]]\n", r"\[reframe\]"),
        ("[pizzazz]\n", r"\[\[pizzazz\]\]"),
        ("[[pizzazz]]\nsize = 1\n", "backend ="),
        ("[reframe\n", "not valid TOML"),
    ],
)
def test_a_wrong_settings_file_is_refused(here: Path, text: str, says: str) -> None:
    (here / "clipy.toml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        config.load()


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("reframe", "cannot understand"),
        ("reframe.=1", "cannot understand"),
        ("refrane.layout=single", "Did you mean 'reframe'"),
        ("pizzazz.music.volume=1", "is not picked"),
    ],
)
def test_a_wrong_flag_is_refused(here: Path, setting: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        config.load(sets=[setting])


@pytest.mark.parametrize(
    ("setting", "kind", "says"),
    [
        ("highlight.cuont=3", ConfigError, "Did you mean 'count'"),
        ("highlight.count=0", ConfigError, "greater than or equal to 1"),
        ("highlight.min_duration=90", ConfigError, "longer than max_duration"),
        ("reframe.backend=centre", BackendNotFound, "Did you mean 'center'"),
        ("review=", ConfigError, "unreviewed"),
    ],
)
def test_pipeline_validates_before_any_work(here: Path, setting: str, kind: type[ConfigError], says: str) -> None:
    with pytest.raises(kind, match=says):
        Pipeline.from_config(config.load(sets=[setting]))


def test_the_commented_file_in_the_repository_is_the_generated_one() -> None:
    shipped = Path(__file__).parents[2] / "clipy.toml"
    assert shipped.read_text() == option_reference.template(), "write it again: clipy config init"


def test_the_commented_file_sets_nothing_and_uncommented_sets_the_defaults(here: Path) -> None:
    text = option_reference.template()
    (here / "clipy.toml").write_text(text)
    assert option_reference.as_toml(config.load()) == option_reference.as_toml(config.load(environment={}))
    lines = [
        line[1:] if line.startswith("#") and not line.startswith(("# ", "#  ", "#:")) else line
        for line in text.splitlines()
    ]
    kept = [line for line in lines if not line.rstrip().endswith("=")]
    before = option_reference.as_toml(config.load())
    (here / "clipy.toml").write_text("\n".join(kept))
    assert option_reference.as_toml(config.load()) == before


def test_the_schema_names_every_stage_and_refuses_unknown_keys() -> None:
    schema = option_reference.schema()
    assert list(schema["properties"])[-3:] == ["review", "upload", "executor"]
    assert schema["properties"].pop("device")["enum"] == list(device.NAMES)
    for name, table in schema["properties"].items():
        for pick in table.get("items", table).get("anyOf", [table]):
            assert pick["additionalProperties"] is False
            default = name in GROUPS and not GROUPS[name].many and pick["title"] in GROUPS[name].defaults
            assert default or "backend" in pick.get("required", ["backend"])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('[reframe]\nlayout = "single"', True),  # of the default backend
        ('[reframe]\nbackend = "center"\nwidth = 720', True),
        ('[store]\nmax_size = "5GB"', True),
        ('[[pizzazz]]\nbackend = "captions"\nmax_words = 3', True),
        ("pizzazz = []", True),
        ('[reframe]\nlayuot = "single"', False),
        ('[reframe]\nbackend = "center"\nlayout = "single"', False),
        ("[[pizzazz]]\nmax_words = 3", False),
        ('[render]\nquality = "perfect"', False),
        ("[nonsense]", False),
    ],
)
def test_the_schema_accepts_what_clipy_accepts(here: Path, text: str, right: bool) -> None:
    validator = jsonschema.Draft202012Validator(option_reference.schema())
    assert validator.is_valid(tomllib.loads(text)) is right
    (here / "clipy.toml").write_text(text)
    if right:
        Pipeline.from_config(config.load())
    else:
        with pytest.raises(ConfigError):
            Pipeline.from_config(config.load())


LEVELS = ("user file", "project file", "environment", "flag")


@pytest.mark.parametrize("preset", ["draft", "good", "best"])
@pytest.mark.parametrize("highest", range(len(LEVELS)))
def test_each_level_takes_precedence_over_lower_ones_and_every_preset(
    here: Path, monkeypatch: pytest.MonkeyPatch, highest: int, preset: str
) -> None:
    user = here / "user" / "clipy"
    user.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(here / "user"))
    values = [("good", 21), ("draft", 22), ("best", 23), ("good", 24)][: highest + 1]
    files = [user / "clipy.toml", here / "clipy.toml"]
    for file, (quality, rate) in zip(files, values, strict=False):
        file.write_text(f'[render]\nquality = "{quality}"\nframe_rate = {rate}\n')
    environment = {}
    if highest >= 2:
        quality, rate = values[2]
        environment = {"CLIPY_RENDER__QUALITY": quality, "CLIPY_RENDER__FRAME_RATE": str(rate)}
    sets = [f"render.quality={values[3][0]}", f"render.frame_rate={values[3][1]}"] if highest >= 3 else []
    chosen = config.load(preset=preset, sets=sets, environment=environment).tables["render"].options
    assert chosen == {"quality": values[-1][0], "frame_rate": values[-1][1]}


def test_the_environment_sets_tables_lists_and_the_store(here: Path) -> None:
    given = {
        "CLIPY_HIGHLIGHT__DURATION": "20",  # sorts before its backend, and is still an option of it
        "CLIPY_HIGHLIGHT__BACKEND": "even",
        "CLIPY_PIZZAZZ": "blur-background,captions",
        "CLIPY_PIZZAZZ__BLUR_BACKGROUND__MODEL": "x",
        "CLIPY_PIZZAZZ__CAPTIONS__MAX_WORDS": "2",
        "CLIPY_STORE__MAX_SIZE": "5GB",
        "CLIPY_STORE": "/somewhere",
        "CLIPY_YOUTUBE_CLIENT_ID": "not ours",
    }
    chosen = config.load(environment=given)
    assert chosen.tables["highlight"] == config.Choice("even", {"duration": 20})
    assert chosen.lists["pizzazz"] == (
        config.Choice("blur-background", {"model": "x"}),
        config.Choice("captions", {"max_words": 2}),
    )
    assert config.limits(chosen.store).size == 5 * 10**9


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("CLIPY_REFRAIN__LAYOUT", "Did you mean REFRAME"),
        ("CLIPY_REFRAME_LAYOUT", "Write CLIPY_REFRAME__LAYOUT"),
        ("CLIPY_REFRAME__A__B", "cannot understand"),
        ("CLIPY_PIZZAZZ__CAPTOINS__MAX_WORDS", "Did you mean CAPTIONS"),
        ("CLIPY_STORE__MAX_SIZES", "Did you mean 'max_size'"),
        ("CLIPY_STORE__MAX_SIZE", "is not a size"),
    ],
)
def test_a_misspelt_variable_is_refused(here: Path, variable: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        config.load(environment={variable: "single"})


def test_a_misspelt_option_in_the_environment_is_refused(here: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'layout'"):
        Pipeline.from_config(config.load(environment={"CLIPY_REFRAME__LAYUOT": "single"}))


def test_presets_of_quality_and_platform_are_joined(here: Path) -> None:
    chosen = config.load(preset=["draft", "reels"])
    assert chosen.tables["render"].options == {
        "quality": "draft", "max_size": "300MB", "loudness": -14.0, "true_peak": -1.0,
    }  # fmt: skip
    assert chosen.tables["highlight"].options == {"max_duration": 90}
    (technical,) = (choice for choice in chosen.lists["review"] if choice.backend == "technical")
    assert technical.options == {"platforms": ("reels",)}
    with pytest.raises(SettingError, match="Did you mean 'reels'"):
        config.load(preset=["good", "reel"])


@pytest.mark.parametrize("platform", ["shorts", "reels", "tiktok", "x", "linkedin"])
def test_every_backend_takes_the_preset_of_a_platform(platform: str) -> None:
    for group in ("highlight", "reframe", "pizzazz", "render", "review"):
        for listing in registry.listings(group):
            if listing.package == "clipy" and not listing.missing:
                registry.create(group, listing.name, presets.values([platform], group, listing.name))


def test_a_setting_of_the_user_counts_more_than_a_platform(here: Path) -> None:
    sets = ["highlight.max_duration=30", "reframe.width=540", "reframe.height=960"]
    chosen = config.load(preset="linkedin", sets=sets).tables
    assert chosen["highlight"].options["max_duration"] == 30
    registry.create("reframe", chosen["reframe"].backend, chosen["reframe"].options)
