"""What was read of NSX-T."""
