//! The auto traits of the public types.

use std::panic::{RefUnwindSafe, UnwindSafe};

use workos_login::{
    AllowedMethodsChallenge, ApiKey, AppStateTooLong, Authenticated, AuthenticationChallenge,
    AuthenticationMethod, AuthorizationUrl, AwaitingCallback, AwaitingDevice, Callback,
    CallbackMismatch, Client, ClientError, ClientId, Confidential, ConnectionId,
    ConnectionSelector, DevicePoll, Discovering, Discovery, EmailCompletionChallenge,
    EmailVerificationChallenge, EndUser, Error, ErrorResponse, Exchanging, Expired,
    FetchingUserInfo, Impersonator, InvalidApiKey, InvalidClientId, InvalidEndpoint, InvalidId,
    InvalidRedirectUri, InvalidScope, Malformed, MfaEnrollmentChallenge, OAuth, Organization,
    OrganizationId, OrganizationSelectionChallenge, OtherChallenge, Outcome, PollingDevice,
    Provider, ProviderTokens, Public, RadarEmailChallenge, RadarSmsChallenge, RedirectUri,
    RefreshPolicy, Refreshing, Refused, RequestingDevice, ReservedParameter, Revoking, Scope,
    Screen, SendError, Server, SessionId, SmsVerification, SsoChallenge, Start, TotpChallenge,
    TransportError, UnknownChallenge, User,
};

/// Compiles for a type that has all auto traits.
fn has_all<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + 'static>() {}

#[test]
fn every_public_type_is_send_sync_unpin_and_unwind_safe() {
    macro_rules! all {
        ($($name:ty),+ $(,)?) => { $(has_all::<$name>();)+ };
    }
    all! {
        ErrorResponse, ApiKey, AppStateTooLong, Authenticated, AuthenticationMethod, AuthorizationUrl, AwaitingCallback,
        AwaitingDevice, OtherChallenge, Callback, Client<Public>, Client<Confidential>, Client<OAuth>,
        ClientId, ClientError, EmailCompletionChallenge, ConnectionId, DevicePoll, Discovering, Discovery, EndUser, FetchingUserInfo, Revoking, MfaEnrollmentChallenge,
        RadarEmailChallenge, RadarSmsChallenge, TotpChallenge, Error, Exchanging, Expired, CallbackMismatch,
        Impersonator, InvalidApiKey, InvalidEndpoint, InvalidClientId, InvalidId,
        InvalidRedirectUri, InvalidScope, TransportError<Exchanging, String>, Malformed, Organization,
        OrganizationId, Outcome, PollingDevice, Provider, ProviderTokens, RedirectUri,
        RefreshPolicy, Refreshing, Refused<AwaitingCallback>, Refused<AwaitingDevice>, Refused<Exchanging>, Refused<PollingDevice>,
        Refused<Refreshing>, Refused<RequestingDevice>, RequestingDevice, ReservedParameter, Scope, Screen,
        OrganizationSelectionChallenge, SendError<Exchanging, String>, SendError<PollingDevice, String>, SendError<Refreshing, String>, Server,
        SessionId, SmsVerification<'static>, Start<'static, Public>, Start<'static, Confidential>,
        Start<'static, OAuth>, AuthenticationChallenge, UnknownChallenge, AllowedMethodsChallenge, SsoChallenge, User, EmailVerificationChallenge,
        ConnectionSelector,
    }
}

#[test]
fn every_error_implements_the_error_trait() {
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_error::<AppStateTooLong>();
    is_error::<Error>();
    is_error::<InvalidApiKey>();
    is_error::<InvalidEndpoint>();
    is_error::<InvalidClientId>();
    is_error::<InvalidId>();
    is_error::<InvalidRedirectUri>();
    is_error::<InvalidScope>();
    is_error::<Refused<AwaitingCallback>>();
    is_error::<Refused<AwaitingDevice>>();
    is_error::<Refused<PollingDevice>>();
    is_error::<Refused<RequestingDevice>>();
    is_error::<ReservedParameter>();
    is_error::<SendError<Exchanging, std::io::Error>>();
}
