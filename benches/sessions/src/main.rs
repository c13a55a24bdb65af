//! Measures sessions of web servers: the cost of a request with a session cookie, and requests per second of a trivial application.
//!
//! The layer has no function that opens a cookie alone. Its cost is that of a request with a cookie, without that of a request without one, in
//! the same round. The contenders take turns, as in `login-cost`.

mod contenders;
mod floor;
mod http_server;
mod scene;

use std::io;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use workos_login_benches::table::{Spread, time};

use self::contenders::{FloorLayered, Layered, WorkOs, auth, log_in, of_node, sealed};
use self::floor::Floor;
use self::http_server::Connections;
use self::scene::{CLIENT_ID, Service};

const KEY: [u8; 32] = [7; 32];
const NODE_PASSWORD: &str = "correct horse battery staple, 1234";
const COOKIE: &str = "__Host-workos-session";
const ROUNDS: usize = 201;
/// The time of one contender in one round.
const SLICE: Duration = Duration::from_micros(500);

/// The context of a sealed session cookie.
fn contexts() -> [&'static str; 3] {
    [COOKIE, CLIENT_ID, "https://api.workos.com"]
}

fn main() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let service = Service::new();
    let trusting = auth(&service, sealed(), false);
    let cookie = runtime.block_on(log_in(&trusting, COOKIE));
    println!(
        "Session cookie of {} bytes\n\n| work | time | ratio | goal | met |\n|:--|--:|--:|:--|:--|",
        cookie.len()
    );
    print_opening(&runtime, &service, &cookie);
    print_requests(&runtime, &service, &cookie)
}

/// Prints the time to open a cookie and to decide that the session is fresh.
fn print_opening(runtime: &Runtime, service: &Service, cookie: &str) {
    let node_auth = auth(service, of_node(), false);
    let node_cookie = runtime.block_on(log_in(&node_auth, "wos-session"));
    let trusting = auth(service, sealed(), false);
    let verifying = auth(service, sealed(), true);
    let [without, with, verified, of_node] = [
        Layered::new(&trusting, None),
        Layered::new(&trusting, Some(cookie)),
        Layered::new(&verifying, Some(cookie)),
        Layered::new(&node_auth, Some(&node_cookie)),
    ];
    let floor = Arc::new(Floor::new());
    let [floor_without, floor_with] =
        [None, Some(cookie)].map(|cookie| FloorLayered::new(&floor, cookie));
    let value = cookie.split_once('=').map_or("", |(_, value)| value);
    let opened = floor.open(value);
    assert!(opened.is_some_and(|session| session.is_fresh && !session.text.is_empty()));
    let workos = WorkOs::new(service);

    let layered = |layered: Layered| move |count| runtime.block_on(layered.call(count));
    let rounds = turns(&[
        &layered(without),
        &layered(with),
        &layered(verified),
        &layered(of_node),
        &|count| {
            for _ in 0..count {
                std::hint::black_box(floor.open(std::hint::black_box(value)));
            }
        },
        &|count| runtime.block_on(floor_without.call(count)),
        &|count| runtime.block_on(floor_with.call(count)),
        &|count| runtime.block_on(workos.authenticate(count)),
    ]);
    let [
        without,
        with,
        verified,
        of_node,
        floor,
        floor_without,
        floor_with,
        workos,
    ] = &rounds[..]
    else {
        unreachable!("there is a result for each contender")
    };
    let [opened, verified, of_node] = [with, verified, of_node].map(|times| beyond(times, without));
    let floor_layer = beyond(floor_with, floor_without);
    print("**open a session cookie**: floor", floor, None);
    print("… workos-login", &opened, Some((floor, "≤ 1.5×", 1.5)));
    print(
        "… floor in a layer, which finds the cookie, too",
        &floor_layer,
        None,
    );
    print(
        "… workos-login to this floor",
        &opened,
        Some((&floor_layer, "", f64::INFINITY)),
    );
    print(
        "… workos-login, cookie of Node",
        &of_node,
        Some((floor, "", f64::INFINITY)),
    );
    print(
        "… `workos` 3.5 `authenticate()`",
        workos,
        Some((&opened, "≥ 5×", -5.0)),
    );
    match node(service, &node_cookie) {
        Some(nanos) => println!("| … Node `authenticate()` | {} | | | |", time(nanos)),
        None => println!("| … Node `authenticate()` | run `npm ci` in tests/interop | | | |"),
    }
    print(
        "**verify each request**: workos-login",
        &verified,
        Some((workos, "≤ 1×", 1.0)),
    );
}

/// Returns the time beyond that of a request without a cookie, in each round.
fn beyond(times: &[f64], without: &[f64]) -> Vec<f64> {
    let rounds = times.iter().zip(without);
    rounds.map(|(time, without)| time - without).collect()
}

/// Prints the time of a request to a trivial application over a connection on the loopback interface.
fn print_requests(runtime: &Runtime, service: &Service, cookie: &str) -> io::Result<()> {
    let auth = auth(service, sealed(), false);
    let connections = runtime.block_on(Connections::open(&auth, Arc::new(Floor::new()), cookie))?;
    let [plain, without, with, floor] = &connections.0;
    let rounds = turns(&[
        &|count| runtime.block_on(plain.send(count)),
        &|count| runtime.block_on(without.send(count)),
        &|count| runtime.block_on(with.send(count)),
        &|count| runtime.block_on(floor.send(count)),
    ]);
    let [plain, without, with, floor] = &rounds[..] else {
        unreachable!("there is a result for each contender")
    };
    print("**requests over HTTP**: without the layer", plain, None);
    // 95 % of the requests per second.
    print(
        "… with the layer, without a cookie",
        without,
        Some((plain, "≤ 1.053×", 1.0 / 0.95)),
    );
    print(
        "… floor with a cookie",
        floor,
        Some((plain, "", f64::INFINITY)),
    );
    print(
        "… with the layer and a cookie",
        with,
        Some((floor, "≤ 1.5×", 1.5)),
    );
    Ok(())
}

/// Prints a line. A negative limit is a minimum.
fn print(work: &str, times: &[f64], to: Option<(&[f64], &str, f64)>) {
    let median = Spread::of(times.iter().copied()).median;
    let rest = to.map_or_else(
        || "| | |".to_owned(),
        |(floor, goal, limit)| {
            let ratio = Spread::of_ratio(times, floor);
            let is_met = match limit {
                ..0.0 => ratio.median >= -limit,
                _ => ratio.median <= limit,
            };
            let met = match (goal, is_met) {
                ("", _) => "",
                (_, true) => "yes",
                (_, false) => "NO",
            };
            format!("{ratio} | {goal} | {met}")
        },
    );
    println!("| {work} | {} | {rest} |", time(median));
}

/// Measures the work in turns, and returns the nanoseconds of one repetition in each round.
fn turns(works: &[&dyn Fn(usize)]) -> Vec<Vec<f64>> {
    let measure = |work: &dyn Fn(usize), count: usize| {
        let start = Instant::now();
        work(count);
        start.elapsed().as_nanos() as f64 / count as f64
    };
    let counts: Vec<usize> = works
        .iter()
        .map(|work| {
            measure(work, 16);
            ((SLICE.as_nanos() as f64 / measure(work, 16)) as usize).clamp(8, 50_000)
        })
        .collect();
    let mut rounds = vec![Vec::with_capacity(ROUNDS); works.len()];
    for round in 0..ROUNDS {
        for turn in 0..works.len() {
            // No contender always follows the same one.
            let index = match round % 2 {
                0 => turn,
                _ => works.len() - 1 - turn,
            };
            let index = (index + round) % works.len();
            rounds[index].push(measure(works[index], counts[index]));
        }
    }
    rounds
}

/// Returns the nanoseconds of the SDK for Node; `None` if it is not installed.
fn node(service: &Service, cookie: &str) -> Option<f64> {
    let (_, value) = cookie.split_once('=')?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/authenticate.js");
    let output = Command::new("node")
        .args([script, CLIENT_ID, NODE_PASSWORD, value])
        .arg(service.tokens().jwks.to_string())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
