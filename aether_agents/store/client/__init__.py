"""How the store is spoken to: connection, keys, sealing, the Lua library, replies and refusals."""
