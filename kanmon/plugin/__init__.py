"""How pytest runs the checks: thin hooks, which call ``kanmon.suite`` and hold no rule."""
