"""How runs are sent, held, tried again and remembered."""
