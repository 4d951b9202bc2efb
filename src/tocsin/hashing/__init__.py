"""Content to signals: exact digests of the bytes and perceptual hashes of what they show."""
