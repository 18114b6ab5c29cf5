"""Certificates: `serial` and `pdf` are pure, `signing` holds the key; facts and bytes are frozen at issue."""
