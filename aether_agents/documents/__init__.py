"""YAML and JSON as people write them: read with line numbers, checked against models and schemas."""
