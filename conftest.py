"""The plugins. Hooks live in kanmon/plugin/, fixtures in fixtures/, judgement in checks/."""

from kanmon.plugin import PLUGINS

pytest_plugins = PLUGINS
