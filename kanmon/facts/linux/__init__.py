"""What was read of Linux hosts."""
