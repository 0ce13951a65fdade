"""What was read of vCenter."""
