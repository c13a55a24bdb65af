// Prints the nanoseconds of one `authenticate()` of the SDK for Node: node authenticate.js CLIENT_ID PASSWORD COOKIE JWKS
//
// The package is installed by tests/interop. Without it, nothing is printed.

import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../tests/interop/", import.meta.url));
const { WorkOS } = require("@workos-inc/node");

const [clientId, cookiePassword, sessionData, jwks] = process.argv.slice(2);
const server = createServer((_, response) => {
  response.setHeader("content-type", "application/json");
  response.end(jwks);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
const workos = new WorkOS("sk_test", { clientId, apiHostname: "127.0.0.1", port, https: false });

async function authenticate() {
  const session = workos.userManagement.loadSealedSession({ sessionData, cookiePassword });
  const result = await session.authenticate();
  if (!result.authenticated) throw new Error(JSON.stringify(result));
}

for (let i = 0; i < 500; i++) await authenticate();
const rounds = [];
for (let round = 0; round < 21; round++) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < 50; i++) await authenticate();
  rounds.push(Number(process.hrtime.bigint() - start) / 50);
}
rounds.sort((a, b) => a - b);
console.log(rounds[10]);
server.close();
