//! The conformance suite accepts a conforming client and names each defect of another.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use workos_login::http::{Request, Response};
use workos_login::{BlockingHttpClient, BoxFuture, ExchangeLimits, HttpClient};
use workos_login_mock_server::conformance;

#[derive(Clone, Copy, PartialEq)]
enum Defect {
    None,
    AddsHeader,
    FollowsRedirects,
    HasNoTimeout,
    IgnoresBodyLimit,
    Retries,
    ReturnsIncompleteBodies,
    ShowsSecrets,
    TreatsStatusAsError,
}

struct Client(Defect);

impl Client {
    fn send(
        &self,
        request: &Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> Result<Response<Vec<u8>>, ureq::Error> {
        let Self(defect) = *self;
        let redirects = if defect == Defect::FollowsRedirects {
            5
        } else {
            0
        };
        let config = ureq::Agent::config_builder()
            .http_status_as_error(defect == Defect::TreatsStatusAsError)
            .max_redirects(redirects)
            .max_redirects_will_error(false)
            .timeout_global((defect != Defect::HasNoTimeout).then_some(limits.timeout))
            .max_idle_connections(0);
        let mut request = request.clone();
        if defect == Defect::AddsHeader {
            let value = "Basic eDp5".parse().unwrap();
            request.headers_mut().insert("authorization", value);
        }
        let response = config.build().new_agent().run(request)?;
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::new();
        let mut reader = body.into_reader();
        // The endless body needs a limit of some size here.
        let limit = match defect {
            Defect::IgnoresBodyLimit => 4 << 20,
            _ => limits.max_body as u64 + 1,
        };
        let read = reader.by_ref().take(limit).read_to_end(&mut bytes);
        if defect != Defect::ReturnsIncompleteBodies {
            read?;
        }
        Ok(Response::from_parts(parts, bytes))
    }
}

impl BlockingHttpClient for Client {
    type Error = io::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> Result<Response<Vec<u8>>, io::Error> {
        let mut result = self.send(&request, limits);
        if self.0 == Defect::Retries && result.is_err() {
            result = self.send(&request, limits);
        }
        result.map_err(|error| match self.0 {
            Defect::ShowsSecrets => io::Error::other(String::from_utf8_lossy(request.body())),
            _ => io::Error::other(error),
        })
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

struct Asynchronous(Client);

impl HttpClient for Asynchronous {
    type Error = io::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, io::Error>> {
        Box::pin(async move { self.0.execute(request, limits) })
    }

    fn now(&self) -> SystemTime {
        self.0.now()
    }
}

#[test]
fn accepts_a_conforming_client() {
    conformance::assert_conforms(&Client(Defect::None));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    conformance::assert_conforms_async(&Asynchronous(Client(Defect::None)), |future| {
        runtime.block_on(future)
    });
}

#[test]
fn names_the_checks_that_a_defect_fails() {
    for (defect, checks) in [
        (Defect::AddsHeader, &["sends the request unchanged"][..]),
        (Defect::FollowsRedirects, &["follows no redirect"]),
        (Defect::HasNoTimeout, &["ends at the timeout"]),
        (
            Defect::IgnoresBodyLimit,
            &["limits the body", "limits the body after decompression"],
        ),
        (Defect::Retries, &["sends a request once"]),
        (
            Defect::ReturnsIncompleteBodies,
            &[
                "reports a broken connection as an error",
                "ends at the timeout",
            ],
        ),
        (Defect::ShowsSecrets, &["shows no secret in an error"]),
        (
            Defect::TreatsStatusAsError,
            &[
                "sends the request unchanged",
                "returns a response of any status",
                "limits the body after decompression",
            ],
        ),
    ] {
        let client = Client(defect);
        let panic = catch_unwind(AssertUnwindSafe(|| conformance::assert_conforms(&client)));
        let message = *panic.unwrap_err().downcast::<String>().unwrap();
        let failed: Vec<_> = message
            .lines()
            .filter_map(|line| line.strip_prefix("* ")?.split_once(':'))
            .map(|(check, _)| check)
            .collect();
        assert_eq!(failed, checks, "{message}");
    }
}
