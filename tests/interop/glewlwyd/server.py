"""An independent OpenID Connect server, Debian's glewlwyd, on a free loopback port, with one user and one public client.

The first line of its output is its issuer. It runs until its input ends. Its argument is
the algorithm of ID tokens.
"""

import base64
import http.cookiejar
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SCHEMA = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
SCOPES = ["openid", "email"]

CONFIGURATION = """
port={port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:{port}"
login_url="login.html"
static_files_path="{directory}/pages/"
api_prefix="api"
log_mode="console"
log_level="ERROR"
cookie_secure=0
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database={{ type="sqlite3"; path="{database}"; }};
"""

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def start(port, directory):
    database = os.path.join(directory, "glewlwyd.sqlite")
    with sqlite3.connect(database) as connection, open(SCHEMA) as schema:
        connection.executescript(schema.read())
    # The login page is a JavaScript program, for which the checks call the API.
    os.mkdir(os.path.join(directory, "pages"))
    with open(os.path.join(directory, "pages", "login.html"), "w") as file:
        file.write("<title>Login</title>")
    configuration = os.path.join(directory, "glewlwyd.conf")
    with open(configuration, "w") as file:
        file.write(CONFIGURATION.format(database=database, directory=directory, port=port))
    # It ends with this program, also if that is killed.
    command = ["setpriv", "--pdeathsig", "KILL", "glewlwyd", f"--config-file={configuration}"]
    return subprocess.Popen(command, stdout=sys.stderr)


class Api:
    def __init__(self, url):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def post(self, path, body):
        request = urllib.request.Request(
            f"{self.url}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            self.opener.open(request).close()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {error} {error.read().decode()}")


def wait_for(port, process):
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise SystemExit("glewlwyd ended")


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], check=True, input=data, stdout=subprocess.PIPE).stdout


def signing_keys(algorithm):
    """Returns a JWKS with a private key."""
    options = {
        "ES256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "EdDSA": ["ed25519"],
    }[algorithm]
    pem = openssl("genpkey", "-algorithm", *options)
    private = openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", data=pem)
    public = openssl("pkey", "-pubout", "-outform", "DER", data=pem)

    def encoded(part):
        return base64.urlsafe_b64encode(part).decode().rstrip("=")

    # The positions in the DER of PKCS #8 (RFC 5915, RFC 8410).
    members = {
        "ES256": {
            "crv": "P-256",
            "d": encoded(private[36:68]),
            "kty": "EC",
            "x": encoded(public[-64:-32]),
            "y": encoded(public[-32:]),
        },
        "EdDSA": {
            "crv": "Ed25519",
            "d": encoded(private[-32:]),
            "kty": "OKP",
            "x": encoded(public[-32:]),
        },
    }[algorithm]
    return json.dumps({"keys": [{"alg": algorithm, "kid": "key_1", "use": "sig", **members}]})


def configure(api, issuer):
    api.post("auth/", {"username": "admin", "password": "password"})
    api.post("scope/", {"name": "email", "display_name": "E-mail address", "password_required": False})
    api.post(
        "user/",
        {
            "email": "alice@example.com",
            "enabled": True,
            "password": "any password",
            "scope": SCOPES,
            "username": "alice",
        },
    )
    api.post(
        "client/",
        {
            "authorization_type": ["code", "refresh_token", "device_authorization"],
            "client_id": "interop_client",
            "confidential": False,
            "enabled": True,
            "post_logout_redirect_uris": "http://127.0.0.1:49152/logged-out",
            "redirect_uri": ["http://127.0.0.1:49152/callback"],
            "scope": [],
            "token_endpoint_auth_method": ["none"],
        },
    )
    api.post(
        "mod/plugin/",
        {
            "display_name": "OpenID Connect",
            "module": "oidc",
            "name": "oidc",
            "parameters": {
                "access-token-duration": 3600,
                "allow-non-oidc": False,
                "allowed-scope": SCOPES,
                "auth-type-code-enabled": True,
                "auth-type-device-enabled": True,
                "auth-type-refresh-enabled": True,
                "code-duration": 60,
                "default-kid": "key_1",
                "device-authorization-expiration": 600,
                "device-authorization-interval": 5,
                "email-claim": "mandatory",
                "introspection-revocation-allow-target-client": True,
                "introspection-revocation-allowed": True,
                "iss": issuer,
                "jwks-private": signing_keys(sys.argv[1]),
                "jwks-show": True,
                "jwt-key-size": "256",
                "jwt-type": "ecdsa",
                "oauth-as-iss-id": True,
                "pkce-allowed": True,
                "pkce-required": True,
                "refresh-token-duration": 3600,
                "refresh-token-one-use": "always",
                "refresh-token-rolling": True,
                "session-cookie-expiration": 600,
                "session-cookie-name": "GLEWLWYD2_OIDC_SID",
                "session-management-allowed": True,
                "subject-type": "public",
            },
        },
    )


port = free_port()
process = start(port, tempfile.mkdtemp())
wait_for(port, process)
url = f"http://127.0.0.1:{port}/api"
configure(Api(url), f"{url}/oidc")
print(f"{url}/oidc", flush=True)
sys.stdin.read()
