"""Files that partners hand over, and files for them: one file or folder for each format."""
