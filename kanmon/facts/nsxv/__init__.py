"""What was read of NSX-V."""
