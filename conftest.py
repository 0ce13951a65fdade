"""The plugins. Options and fixtures live in fixtures/, judgement in checks/."""

pytest_plugins = (
    "fixtures.options",
    "fixtures.selection",
    "fixtures.reading",
    "fixtures.upgrade",
    "fixtures.plan",
    "fixtures.baseline",
    "fixtures.verdict",
    "fixtures.outcome",
    "fixtures.certificates",
    "fixtures.vcenter",
    "fixtures.nsxv",
    "fixtures.nsxt",
    "fixtures.dsm",
    "fixtures.database",
    "fixtures.linux",
    "fixtures.windows",
)
