import pathlib
import sys

# The corpora and the command are run the same way here and there.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'corpus'))
