"""Notices to a person: in the portal always; by e-mail and SMS where these are set up and asked for."""
