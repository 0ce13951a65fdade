"""What stays of a run: results, facts, manifest, signature, baseline."""
