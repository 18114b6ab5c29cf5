"""Families as the collaborator of a community knows them: a key, the grown-ups, and nothing about a child but bands of age."""
