"""What the Windows reader makes of answers made by hand."""

from __future__ import annotations

import pytest

from kanmon.errors import CouldNotRead
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


def test_the_command_fits_into_cmd():
    """A cmd line has 8191 characters at most, and the shell puts its own name before ours."""
    assert len(windows.COMMAND) < 8000
    assert "\n" not in windows.COMMAND
    assert "powershell" not in windows.COMMAND.lower()
