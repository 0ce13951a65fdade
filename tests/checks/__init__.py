"""Every check on facts made by hand: pass, fail, not applicable, undetermined, boundary."""
