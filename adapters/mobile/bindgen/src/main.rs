//! Generates the bindings: `cargo run -p workos-login-mobile-bindgen -- generate --language swift --out-dir DIRECTORY LIBRARY`

fn main() {
    uniffi::uniffi_bindgen_main();
}
