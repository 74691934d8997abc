"""What commands do with tasks: submit, review, answer, follow, undo."""
