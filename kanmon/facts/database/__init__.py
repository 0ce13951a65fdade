"""What was read of database servers."""
