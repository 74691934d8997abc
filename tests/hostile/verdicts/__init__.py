"""What a verdict may say: situations in which a scanner was once, or could be, told that there is nothing."""
