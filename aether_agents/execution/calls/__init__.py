"""One call of a tool: arguments, policy, questions, answer."""
