"""Somebody with little to say tries to have more done, or to see more, than his role lets him."""
