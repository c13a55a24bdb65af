// An independent OAuth server for tests on a free loopback port, which logs in one user without a login page.
//
// It keeps no tokens. Its events remember the revoked ones here, and add the user's e-mail address.
// The first line of its output is its issuer. It runs until its input ends.

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import { OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server';

const issuer = new OAuth2Issuer();
await issuer.keys.generate('RS256');

const revoked = new Set();
const service = new OAuth2Service(issuer);
service.on('beforeRevoke', (_, request) => {
  revoked.add(new URLSearchParams(request.body).get('token'));
});
service.on('beforeResponse', (response, request) => {
  if (revoked.has(request.body.refresh_token)) {
    response.statusCode = 400;
    response.body = { error: 'invalid_grant' };
  }
});
service.on('beforeUserinfo', (response) => {
  response.body.email = 'alice@example.com';
});

const server = createServer(async (request, response) => {
  // The service does not read the body of a revocation.
  if (request.url === '/revoke') request.body = await text(request);
  service.requestHandler(request, response);
});
server.listen(0, '127.0.0.1', () => {
  issuer.url = `http://127.0.0.1:${server.address().port}`;
  console.log(issuer.url);
});

process.stdin.on('end', () => process.exit()).resume();
