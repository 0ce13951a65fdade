"""What pytest loaded beside its own parts, and which of it kanmon does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from kanmon.check import card_of
from kanmon.plugin import PLUGINS

KNOWN = (
    *("_pytest", "pytest_html", "pytest_metadata", "testinfra", "xdist", "pluggy"),
    *("_hypothesis_pytestplugin", "_hypothesis_ftz_detector"),
)
"""Packages whose plugins come with kanmon's requirements, or those of its developers."""
TAKES_PART = (
    *("pytest_collect", "pytest_pycollect", "pytest_ignore_collect", "pytest_itemcollected"),
    *("pytest_generate_tests", "pytest_make", "pytest_deselected", "pytest_fixture"),
    *("pytest_runtest", "pytest_pyfunc_call", "pytest_sessionfinish", "pytest_unconfigure"),
    *("pytest_cmdline", "pytest_exception_interact"),
)
"""Beginnings of the hooks by which a plugin can change what is judged, or how it ends."""


def missing(config: pytest.Config) -> list[str]:
    """Plugins of kanmon's own that somebody switched off."""
    return [name for name in PLUGINS if not config.pluginmanager.has_plugin(name)]


def loaded(config: pytest.Config) -> tuple[str, ...]:
    """Every plugin but the parts of pytest and of kanmon: distributions with their version."""
    installed = config.pluginmanager.list_plugin_distinfo()
    named = {f"{dist.project_name} {dist.version}" for _, dist in installed}
    known = {id(one) for one, _ in installed}
    others = (_short(name, config) for name, one in _unknown(config) if id(one) not in known)
    return tuple(sorted({f"pytest {pytest.__version__}", *named, *others}))


def strangers(config: pytest.Config, items: Iterable[pytest.Item]) -> tuple[str, ...]:
    """Plugins that kanmon does not know, and that take part in a run by a hook or a fixture.

    Args:
        config: of pytest.
        items: the checks of the run.
    """
    hooks = {
        _short(name, config)
        for name, one in _unknown(config)
        for caller in config.pluginmanager.get_hookcallers(one) or ()
        if caller.name.startswith(TAKES_PART)
    }
    names = {_module(one): _short(name, config) for name, one in _unknown(config)}
    return tuple(sorted(hooks | {names.get(module, module) for module in _fixtures(items)}))


def _unknown(config: pytest.Config) -> Iterator[tuple[str, object]]:
    """Plugins that are neither of the known packages nor kanmon's own, by name."""
    for name, one in config.pluginmanager.list_name_plugin():
        if one is not None and _package(one) not in KNOWN and not _ours(one, config):
            yield name, one


def _fixtures(items: Iterable[pytest.Item]) -> Iterator[str]:
    """Where the fixtures of checks come from that are neither kanmon's nor of the check's file."""
    for item in items:
        if not card_of(item):
            continue
        own = {getattr(getattr(item, "module", None), "__name__", ""), *PLUGINS}
        for each in getattr(item, "_fixtureinfo").name2fixturedefs.values():  # noqa: B009 - not public
            module = each[-1].func.__module__
            if module not in own and module.partition(".")[0] not in KNOWN:
                yield module


def _ours(plugin: object, config: pytest.Config) -> bool:
    """Whether a plugin is one of kanmon's, or an object that one of them made."""
    if getattr(plugin, "__file__", None) == str(config.rootpath / "conftest.py"):
        return True
    return _module(plugin) in PLUGINS


def _module(plugin: object) -> str:
    """The module that a plugin is, or that its class is of."""
    return str(getattr(plugin, "__name__", None) or type(plugin).__module__)


def _package(plugin: object) -> str:
    return _module(plugin).partition(".")[0]


def _short(name: str, config: pytest.Config) -> str:
    """A plugin's name; of a conftest.py its path within the suite."""
    path = Path(name)
    inside = path.is_absolute() and path.is_relative_to(config.rootpath)
    return path.relative_to(config.rootpath).as_posix() if inside else name
