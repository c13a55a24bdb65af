"""An independent OpenID Connect server, Django OAuth Toolkit, on a free loopback port, with one user and two public clients.

The first line of its output is its issuer. It runs until its input ends.
"""

import logging
import os
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


# Bound first, because the settings contain the issuer.
server = WSGIServer(("127.0.0.1", 0), QuietHandler)
ISSUER = f"http://127.0.0.1:{server.server_port}"

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
logging.basicConfig(level=logging.WARNING)
LOGIN = "<form method=post>{% csrf_token %}{{ form }}</form>"

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    # One thread serves all requests, so a database in memory is enough.
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    # The default configuration logs no errors unless DEBUG is set.
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    OAUTH2_PROVIDER={
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
        "OAUTH_DEVICE_VERIFICATION_URI": f"{ISSUER}/device/",
        "OAUTH_DEVICE_VERIFICATION_URI_COMPLETE": lambda code: f"{ISSUER}/device/?user_code={code}",
        "OIDC_ENABLED": True,
        # Otherwise a logout ends every session of the user, and checks run in parallel.
        "OIDC_RP_INITIATED_LOGOUT_DELETE_TOKENS": False,
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": KEY.decode(),
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "SCOPES": {"openid": "OpenID Connect", "email": "E-mail address"},
    },
    # The default one is slow on purpose.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.urandom(32).hex(),
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"login.html": LOGIN}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        },
    ],
    USE_TZ=True,
)
django.setup()

# These need the settings.
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from oauth2_provider.models import Application
from oauth2_provider.oauth2_validators import OAuth2Validator

urlpatterns = [
    path("accounts/login/", LoginView.as_view(template_name="login.html")),
    path("", include("oauth2_provider.urls", namespace="oauth2_provider")),
]


class Validator(OAuth2Validator):
    def get_additional_claims(self):
        return {"email": lambda request: request.user.email}


def add_client(client_id, grant_type):
    Application.objects.create(
        algorithm=Application.RS256_ALGORITHM,
        authorization_grant_type=grant_type,
        client_id=client_id,
        client_type=Application.CLIENT_PUBLIC,
        name=client_id,
        post_logout_redirect_uris="http://127.0.0.1:49152/logged-out",
        # The port of a loopback redirect URI is variable (RFC 8252 section 7.3).
        redirect_uris="http://127.0.0.1/callback",
    )


def exit_at_end_of_input():
    sys.stdin.read()
    os._exit(0)


call_command("migrate", verbosity=0)
User.objects.create_user("alice", email="alice@example.com", password="any password")
add_client("interop_client", Application.GRANT_AUTHORIZATION_CODE)
# A client of this server has one grant.
add_client("interop_device", Application.GRANT_DEVICE_CODE)

threading.Thread(target=exit_at_end_of_input, daemon=True).start()
server.set_app(get_wsgi_application())
print(ISSUER, flush=True)
server.serve_forever()
