use std::error::Error;
use workos_login_native::workos_login::{Client, secrecy::ExposeSecret};
use workos_login_native::{LoginEvent, NativeApp};

fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::public("client_123".parse()?);
    run(&NativeApp::new(client, "Acme CLI"))
}

fn run(app: &NativeApp) -> Result<(), Box<dyn Error>> {
    let session = match app.session()? {
        Some(session) => session,
        None => app.login_with(|login| login.progress(|event| show(&event)))?,
    };
    let token = session.access_token()?;
    println!("Authorization: Bearer {}", token.secret().expose_secret());
    Ok(())
}

fn show(event: &LoginEvent<'_>) {
    if let LoginEvent::Page(page) = event {
        eprintln!("Log in at {page}");
    }
}
