"""What image generators write into their files: settings, models, and what a picture was made from.

One module a tool, or a family of tools that write alike. Each has `signs(file, fields)`, which looks at the
metadata it is given: that of the file, or text that another family found hidden in the pixels. Names, keys
and sources are data: `data/generators.toml` and `data/graphs.toml`.
"""
