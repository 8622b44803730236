"""Thirty nights: what arrives each day is loaded each night, and the star is right every time."""

import shutil
import tarfile
from pathlib import Path

import pytest

from support.etl_warehouse import EtlWarehouse
from support.sparkify import write_sparkify
from support.versions import STARS, expected_star

pytestmark = pytest.mark.db

SONG_PARTS = 3


def parts(files: list[Path], count: int) -> list[list[Path]]:
    """The files shared out, each part spread over all of them."""
    return [files[number::count] for number in range(count)]


def arrive(dwh: EtlWarehouse, origin: Path, files: list[Path]) -> None:
    for path in files:
        place = dwh.source / path.relative_to(origin)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)


def live_through(dwh: EtlWarehouse, origin: Path) -> None:
    """Loads `origin` a log file a night, in the order of their names. The songs come in three
    parts: before the first night, after a third and after two thirds of the nights, so that most
    plays wait for their song."""
    shutil.rmtree(dwh.source)
    days = sorted((origin / "log_data").rglob("*.json"))
    songs = parts(sorted((origin / "song_data").rglob("*.json")), SONG_PARTS)
    for night, day in enumerate(days):
        arrive(dwh, origin, [day])
        if night % (len(days) // SONG_PARTS) == 0 and songs:
            arrive(dwh, origin, songs.pop())
        dwh.etl()
        assert dwh.star() == expected_star(dwh.model, dwh.source), f"night {night}, {day.name}"
    assert not songs and len(days) >= 30
    # All but the first nights left what was there alone.
    runs = dwh.sql("SELECT count(DISTINCT run_id) FROM stage.etl_objects")
    assert int(runs) > len(days) * 2 // 3
    last = dwh.content()
    dwh.etl("--full")
    assert dwh.content() == last


@pytest.mark.parametrize("model", STARS)
def test_nights_of_generated_data(dwh, tmp_path, model):
    """Five files for each day, so that plays of one user, session and moment come in several."""
    origin = write_sparkify(tmp_path / "origin", seed=30)
    for path in sorted((origin / "log_data").rglob("*.json")):
        lines = path.read_text(encoding="ascii").splitlines()
        path.unlink()
        for number in range(5):
            path.with_stem(f"{path.stem}-{number}").write_text("\n".join(lines[number::5]))
    live_through(dwh.choose(model), origin)


def bundle(archive: Path, origin: Path) -> None:
    """The songs of each of the archive's folders in one file: thousands of files take their time,
    and other tests have them."""
    folders: dict[Path, list[bytes]] = {}
    with tarfile.open(archive) as members:
        for member in members:
            if member.isfile():
                songs = folders.setdefault(origin / Path(member.name).parent, [])
                songs.append(members.extractfile(member).read().strip())
    for folder, songs in folders.items():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.with_suffix(".json").write_bytes(b"\n".join(songs))


@pytest.mark.public
@pytest.mark.parametrize("model, songs", [("classic", "71 songs"), ("classic", "14,896 songs"),
                                          ("history", "71 songs")])
def test_nights_of_public_data(dwh, public_data, tmp_path, model, songs):
    origin = tmp_path / "origin"
    shutil.copytree(public_data / "sparkify/log_data", origin / "log_data")
    if songs == "71 songs":
        shutil.copytree(public_data / "sparkify/song_data", origin / "song_data")
    else:
        bundle(public_data / "sparkify-full/song_data.tar.gz", origin)
    live_through(dwh.choose(model), origin)
    matched = dwh.sql("SELECT count(*) FROM star.songplays WHERE song_id IS NOT NULL")
    assert matched == {"71 songs": "1", "14,896 songs": "319"}[songs]
