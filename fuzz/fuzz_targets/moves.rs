//! No sequence of moves panics, a refused transition changes nothing that is stored, and a stored state is loaded as it was.
//!
//! An input is the kind of client and moves, as [`Move`] reads them. The targets `callback`, `response` and `stored` fuzz the texts of
//! callbacks, responses and stored forms.
#![no_main]

use libfuzzer_sys::fuzz_target;
use workos_login::{Client, RefreshPolicy, Server};
use workos_login_fuzz::client;
use workos_login_strategies::{Applied, LoginClient, Machine, Move, State};

fuzz_target!(|input: (u8, Vec<Move>)| {
    let (kind, moves) = input;
    let mut machine = Machine::new(login_client(kind));
    for step in moves.iter().take(64) {
        let before = machine.state().stored();
        let applied = machine.apply(step);
        let is_unchanged = match &applied {
            Applied::Refused(error) => {
                let _ = format!("{error} {error:?}");
                let wait = error.retry_in(machine.now());
                assert!(wait.is_none_or(|wait| wait.as_secs() <= 60));
                true
            }
            Applied::Skipped => true,
            _ => matches!(step, Move::StoreAndLoad),
        };
        if is_unchanged {
            assert_eq!(machine.state().stored(), before, "after {step:?}");
        }
        check(&machine);
    }
});

fn login_client(kind: u8) -> LoginClient {
    let id = client().id().clone();
    match kind % 3 {
        0 => Client::public(id).into(),
        1 => Client::confidential(id, "sk_test_1".parse().expect("an API key")).into(),
        _ => {
            let url = |path| {
                let url = format!("https://example.authkit.app{path}");
                url.parse().expect("a URL")
            };
            let server = Server::new(
                "https://example.authkit.app",
                &url("/authorize"),
                &url("/token"),
            )
            .and_then(|server| server.device_authorization_endpoint(&url("/device")));
            Client::oauth(id, server.expect("the endpoints use https")).into()
        }
    }
}

fn check(machine: &Machine) {
    let now = machine.now();
    match machine.state() {
        State::AwaitingDevice(device) => assert!(device.poll_in(now) <= device.expires_in(now)),
        State::Authenticated(session) => {
            let due = session.refresh_in(&RefreshPolicy::default(), now);
            assert!(due <= session.expires_in(now));
            assert!(session.bound_to(machine.client()).is_ok());
        }
        State::Challenge(challenge) => assert!(challenge.bound_to(machine.client()).is_ok()),
        _ => {}
    }
}
