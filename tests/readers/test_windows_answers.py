"""What the Windows reader makes of answers made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.readers import windows
from kanmon.readers.transport.sections import Section, split
from lab import windows as lab_windows
from lab.world.world import make


def answer(**changed):
    """The sections of the simulated machine's answer, some of them replaced."""
    machine = make("t", {"title": "t", "machine": [{"name": "w", "protection": "agent"}]}).machine[
        0
    ]
    _, output = lab_windows.cmd(windows.COMMAND, machine)
    return {**split(output.decode(), windows.QUESTIONS, "t", ""), **changed}


def test_a_japanese_machine_is_understood():
    """Messages and labels in the machine's language change nothing."""
    absent = "エラー: 指定されたレジストリ キーまたは値が見つかりませんでした。"
    no_service = "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n\n指定されたサービスは…"
    parts = {
        name: Section(section.status, absent)
        if section.status == 1
        else Section(section.status, no_service)
        if section.status == 1060
        else section
        for name, section in answer().items()
    }
    parts["service-vsepflt"] = Section(
        0, "SERVICE_NAME: vsepflt\n  種類  : 2  FILE_SYSTEM_DRIVER\n  状態  : 4  RUNNING\n"
    )
    parts["drive"] = Section(0, "\n 5 個のディレクトリ  82542182400 バイトの空き領域\n")
    known = windows.windows(parts)
    assert known.service("vsepflt") == "RUNNING"
    assert known.system_drive_free == 82542182400
    assert not known.root_update_disabled


DENIED = Section(1, "ERROR: Access is denied.\n")
EMPTY = Section(0, "\n")


@pytest.mark.parametrize(
    "changed",
    [
        {"root-local": DENIED},
        {"root-local": EMPTY},
        {"root-local": Section(1, lab_windows.NO_KEY)},
        {"root-policy": DENIED},
        {"authroot-local": DENIED},
        {"disallowed-local": DENIED},
        {"disallowed-enterprise": Section(0, "HKEY_LOCAL_MACHINE\\X\\Certificates\\nonsense\n")},
        {"product": Section(1, lab_windows.NO_KEY)},
        {"build": DENIED},
        {"build": EMPTY},
        {"ubr": DENIED},
        {"ubr": Section(0, "    UBR    REG_DWORD    many\n")},
        {"root-update": DENIED},
        {"root-url": DENIED},
        {"servicing": DENIED},
        {"update": DENIED},
        {"renames": DENIED},
        {"service-vsepflt": Section(5, lab_windows.SERVICE_DENIED)},
        {"service-amsp": EMPTY},
        {"service-amsp": Section(5, "  STATE : 4  RUNNING\n")},
        {"service-amsp": Section(0, "  STATE : 4  WALKING\n")},
        {"a-service": Section(5, lab_windows.SERVICE_DENIED)},
        {
            name: Section(5, lab_windows.SERVICE_DENIED)
            for name in windows.QUESTIONS
            if windows.QUESTIONS[name].startswith("sc ")
        },
        {name: Section(9009, "'reg' is not recognized") for name in ("no-key", "root-local")},
        {"drive": Section(1, "File Not Found\n")},
        {"drive": Section(0, " Directory of C:\\\n 17 Dir(s)\n")},
    ],
)
def test_what_was_not_told_is_never_taken_for_absent(changed):
    """Denied, empty, garbled or missing: the machine is unread, whichever question it was."""
    windows.windows(answer())
    with pytest.raises(CouldNotRead):
        windows.windows(answer(**changed))


def test_optional_things_are_read_when_they_are_there():
    """Group policy's and enterprise's roots, a redirected root list, a pending Windows Update."""
    thumbprint = "0123456789ABCDEF0123456789abcdef01234567"
    key = "\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\root"
    key += "\\Certificates"
    known = windows.windows(
        answer(
            **{
                "root-policy": Section(
                    0, f"{key}\n    (Default)    REG_SZ    x\n\n{key}\\{thumbprint}\n"
                ),
                "root-url": Section(0, "    RootDirURL    REG_SZ    http://wsus.corp/roots\n"),
                "root-update": Section(0, "    DisableRootAutoUpdate    REG_DWORD    0x0\n"),
                "update": Section(0, ""),
                "renames": Section(0, "    PendingFileRenameOperations    REG_MULTI_SZ    \n"),
            }
        )
    )
    assert thumbprint.upper() in known.root
    assert known.root_update_url == "http://wsus.corp/roots"
    assert not known.root_update_disabled
    assert known.pending_reboot == ("Windows Update",)


def shown(said, order="yyyy/MM/dd", bias="0xfffffde4"):
    """The clock of a machine that shows this, in this order, so many minutes from UTC."""
    at = datetime(2026, 11, 30, tzinfo=UTC)
    parts = answer(
        **{
            "clock": Section(0, f"{said}\n"),
            "date-order": Section(0, f"    sShortDate    REG_SZ    {order}\n"),
            "bias": Section(0, f"    ActiveTimeBias    REG_DWORD    {bias}\n"),
        }
    )
    return windows.clock(parts, at, at)


@pytest.mark.parametrize(
    ("said", "order", "bias", "utc"),
    [
        ("2026/11/30  9:05:07.12", "yyyy/MM/dd", "0xfffffde4", (2026, 11, 30, 0, 5, 7)),
        ("2026/11/30 09:05:07.12", "yyyy/MM/dd", "0xfffffde4", (2026, 11, 30, 0, 5, 7)),
        ("Mon 11/30/2026 20:05:07.12", "M/d/yyyy", "0x12c", (2026, 12, 1, 1, 5, 7)),
        ("30.11.2026 20:05:07,12", "dd.MM.yyyy", "0xffffffc4", (2026, 11, 30, 19, 5, 7)),
        ("30-11-26 20:05:07,12", "dd-MM-yy", "0x0", (2026, 11, 30, 20, 5, 7)),
        ("Mo 30.11.2026 20:05:07,12", "ddd dd.MM.yyyy", "0x0", (2026, 11, 30, 20, 5, 7)),
    ],
)
def test_the_clock_in_the_forms_of_several_countries(said, order, bias, utc):
    """Day, month and year in the order of the account, and the bias without its sign."""
    found = shown(said, order, bias)
    assert found.told == datetime(*utc, 120_000, tzinfo=UTC)
    assert found.grain == 0.01


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("30-Nov-26 20:05:07.12", "dd-MMM-yy"),
        ("R8/11/30 20:05:07.12", "gg y/M/d"),
        ("30/11/2569 20:05:07.12", "dd/MM/yyyy"),
        ("2026/11/30 20:05:07.12", "MM/dd/yyyy"),
        ("2026/11/30", "yyyy/MM/dd"),
        ("%date% %time%", "yyyy/MM/dd"),
        ("2026/11/30 20:05:07.12", "yyyy"),
    ],
)
def test_a_clock_in_another_form_is_unread_by_itself(said, order):
    """A month's name, an era, another calendar, or no time: the rest of the machine is read."""
    assert isinstance(shown(said, order), Unread)


@pytest.mark.parametrize("part", ["bias", "date-order"])
def test_a_clock_without_its_zone_or_order_is_unread(part):
    """Neither is guessed."""
    at = datetime(2026, 11, 30, tzinfo=UTC)
    assert isinstance(windows.clock(answer(**{part: DENIED}), at, at), Unread)


def test_the_simulated_machines_clock_is_this_machines():
    """The lab answers as cmd does to an account of Japan."""
    asked = datetime.now(UTC)
    parts = answer()
    found = windows.clock(parts, asked, datetime.now(UTC))
    assert found.low <= 0 <= found.high


def test_the_command_fits_into_cmd():
    """A cmd line has 8191 characters at most, and the shell puts its own name before ours."""
    assert len(windows.COMMAND) < 8000
    assert "\n" not in windows.COMMAND
    assert "powershell" not in windows.COMMAND.lower()
