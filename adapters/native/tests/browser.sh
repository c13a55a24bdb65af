# A browser for the tests: writes the URL that it is to open to a file.
printf %s "$2" >"$1"
