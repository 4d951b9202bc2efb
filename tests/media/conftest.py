"""Makes the room's helper modules importable to its tests and, by `Pool(path=...)`, to sandbox children."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
