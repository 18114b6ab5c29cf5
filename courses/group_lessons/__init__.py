"""A lesson played to a hall from one device: who was there, and hands counted for the group, never for a person."""
