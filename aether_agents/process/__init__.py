"""What every process of ours does with its surroundings: start-up, shutdown, private files, redaction."""
