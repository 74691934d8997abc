"""Socket.IO: handlers, clients, AetherTerm's ControlServer."""
