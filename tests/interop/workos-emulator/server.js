// The emulator of WorkOS's command-line program, on a free port.
//
// `workos emulate --seed seed.json` starts the same emulator, but also looks for a keyring and sends telemetry. The first line of its output is its base URL. It runs until its input ends.

import { readFileSync } from 'node:fs';

import { createEmulator } from 'workos/emulate';

const seed = JSON.parse(readFileSync(new URL('seed.json', import.meta.url)));
const emulator = await createEmulator({ port: 0, seed });
console.log(`http://127.0.0.1:${emulator.port}`);

process.stdin.on('end', () => process.exit()).resume();
