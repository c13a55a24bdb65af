# A browser for the tests: it keeps the address that it was asked to open, and is noisy about it.
printf %s "$2" >"$1"
echo noise
echo noise >&2
