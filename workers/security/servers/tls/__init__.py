"""Looks at the TLS of endpoints as a stranger sees it: protocol versions and the certificate.

One program: `python -m tls`. It shakes hands and leaves: nothing is sent over the connection.
"""
