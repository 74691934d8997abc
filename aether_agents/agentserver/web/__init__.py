"""HTTP: the page, the JSON API, the guard in front of both."""
