//! What every public type can do without saying so: move to another thread, be shared, survive a caught panic.

use std::panic::{RefUnwindSafe, UnwindSafe};

use workos_login::{
    Answer, ApiKey, AppStateTooLong, Authenticated, AuthenticationMethod, AuthorizationUrl,
    AwaitingCallback, AwaitingDevice, BareStep, Callback, Client, ClientId, ClientProblem,
    CompleteEmail, Confidential, Connect, ConnectionId, Denied, DevicePoll, EnrollMfa,
    EnterRadarEmailCode, EnterRadarSmsCode, EnterTotp, Error, Exchanging, Expired, Forged,
    Impersonator, InvalidApiKey, InvalidBaseUrl, InvalidClientId, InvalidId, InvalidRedirectUri,
    InvalidScope, Lost, Malformed, Organization, OrganizationId, Outcome, PollingDevice, Provider,
    ProviderTokens, Public, RedirectUri, RefreshPolicy, Refreshing, Refused, RequestingDevice,
    ReservedParameter, Scope, Screen, SelectOrganization, SendError, Server, SessionId,
    SmsVerification, Start, StepUp, UnknownStep, UseAllowedMethod, UseSso, User, VerifyEmail, Via,
};

/// Compiles for a type that has all of them.
fn has_all<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + 'static>() {}

#[test]
fn every_public_type_goes_everywhere() {
    macro_rules! all {
        ($($name:ty),+ $(,)?) => { $(has_all::<$name>();)+ };
    }
    all! {
        Answer, ApiKey, AppStateTooLong, Authenticated, AuthenticationMethod, AuthorizationUrl, AwaitingCallback,
        AwaitingDevice, BareStep, Callback, Client<Public>, Client<Confidential>, Client<Connect>,
        ClientId, ClientProblem, CompleteEmail, ConnectionId, Denied, DevicePoll, EnrollMfa,
        EnterRadarEmailCode, EnterRadarSmsCode, EnterTotp, Error, Exchanging, Expired, Forged,
        Impersonator, InvalidApiKey, InvalidBaseUrl, InvalidClientId, InvalidId,
        InvalidRedirectUri, InvalidScope, Lost<Exchanging, String>, Malformed, Organization,
        OrganizationId, Outcome, PollingDevice, Provider, ProviderTokens, RedirectUri,
        RefreshPolicy, Refreshing, Refused<AwaitingCallback>, Refused<AwaitingDevice>, Refused<Exchanging>, Refused<PollingDevice>,
        Refused<Refreshing>, Refused<RequestingDevice>, RequestingDevice, ReservedParameter, Scope, Screen,
        SelectOrganization, SendError<Exchanging, String>, SendError<PollingDevice, String>, SendError<Refreshing, String>, Server,
        SessionId, SmsVerification<'static>, Start<'static, Public>, Start<'static, Confidential>,
        Start<'static, Connect>, StepUp, UnknownStep, UseAllowedMethod, UseSso, User, VerifyEmail,
        Via,
    }
}

#[test]
fn every_error_is_one() {
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_error::<AppStateTooLong>();
    is_error::<Error>();
    is_error::<InvalidApiKey>();
    is_error::<InvalidBaseUrl>();
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
