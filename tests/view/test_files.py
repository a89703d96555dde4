"""A file is written completely or not at all."""

import os

import pytest

from autograd import Value, draw


def test_a_missing_folder_is_named(traced, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*absent' to write 'a.svg' into"):
        draw(traced).save(tmp_path / "absent" / "a.svg")


def test_permissions_are_those_of_any_file(traced, tmp_path):
    ordinary, picture = tmp_path / "ordinary", tmp_path / "picture.svg"
    ordinary.write_text("")
    draw(traced).save(picture)
    assert picture.stat().st_mode == ordinary.stat().st_mode
    picture.chmod(0o640)
    draw(traced).save(picture)
    assert picture.stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed(traced, tmp_path):
    (tmp_path / "link.svg").symlink_to(tmp_path / "picture.svg")
    draw(traced).save(tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "picture.svg").read_text().startswith("<svg")


def test_a_failed_write_leaves_the_old_file(traced, tmp_path, monkeypatch):
    path = draw(traced).save(tmp_path / "picture.svg")
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        draw(Value(1.0) * 2).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
