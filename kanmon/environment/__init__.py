"""What the operator wrote: the environment file, its targets, its change, its credentials."""
