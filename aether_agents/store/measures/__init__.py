"""What the store counts: events, calls and how long they take, what models took, what beats did."""
