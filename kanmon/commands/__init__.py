"""What an operator can type: the command ``kanmon``, one file for each of its subjects."""
