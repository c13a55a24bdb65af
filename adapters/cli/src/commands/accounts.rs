//! `workos-login accounts`: the accounts that logins have left in the index.

use serde_json::json;
use workos_login_native::NativeApp;

use crate::account::{ServiceArgs, account_name, index};
use crate::commands::logout;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::output::Output;
use crate::report::Report;

/// List the remembered accounts, choose the default, or remove one
///
/// Each login is remembered with its settings, and becomes the default. Reads no session and sends no request, except for `remove`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the accounts, the default first
    List,
    /// Print the default account, which commands use without options
    Default,
    /// Make an account the default
    Use(One),
    /// Log out of an account, and forget its settings
    Remove(One),
}

/// An account of the index.
#[derive(Debug, clap::Args)]
struct One {
    /// Name of the account
    #[arg(value_parser = account_name)]
    name: String,

    #[command(flatten)]
    service: ServiceArgs,
}

impl Args {
    /// Runs the command.
    pub(crate) fn run(&self, output: &Output) -> Result<Report, Failure> {
        let index = index().ok_or_else(|| {
            let problem = "there is no configuration directory; set HOME";
            Failure::new(ErrorKind::Configuration, problem)
        })?;
        let default_only = matches!(self.command, Some(Command::Default | Command::Use(_)));
        match &self.command {
            None | Some(Command::List | Command::Default) => {}
            Some(Command::Use(one)) => {
                let added = index.put_first(&one.app()?);
                added.map_err(Failure::configuration)?;
            }
            Some(Command::Remove(one)) => {
                let app = one.app()?;
                // A session that cannot be removed is not forgotten.
                let logged_out = one.service.known(&app)?.log_out()?;
                let _ = logout::report(&logged_out, output);
                index.remove(&app).map_err(Failure::configuration)?;
            }
        }
        let mut apps = index.apps().map_err(Failure::configuration)?;
        if default_only {
            apps.truncate(1);
        }
        Ok(report(&apps))
    }
}

impl One {
    fn app(&self) -> Result<NativeApp, Failure> {
        let app = self.service.find(Some(&self.name))?;
        app.ok_or_else(|| {
            let name = &self.name;
            let message = format_args!("no such account: {name}; list all: workos-login accounts");
            Failure::new(ErrorKind::Configuration, message)
        })
    }
}

fn report(apps: &[NativeApp]) -> Report {
    let mut report = Report::default();
    let mut accounts = Vec::new();
    for (number, app) in apps.iter().enumerate() {
        let (client, name) = (app.client().any(), app.account_name());
        let store = app.selected_storage().name();
        let mark = if number == 0 { " (default)" } else { "" };
        report = report
            .line(format!("{name}{mark}"))
            .row("client ID", Some(client.id().as_str()))
            .row("service", Some(client.issuer()))
            .row("keyring", store);
        accounts.push(json!({
            "name": name,
            "default": number == 0,
            "client_id": client.id().as_str(),
            "issuer": client.issuer(),
            "store": store,
        }));
    }
    if accounts.is_empty() {
        report = report.line("No account; log in: workos-login login");
    }
    report.with(json!({"accounts": accounts}))
}
