"""What it comes to: judgements, waivers, and the verdict of a run."""
