"""Plans at the command line: shown, edited, gone through without a change, saved."""
