//! Every public type can be moved to another thread, be shared, and survive a caught panic.

use std::error::Error;
use std::panic::{RefUnwindSafe, UnwindSafe};

use workos_login::Refused;
use workos_login::keys::{
    AccessClaims, BearerError, FetchingKeys, IdClaims, InvalidToken, KeySet, Verified, VerifyError,
};

#[test]
fn every_public_type_goes_everywhere() {
    fn has_all<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + 'static>() {}
    has_all::<BearerError>();
    has_all::<FetchingKeys>();
    has_all::<InvalidToken>();
    has_all::<KeySet>();
    has_all::<Refused<FetchingKeys>>();
    has_all::<Verified<AccessClaims>>();
    has_all::<Verified<IdClaims>>();
    has_all::<VerifyError>();
}

#[test]
fn every_error_is_one() {
    fn is_error<T: Error + Send + Sync + 'static>() {}
    is_error::<BearerError>();
    is_error::<InvalidToken>();
    is_error::<Refused<FetchingKeys>>();
    is_error::<VerifyError>();
}
