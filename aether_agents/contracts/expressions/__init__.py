"""What a plan's texts may contain: references, conditions, paths, patterns."""
