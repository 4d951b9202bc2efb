"""Local stand-ins, shipped so that users can test too: benign pictures made by code."""
