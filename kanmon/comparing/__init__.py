"""Two runs of one environment beside each other: what vanished, what appeared, what changed.

Pure: facts in, a comparison out. Objects are known again by their ids, never by name alone; what is
compared, and what a step changes by itself, stands in ``objects.toml``.
"""

from kanmon.comparing.baseline import Baseline
from kanmon.comparing.compare import Side, compare
from kanmon.comparing.compared import keys
from kanmon.comparing.comparison import Change, Comparison, NotCompared, Weight
from kanmon.comparing.expected import Expectation
from kanmon.comparing.pairing import pair

__all__ = [
    "Baseline",
    "Change",
    "Comparison",
    "Expectation",
    "NotCompared",
    "Side",
    "Weight",
    "compare",
    "keys",
    "pair",
]
