"""What processes say."""
