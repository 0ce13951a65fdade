"""A run of the suite, without pytest: what was asked for, what a check may ask for, how it ends."""
