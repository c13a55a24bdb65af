// An independent OpenID Connect server on a free loopback port, configured for a public native client.
//
// The first line of its output is its issuer. It runs until its input ends. Its argument is the algorithm of ID tokens.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

// Standard output contains only the issuer, so notices go to standard error.
console.info = console.error;

const algorithm = process.argv[2];
const { privateKey } = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
}[algorithm]();

const configuration = {
  claims: { email: ['email'], openid: ['sub'] },
  clients: [
    {
      application_type: 'native',
      client_id: 'interop_client',
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      id_token_signed_response_alg: algorithm,
      post_logout_redirect_uris: ['http://127.0.0.1:49152/logged-out'],
      // The port of a loopback redirect URI is variable (RFC 8252 section 7.3).
      redirect_uris: ['http://127.0.0.1/callback'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  ],
  cookies: { keys: [randomBytes(32).toString('hex')] },
  features: {
    // The default pages accept any login name.
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ email: `${id}@example.com`, sub: id }),
  }),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig' }] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  // The server warns about default lifetimes, so each one is set.
  ttl: {
    AccessToken: 3600,
    AuthorizationCode: 60,
    DeviceCode: 600,
    Grant: 3600,
    IdToken: 3600,
    Interaction: 600,
    RefreshToken: 3600,
    Session: 3600,
  },
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.on('server_error', (_, error) => console.error(error));
  server.on('request', provider.callback());
  console.log(issuer);
});

process.stdin.on('end', () => process.exit()).resume();
