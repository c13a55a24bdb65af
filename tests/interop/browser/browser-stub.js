#!/usr/bin/env node
// The browser that the program starts: passes the URL on to the check, which opens it in the real browser.

import { createConnection } from 'node:net';

createConnection(process.env.URL_SOCKET).end(process.argv[2]);
