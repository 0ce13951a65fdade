"""The plugins. Hooks live in kanmon/plugin/, fixtures in fixtures/, judgement in checks/."""

pytest_plugins = (
    "kanmon.plugin.garbage",
    "kanmon.plugin.options",
    "kanmon.plugin.selection",
    "kanmon.plugin.reading",
    "kanmon.plugin.judgement",
    "kanmon.plugin.conclusion",
    "kanmon.plugin.renderings",
    "kanmon.plugin.live",
    "fixtures.facts",
    "kanmon.plugin.manifest",
)
