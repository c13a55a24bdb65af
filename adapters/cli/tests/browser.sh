# A browser for the tests: writes the URL that it is to open to a file, and prints to both outputs.
printf %s "$2" >"$1"
echo noise
echo noise >&2
