#!/usr/bin/env node
// Stands in for a person's browser: the address it is given goes to the one who drives the real one.

import { createConnection } from 'node:net';

createConnection(process.env.URL_SOCKET).end(process.argv[2]);
