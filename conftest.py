"""The plugins. Options and fixtures live in fixtures/, judgement in checks/."""

pytest_plugins = (
    "fixtures.options",
    "fixtures.selection",
    "fixtures.reading",
    "fixtures.upgrade",
    "fixtures.plan",
    "fixtures.baseline",
    "fixtures.waivers",
    "fixtures.verdict",
    "fixtures.outcome",
    "fixtures.renderings",
    "fixtures.live",
    "fixtures.certificates",
    "fixtures.vcenter",
    "fixtures.nsxv",
    "fixtures.nsxt",
    "fixtures.dsm",
    "fixtures.database",
    "fixtures.linux",
    "fixtures.windows",
    "fixtures.manifest",
)
