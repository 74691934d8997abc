"""What people write for tasks: templates, shown, checked and tried; why one was chosen; a new specialist."""
