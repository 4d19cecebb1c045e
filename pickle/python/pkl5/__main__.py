"""``python -m pkl5 FILE...``: as ``python -m pickle``, read by pkl5."""

import pkl5

if __name__ == "__main__":
    pkl5._main()
