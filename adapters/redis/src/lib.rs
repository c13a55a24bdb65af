#![doc = include_str!("../README.md")]

mod connection;
mod error;
mod sessions;
mod store;

pub use crate::error::Error;
pub use crate::sessions::RedisSessions;
pub use crate::store::RedisStore;
pub use redis;
pub use workos_login;
pub use workos_login_session;
