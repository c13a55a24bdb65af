//! `Send + Sync`, except where JavaScript values are.

/// `Send + Sync`, except on wasm32, where JavaScript values are neither. Every type that can have it has it.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send + Sync {}

#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + Sync + ?Sized> MaybeSend for T {}

/// `Send + Sync`, except on wasm32, where JavaScript values are neither. Every type that can have it has it.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}

#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> MaybeSend for T {}
