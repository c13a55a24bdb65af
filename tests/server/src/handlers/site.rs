//! The page of an application, from a directory.

use std::fs;
use std::path::Path;

use crate::response::MockResponse;

/// The page runs its own scripts and WebAssembly, and sends requests to its own origin.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; \
                      img-src data:; require-trusted-types-for 'script'";

/// Returns a file of the site.
pub(crate) fn show(site: Option<&Path>, name: &str) -> Result<MockResponse, MockResponse> {
    let name = match name {
        "" | "callback" => "index.html",
        name => name,
    };
    let media_type = match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "js")) => "text/javascript",
        Some((_, "wasm")) => "application/wasm",
        _ => return Err(not_found()),
    };
    // One segment of the path that is not decoded: it leads to no other directory.
    let file = site.and_then(|site| fs::read(site.join(name)).ok());
    let response = MockResponse::new(200)
        .header("content-type", media_type)
        .header("content-security-policy", POLICY);
    file.map(|file| response.body(file)).ok_or_else(not_found)
}

fn not_found() -> MockResponse {
    MockResponse::message(404, "Not found.")
}
