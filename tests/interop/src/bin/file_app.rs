//! An application with its session in an encrypted file, for the check of many processes that share one session.
//!
//! It has the commands of the command-line program that the check uses, with the same output and exit codes.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use workos_login::secrecy::ExposeSecret;
use workos_login_native::workos_login::Client;
use workos_login_native::workos_login::url::Url;
use workos_login_native::workos_login_file::{EncryptedFiles, FileKeys};
use workos_login_native::workos_login_session::{SessionError, Token};
use workos_login_native::{LoginEvent, NativeApp, NativeSession, Storage};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("file_app: {error} {error:?}");
            match error.downcast_ref() {
                Some(SessionError::Unavailable { .. }) => ExitCode::from(5),
                Some(SessionError::Store(_)) => ExitCode::from(10),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let app = app(arguments.last().ok_or("no account")?)?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["login", "--no-browser", "--organization", organization, ..] => {
            let organization = organization.parse()?;
            app.login_with(|login| {
                let login = login.no_browser().organization(&organization);
                login.progress(|event| {
                    if let LoginEvent::Page(page) = event {
                        eprintln!("{}", page.printed_url());
                    }
                })
            })?;
        }
        ["token", ..] => print(&session(&app)?.access_token()?),
        ["switch", organization, ..] => {
            let switched = session(&app)?.switch_organization(&organization.parse()?)?;
            if let Some(warning) = switched.warning() {
                return Err(format!("the token has a warning: {warning}").into());
            }
        }
        _ => return Err("usage: file_app login | token | switch, as workos-login".into()),
    }
    Ok(())
}

fn app(account: &str) -> Result<NativeApp, Box<dyn Error>> {
    let client = Client::public(env::var("WORKOS_CLIENT_ID")?.parse()?);
    let client = client.base_url(Url::parse(&env::var("WORKOS_BASE_URL")?)?)?;
    let keys = FileKeys::from_env("FILE_APP_KEY")?;
    let files = EncryptedFiles::new(env::var("FILE_APP_DIRECTORY")?, keys);
    let app = NativeApp::new(client, "File check").account(account);
    Ok(app.storage(Storage::File(files)))
}

fn session(app: &NativeApp) -> Result<NativeSession, Box<dyn Error>> {
    Ok(app.session()?.ok_or("no user is logged in")?)
}

fn print(token: &Token) {
    println!("{}", token.secret().expose_secret());
}
