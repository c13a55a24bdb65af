//! The account of a command: its name, its client and service, and its store.
//!
//! Each option that is given must match an account of the index, and the first one that matches is used with all its settings. If none
//! matches, the options describe the account alone. The service is WorkOS User Management, or with `--issuer` an OAuth authorization
//! server. Both kinds of client are public, so no option and no environment variable holds a secret.
//!
//! The issuer of a server is enough: `login` discovers its endpoints, and the index keeps them for later commands. Without the index, what
//! only reads or removes a stored session needs no endpoint.

use etcetera::{BaseStrategy, choose_base_strategy};
use workos_login::url::Url;
use workos_login::{Client, ClientId, InvalidEndpoint, Server};
use workos_login_native::{AccountIndex, Login, NativeApp, NativeClient, Storage};

use crate::error_kind::ErrorKind;
use crate::failure::Failure;

/// The heading of these options in the help.
pub(crate) const HEADING: &str = "Common options";

/// The options for servers without metadata: none of them is in the short help.
pub(crate) const RARE: [&str; 4] = [
    "authorization_endpoint",
    "token_endpoint",
    "device_authorization_endpoint",
    "advertises_iss",
];

/// The name of the application, as the keyring's own program shows it.
const APPLICATION: &str = "workos-login";

/// The options that select the account.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct AccountArgs {
    /// Name of the session [default: that of the last login]
    #[arg(long = "account", value_name = "NAME", value_parser = account_name)]
    pub(crate) name: Option<String>,

    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// The options that select the account, apart from its name.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct ServiceArgs {
    /// Keyring: system or kernel
    ///
    /// `system` is the Keychain on macOS, the Credential Manager on Windows and a Secret Service elsewhere. `kernel` is the Linux kernel
    /// keyring, which needs no daemon, and is cleared by a restart or after some days without use.
    #[arg(long, value_name = "KEYRING", env = "WORKOS_LOGIN_STORE")]
    store: Option<Storage>,

    /// Client ID of the application
    ///
    /// It is client_… in the WorkOS dashboard.
    #[arg(long, value_name = "ID", env = "WORKOS_CLIENT_ID")]
    client_id: Option<String>,

    /// Base URL of the service
    ///
    /// The default is that of api.workos.com.
    #[arg(long, value_name = "URL", env = "WORKOS_BASE_URL")]
    base_url: Option<String>,

    /// Issuer of an OAuth server
    ///
    /// An authorization server in place of WorkOS, exactly as the server writes its issuer.
    #[arg(long, value_name = "URL", env = "WORKOS_LOGIN_ISSUER")]
    pub(crate) issuer: Option<String>,

    /// Authorization endpoint of the server, in place of the discovered one
    #[arg(long, value_name = "URL", env = "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT")]
    authorization_endpoint: Option<Url>,

    /// Token endpoint of the server, in place of the discovered one
    #[arg(long, value_name = "URL", env = "WORKOS_LOGIN_TOKEN_ENDPOINT")]
    token_endpoint: Option<Url>,

    /// Device authorization endpoint of the server, in place of the discovered one
    #[arg(long, value_name = "URL")]
    device_authorization_endpoint: Option<Url>,

    /// Reject callbacks without `iss`: the server sends it in every callback
    #[arg(long)]
    advertises_iss: bool,
}

/// The account of a command.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) app: NativeApp,
    /// `true` if the endpoints of the server are unknown. Then a session can only be loaded and removed.
    pub(crate) needs_discovery: bool,
}

/// Replaces an endpoint of a server.
type Setter = fn(Server, &Url) -> Result<Server, InvalidEndpoint>;

impl AccountArgs {
    /// Selects the account.
    pub(crate) fn select(&self) -> Result<Account, Failure> {
        let name = self.name.as_deref();
        match self.service.find(name)? {
            Some(app) => self.service.known(&app),
            None => self.service.described(name),
        }
    }
}

impl ServiceArgs {
    /// Returns the first account of the index that the options match.
    pub(crate) fn find(&self, name: Option<&str>) -> Result<Option<NativeApp>, Failure> {
        let issuer = match (&self.issuer, &self.base_url) {
            (Some(_), Some(_)) => {
                return Err(Failure::new(
                    ErrorKind::Usage,
                    "--issuer cannot be used with --base-url or WORKOS_BASE_URL: an authorization server has endpoints of its own",
                ));
            }
            (None, Some(url)) => Some(user_management("any", Some(url))?.issuer().to_owned()),
            (issuer, None) => issuer.clone(),
        };
        let store = self.store.as_ref().and_then(Storage::name);
        let is_wanted = |app: &NativeApp| {
            let client = app.client().any();
            [
                (name, app.account_name()),
                (self.client_id.as_deref(), client.id().as_str()),
                (issuer.as_deref(), client.issuer()),
                (store, app.selected_storage().name().unwrap_or_default()),
            ]
            .into_iter()
            .all(|(option, own)| option.is_none_or(|option| option == own))
        };
        let apps = index().map_or(Ok(Vec::new()), |index| index.apps());
        let apps = apps.map_err(Failure::configuration)?;
        Ok(apps.into_iter().find(is_wanted))
    }

    /// Returns an account of the index.
    pub(crate) fn known(&self, app: &NativeApp) -> Result<Account, Failure> {
        let client = self.with_endpoints(app.client().clone())?;
        Ok(Account {
            app: app.clone().with_client(client),
            needs_discovery: false,
        })
    }

    /// Returns the account of the options alone.
    fn described(&self, name: Option<&str>) -> Result<Account, Failure> {
        let client = match &self.issuer {
            Some(issuer) => self.with_endpoints(self.client_of(issuer)?.into())?,
            None if self.advertises_iss
                || self.endpoints().iter().any(|(url, _)| url.is_some()) =>
            {
                let problem = "an endpoint of an authorization server needs --issuer";
                return Err(Failure::new(ErrorKind::Usage, problem));
            }
            None => {
                let id = self.client_id.as_deref().ok_or_else(no_client_id)?;
                user_management(id, self.base_url.as_deref())?.into()
            }
        };
        let app = NativeApp::new(client, APPLICATION).account(name.unwrap_or("default"));
        Ok(Account {
            app: app.storage(self.store.clone().unwrap_or_default()),
            needs_discovery: self.issuer.is_some() && !self.has_endpoints(),
        })
    }

    /// Makes the client of an authorization server. A request to another endpoint than those of the options fails.
    fn client_of(&self, issuer: &str) -> Result<Client<workos_login::OAuth>, Failure> {
        // An issuer that cannot be discovered is reported by each command.
        let _ = Server::discover(issuer).map_err(Failure::configuration)?;
        // No host has a name in `.invalid` (RFC 6761 section 6.4).
        let endpoint = Url::parse("https://endpoint.invalid").expect("the text is a URL");
        let server = Server::new(issuer, &endpoint, &endpoint).map_err(Failure::configuration)?;
        // The error of the core names the WorkOS dashboard.
        let id: Option<ClientId> = self.client_id.as_ref().and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| {
            Failure::new(
                ErrorKind::Configuration,
                "no valid client ID; set --client-id or the environment variable WORKOS_CLIENT_ID to the ID that the \
                 authorization server issued for this program",
            )
        })?;
        Ok(Client::oauth(id, server))
    }

    /// Replaces what was discovered of an authorization server by the options.
    fn with_endpoints(&self, client: NativeClient) -> Result<NativeClient, Failure> {
        let NativeClient::OAuth(client) = client else {
            return Ok(client);
        };
        let mut server = client.server().clone();
        for (url, set) in self.endpoints() {
            if let Some(url) = url {
                server = set(server, url).map_err(Failure::configuration)?;
            }
        }
        if self.advertises_iss {
            server = server.advertises_iss();
        }
        Ok(Client::oauth(client.id().clone(), server).into())
    }

    fn endpoints(&self) -> [(Option<&Url>, Setter); 3] {
        let device = self.device_authorization_endpoint.as_ref();
        [
            (
                self.authorization_endpoint.as_ref(),
                Server::authorization_endpoint,
            ),
            (self.token_endpoint.as_ref(), Server::token_endpoint),
            (device, Server::device_authorization_endpoint),
        ]
    }

    /// Returns whether both endpoints of a login are set, so that nothing is discovered.
    fn has_endpoints(&self) -> bool {
        self.authorization_endpoint.is_some() && self.token_endpoint.is_some()
    }
}

impl Account {
    /// Discovers the server. The options replace what was discovered, unless they make it unnecessary.
    pub(crate) fn discover<'a>(
        self,
        args: &ServiceArgs,
        options: impl FnOnce(Login<'a>) -> Login<'a>,
    ) -> Result<Self, Failure> {
        let NativeClient::OAuth(client) = self.app.client() else {
            return Ok(self);
        };
        if args.has_endpoints() {
            return Ok(self);
        }
        let discovered = NativeClient::discover_with(client.id().clone(), client.issuer(), options);
        let client = discovered.map_err(|error| with_remedy(Failure::from(&error)))?;
        Ok(Self {
            app: self.app.clone().with_client(args.with_endpoints(client)?),
            needs_discovery: false,
        })
    }
}

/// Returns the list of accounts, or `None` without a configuration directory.
pub(crate) fn index() -> Option<AccountIndex> {
    let directory = choose_base_strategy().ok()?.config_dir();
    // A relative path would depend on the working directory.
    let directory = Some(directory).filter(|directory| directory.is_absolute())?;
    Some(AccountIndex::new(
        directory.join("workos-login/accounts.json"),
        APPLICATION,
    ))
}

/// Makes a client of WorkOS User Management, or of the service at `base_url`.
pub(crate) fn user_management(id: &str, base_url: Option<&str>) -> Result<Client, Failure> {
    let client = Client::public(id.parse().map_err(Failure::configuration)?);
    let Some(base_url) = base_url else {
        return Ok(client);
    };
    let url = Url::parse(base_url).map_err(|error| {
        let problem = "the base URL is invalid; it must be absolute, with https://";
        Failure::new(ErrorKind::Configuration, problem).caused_by(&error)
    })?;
    client.base_url(url).map_err(Failure::configuration)
}

/// Checks the name of an account: letters, digits and `. _ @ + -`, so that it can be typed in any shell.
pub(crate) fn account_name(text: &str) -> Result<String, &'static str> {
    let is_allowed = |c: char| c.is_alphanumeric() || "._@+-".contains(c);
    match !text.is_empty() && text.chars().all(is_allowed) {
        true => Ok(text.to_owned()),
        false => Err("a name consists of letters, digits and . _ @ + -"),
    }
}

fn no_client_id() -> Failure {
    Failure::new(
        ErrorKind::Configuration,
        "no client ID; copy that of your application (client_…) from the WorkOS dashboard and set --client-id or the \
         environment variable WORKOS_CLIENT_ID; for a login without an account, run workos-login login --demo",
    )
}

/// Names the options that a failed discovery depends on, unless a later one can succeed.
fn with_remedy(failure: Failure) -> Failure {
    match failure.kind {
        ErrorKind::Unavailable | ErrorKind::Expired | ErrorKind::Configuration => failure,
        _ => failure
            .hint("check --issuer: it must be exactly the issuer that the server publishes")
            .hint(
                "for a server without metadata, set --authorization-endpoint and --token-endpoint",
            ),
    }
}

#[cfg(test)]
#[path = "../tests/unit/account.rs"]
mod tests;
