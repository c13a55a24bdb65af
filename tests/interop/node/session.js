// The sessions of the official SDK for Node: node session.js COMMAND BASE_URL CLIENT_ID API_KEY PASSWORD ARGUMENT
//
// The test `node_and_rust_share_sessions` of workos-login-axum runs it.

import { WorkOS } from "@workos-inc/node";
import { sealData, unsealData } from "iron-session";

const [command, baseUrl, clientId, apiKey, cookiePassword, argument] = process.argv.slice(2);
const { hostname, port } = new URL(baseUrl);
const workos = new WorkOS(apiKey, { clientId, apiHostname: hostname, port: Number(port), https: false });
const users = workos.userManagement;

const load = (sessionData) => users.loadSealedSession({ sessionData, cookiePassword });

// Both return a session or the reason that there is none.
function expect(result, success) {
  if (!result[success]) throw new Error(JSON.stringify(result));
  return result;
}

const commands = {
  // Opens a cookie with the SDK, which verifies the access token.
  async authenticate(cookie) {
    return expect(await load(cookie).authenticate(), "authenticated").user.email;
  },

  // Refreshes the session of a cookie with the SDK.
  async refresh(cookie) {
    return expect(await load(cookie).refresh(), "authenticated").sealedSession;
  },

  // Opens a cookie with the package that authkit-nextjs uses.
  async "iron-session"(cookie) {
    const session = await unsealData(cookie, { password: cookiePassword });
    if (!session.accessToken || !session.refreshToken) throw new Error(JSON.stringify(session));
    return session.user.email;
  },

  // Seals the session of a cookie again with that package.
  async reseal(cookie) {
    const session = await unsealData(cookie, { password: cookiePassword });
    return sealData(session, { password: cookiePassword, ttl: 0 });
  },

  "authorization-url": () =>
    users.getAuthorizationUrl({ provider: "authkit", redirectUri: "https://app.example.com/callback", clientId }),

  // Exchanges a code with the SDK, and returns the cookie.
  async exchange(code) {
    const session = { sealSession: true, cookiePassword };
    return (await users.authenticateWithCode({ code, clientId, session })).sealedSession;
  },
};

console.log(await commands[command](argument));
