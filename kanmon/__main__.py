"""``python -I -m kanmon``: the command, apart from its caller's directory and variables."""

import sys

from kanmon.commands.cli import main

sys.exit(main())
