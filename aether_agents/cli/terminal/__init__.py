"""What a terminal shows and asks: glyphs, tables, texts, questions, exit codes."""
