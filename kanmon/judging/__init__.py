"""What checks of one subject share: judgement on plain facts, without reading anything."""
