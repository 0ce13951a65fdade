"""What a world file says of an estate, subject by subject."""
