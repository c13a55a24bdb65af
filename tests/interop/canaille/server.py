"""An independent OpenID Connect server, Canaille with Authlib, on a free loopback port, with one user and one public client.

The first line of its output is its issuer. It runs until its input ends. Its argument is
the algorithm of ID tokens.
"""

import datetime
import os
import socket
import sys
import tempfile
import threading

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import make_server


def add_user():
    user = models.User(
        emails=["alice@example.com"],
        family_name="Ives",
        formatted_name="Alice Ives",
        password="any password",
        user_name="alice",
    )
    Backend.instance.save(user)


def add_client():
    client = models.Client(
        client_id="interop_client",
        client_id_issued_at=datetime.datetime.now(datetime.timezone.utc),
        client_name="interop_client",
        grant_types=["authorization_code", "refresh_token"],
        # Without it, the RSA key would be used with RS512.
        id_token_signed_response_alg=sys.argv[1],
        post_logout_redirect_uris=["http://127.0.0.1:49152/logged-out"],
        redirect_uris=["http://127.0.0.1:49152/callback"],
        response_types=["code"],
        scope=["openid", "profile", "email"],
        token_endpoint_auth_method="none",
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)


def exit_at_end_of_input():
    sys.stdin.read()
    os._exit(0)


# The program that starts this one removes its temporary directory.
DATABASE = os.path.join(tempfile.mkdtemp(), "canaille.sqlite")

# Bound first, because the configuration contains the address.
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]

app = create_app(
    config={
        "CANAILLE_OIDC": {
            # An access token has no `jti`, and the database rejects two equal ones of the same second.
            "USERINFO_MAPPING": {"WEBSITE": "{{ range(1000000000) | random }}"},
        },
        # The backend in memory mixes up the authorization codes of a client.
        "CANAILLE_SQL": {"AUTO_MIGRATE": True, "DATABASE_URI": f"sqlite:///{DATABASE}"},
        "PREFERRED_URL_SCHEME": "http",
        "SECRET_KEY": os.urandom(32).hex(),
        # The token endpoint fails without it.
        "SERVER_NAME": f"127.0.0.1:{port}",
    },
)
with app.app_context(), app.backend.session():
    add_user()
    add_client()

threading.Thread(target=exit_at_end_of_input, daemon=True).start()
server = make_server("127.0.0.1", port, app, fd=listener.fileno())
print(f"http://127.0.0.1:{port}", flush=True)
server.serve_forever()
