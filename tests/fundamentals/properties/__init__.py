"""What holds of any value, text, plan or cutting: examples that show otherwise are searched for."""
