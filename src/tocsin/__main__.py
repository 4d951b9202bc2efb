"""`tocsin` and `python -m tocsin`."""


def main() -> None:
    """Run the command line."""
    from tocsin.cli.main import main as run  # noqa: PLC0415  # keeps `import tocsin.__main__` free of click

    run()


if __name__ == "__main__":
    main()
