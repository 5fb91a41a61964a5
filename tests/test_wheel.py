"""The wheel holds the program and its model, nothing else, and works from anywhere once it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODEL = {f"classifier/default_model/{name}" for name in ("model.safetensors", "config.json", "CARD.md")}
QUIET = {
    "SOURCE_DATE_EPOCH": "1700000000",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | QUIET
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=environment, capture_output=True, timeout=900, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", ROOT, "--no-deps", "--quiet", "--wheel-dir", folder, cwd=folder)
    [path] = folder.iterdir()
    return path


def test_same_bytes_twice(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "wheel", ROOT, "--no-deps", "--quiet", "--wheel-dir", tmp_path, cwd=tmp_path)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_files(wheel: Path) -> None:
    assert wheel.name.startswith("denag-")
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        model = archive.read("classifier/default_model/model.safetensors")
        scripts = archive.read(next(name for name in names if name.endswith("/entry_points.txt"))).decode()
    modules = {
        str(path.relative_to(ROOT))
        for folder in ("classifier", "training")
        for suffix in ("py", "j2", "css")
        for path in (ROOT / folder).rglob(f"*.{suffix}")
    }
    info = {name for name in names if name.partition("/")[0].endswith(".dist-info")}
    marks = {"classifier/py.typed", "training/py.typed"}
    assert marks <= names, "without them nobody's type checker sees the types"
    page = {
        str(path.relative_to(ROOT))
        for folder in ("static", "templates")
        for path in (ROOT / "classifier" / "review" / folder).iterdir()
    }
    assert "classifier/review/static/review.js" in page
    assert names - info - marks == modules | MODEL | page
    assert {name.partition("/")[2] for name in info} == {
        "METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE",
    }  # fmt: skip
    assert model == (ROOT / "models" / "default" / "model.safetensors").read_bytes()
    assert "denag = classifier.cli:main" in scripts


def test_installed_wheel_cleans_a_page(wheel: Path, tmp_path: Path, html_page: str) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "page.html").write_text(html_page, encoding="utf-8")
    pip = (binaries / "python", "-m", "pip", "install", "--quiet")
    run(*pip, "--constraint", ROOT / "constraints.txt", wheel, cwd=elsewhere)
    where = run(binaries / "python", "-c", "import classifier; print(classifier.__file__)", cwd=elsewhere).stdout
    assert Path(where.strip()).is_relative_to(tmp_path / "venv")
    cleaned = run(binaries / "denag", "clean", "page.html", cwd=elsewhere).stdout
    assert "the ferry is back between the islands" in cleaned
    assert "newsletter" not in cleaned
    assert list(elsewhere.iterdir()) == [elsewhere / "page.html"]
