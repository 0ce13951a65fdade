"""Which kanmon judged: an installed wheel against its RECORD, and a place that has neither."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from kanmon.evidence.software import Software, compared

NAMES = ("kanmon/__init__.py", "kanmon/gate.py")


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Site-packages into which a wheel of two modules was installed."""
    lines = ["kanmon-0.1.0.dist-info/RECORD,,"]
    for name in NAMES:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# {name}\n")
        digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=")
        lines.append(f"{name},sha256={digest.decode()},{path.stat().st_size}")
    about = tmp_path / "kanmon-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: kanmon\nVersion: 0.1.0\n")
    (about / "RECORD").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_an_installed_wheel_is_as_its_record_says(wheel: Path) -> None:
    """Every digest holds, wherever the checks lie that a wheel does not have."""
    assert compared(Path("/elsewhere"), wheel) == Software(compared_with="RECORD")


def test_what_an_installed_wheel_does_not_have(wheel: Path) -> None:
    """An edited file and a missing one are changed, a new one is the operator's own."""
    (wheel / NAMES[0]).write_text("# edited\n")
    (wheel / NAMES[1]).unlink()
    (wheel / "kanmon" / "own.py").write_text("")
    told = compared(Path("/elsewhere"), wheel)
    assert (told.changed, told.own) == (NAMES, ("kanmon/own.py",))


def test_neither_git_nor_a_record(tmp_path: Path) -> None:
    """Files that nothing can be held against are not compared, which is no sameness."""
    (tmp_path / "kanmon").mkdir()
    assert compared(tmp_path, tmp_path).compared_with is None
