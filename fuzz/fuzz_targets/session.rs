//! Every operation of the session machine ends, and every wait is bounded, with any response, clock and failure of the store.
#![no_main]

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use arbitrary::Arbitrary;
use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use workos_login_fuzz::{SUCCESS, authenticated, client, json, now};
use workos_login_session::{
    Cause, Driver, Expected, Lock, Machine, SessionError, SessionPolicy, StoreError, StoredSession,
    Token,
};

#[derive(Arbitrary, Debug)]
enum Operation {
    AccessToken,
    Flush,
    LogIn,
    LogOut,
    RefreshNow,
    RefreshRejected,
    Switch,
}

/// The result of one call of the driver.
#[derive(Arbitrary, Debug)]
struct Outcome<'a> {
    is_ok: bool,
    /// Seconds that pass, or that the clock is set back.
    clock: i16,
    reply: Reply<'a>,
}

#[derive(Arbitrary, Debug)]
enum Reply<'a> {
    Lost,
    Other { status: u16, body: &'a str },
    Success,
}

/// No operation makes more calls than this.
const CALLS: usize = 80;

fuzz_target!(|input: (Vec<Operation>, Vec<Outcome<'_>>)| {
    let (operations, outcomes) = input;
    let mut driver = Outcomes {
        outcomes: outcomes.into_iter(),
        clock: now(),
        store: Some(text(&StoredSession::new(authenticated()))),
        calls: 0,
    };
    let machine = Machine::new(client(), SessionPolicy::default());
    let mut token = None;
    for operation in operations.into_iter().take(16) {
        driver.calls = 0;
        let result = poll(run(&machine, &operation, token.as_ref(), &mut driver));
        match result {
            Ok(Some(new)) => token = Some(new),
            Err(SessionError::Unavailable { retry_in, .. }) => {
                assert!(
                    retry_in > Duration::ZERO && retry_in <= Duration::from_secs(60),
                    "{retry_in:?}"
                );
            }
            Ok(None) | Err(_) => {}
        }
    }
});

async fn run(
    machine: &Machine,
    operation: &Operation,
    token: Option<&Token>,
    driver: &mut Outcomes<'_>,
) -> Result<Option<Token>, SessionError> {
    match (operation, token) {
        (Operation::Flush, _) => machine.flush(driver).await.map(|()| None),
        (Operation::LogIn, _) => machine.log_in(authenticated(), driver).await.map(Some),
        (Operation::LogOut, _) => {
            let _ = machine.log_out(driver).await;
            Ok(None)
        }
        (Operation::RefreshNow, _) => machine.refresh_now(driver).await.map(Some),
        (Operation::RefreshRejected, Some(token)) => {
            machine.refresh_rejected(token, driver).await.map(Some)
        }
        (Operation::Switch, _) => {
            let organization = "org_1".parse().expect("an id");
            machine
                .switch_organization(&organization, driver)
                .await
                .map(Some)
        }
        (Operation::AccessToken | Operation::RefreshRejected, _) => {
            machine.access_token(driver).await.map(Some)
        }
    }
}

/// Polls a future whose driver never waits.
fn poll<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the machine waits for something else than its driver"),
    }
}

struct Outcomes<'a> {
    outcomes: std::vec::IntoIter<Outcome<'a>>,
    clock: SystemTime,
    store: Option<String>,
    calls: usize,
}

impl<'a> Outcomes<'a> {
    fn next(&mut self) -> Outcome<'a> {
        self.calls += 1;
        assert!(self.calls <= CALLS, "an operation does not end");
        let outcome = self.outcomes.next().unwrap_or(Outcome {
            is_ok: true,
            clock: 0,
            reply: Reply::Success,
        });
        let passed = Duration::from_secs(outcome.clock.unsigned_abs().into());
        let moved = match outcome.clock < 0 {
            true => self.clock.checked_sub(passed),
            false => self.clock.checked_add(passed),
        };
        self.clock = moved.unwrap_or(self.clock);
        outcome
    }

    fn check(&mut self) -> Result<(), StoreError> {
        let outcome = self.next();
        match outcome.is_ok {
            true => Ok(()),
            false if outcome.clock % 2 == 0 => Err(StoreError::conflict()),
            false => Err(StoreError::new(io::Error::other("failed"))),
        }
    }
}

impl Driver for Outcomes<'_> {
    fn now(&self) -> SystemTime {
        self.clock
    }

    async fn lock(&mut self, wait: Duration, lease: Duration) -> Result<Lock, StoreError> {
        assert!(wait <= lease);
        let outcome = self.next();
        match outcome.is_ok {
            true => Ok(Lock::Acquired),
            false if outcome.clock % 2 == 0 => Ok(Lock::TimedOut),
            false => Err(StoreError::new(io::Error::other("failed"))),
        }
    }

    async fn unlock(&mut self) {
        self.next();
    }

    async fn load(&mut self) -> Result<Option<StoredSession>, StoreError> {
        self.check()?;
        let record = self.store.as_deref();
        Ok(record.map(|text| serde_json::from_str(text).expect("a stored record")))
    }

    async fn save(&mut self, record: &StoredSession, _: Expected) -> Result<(), StoreError> {
        self.check()?;
        self.store = Some(text(record));
        Ok(())
    }

    async fn clear(&mut self, _: Expected) -> Result<(), StoreError> {
        self.check()?;
        self.store = None;
        Ok(())
    }

    async fn send(
        &mut self,
        _: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>, Cause> {
        assert!(timeout > Duration::ZERO && timeout <= Duration::from_secs(30));
        match self.next().reply {
            Reply::Lost => Err(Arc::new(io::Error::other("lost"))),
            Reply::Other { status, body } => Ok(json(200 + status % 400, body)),
            Reply::Success => Ok(json(200, SUCCESS)),
        }
    }

    async fn sleep(&mut self, duration: Duration) {
        assert!(duration > Duration::ZERO && duration <= Duration::from_secs(60));
        self.clock = self.clock.checked_add(duration).unwrap_or(self.clock);
        self.next();
    }
}

fn text(record: &StoredSession) -> String {
    serde_json::to_string(record).expect("a record has a stored form")
}
