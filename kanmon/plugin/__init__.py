"""How pytest runs the checks: thin hooks, which call ``kanmon.suite`` and hold no rule."""

PLUGINS = (
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
"""All of them, by the names that pytest knows them by; a run without one of them is refused."""
