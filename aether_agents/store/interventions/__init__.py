"""What people are asked in the store: questions, answers, reviews."""
