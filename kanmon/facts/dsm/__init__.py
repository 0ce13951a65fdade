"""What was read of Deep Security Manager."""
