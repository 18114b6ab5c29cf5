"""Areas (a tree of places) and units (which stand in an area and in a sector): two trees, crossed."""
